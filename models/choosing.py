"""How a threshold was chosen, in words."""

from collections.abc import Mapping
from typing import Any

VALIDATION = "validation pictures"
"""What thresholds are chosen on by themselves."""


def how_chosen(decision: Mapping[str, Any]) -> str:
    """What a card says of its threshold: for the `aim` of the decision (None: the paper's), and `chosen_on` what."""
    if decision["aim"] is None:
        return "the paper's; not chosen from any data"
    return f"on {decision.get('chosen_on', VALIDATION)}, for the aim {decision['aim']}"
