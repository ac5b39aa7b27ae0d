"""What all settings have in common."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Frozen, so that two can be compared; an unknown name is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), hide_input_in_errors=True)
