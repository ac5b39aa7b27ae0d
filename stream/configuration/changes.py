"""What differs between two Settings, for a reload: only what changed starts again."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from stream.configuration.settings import Camera, Settings


@dataclass(frozen=True, slots=True)
class Changes:
    """Cameras by name; one that is not enabled is not there.

    `changed`: for each camera the keys that differ. `beyond`: keys outside the cameras, such as `outputs.csv`, which count
    only when rivereye is started again.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]
    same: tuple[str, ...]
    beyond: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.beyond)

    def __str__(self) -> str:
        """A sentence for people."""
        if not self:
            return "nothing changed"
        changed = [f"{name} ({', '.join(keys)})" for name, keys in self.changed.items()]
        groups = {"added": self.added, "removed": self.removed, "changed": changed}
        parts = [f"{what} {', '.join(names)}" for what, names in groups.items() if names]
        if self.same:
            parts.append(f"{len(self.same)} camera{'s' * (len(self.same) > 1)} as before")
        if self.beyond:
            parts.append(f"start rivereye again for {', '.join(self.beyond)}")
        return "; ".join(parts)


def changes(old: Settings, new: Settings) -> Changes:
    """Compares what runs with what shall run; both with their secrets in place, so that a new password counts."""
    before, after = _enabled(old), _enabled(new)
    differing = {name: _differing(before[name], after[name]) for name in after if name in before}
    return Changes(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed={name: keys for name, keys in differing.items() if keys},
        same=tuple(name for name, keys in differing.items() if not keys),
        beyond=tuple(key for key in _differing(old, new) if not key.startswith("cameras")),
    )


def _enabled(settings: Settings) -> dict[str, Camera]:
    return {name: camera for name, camera in settings.cameras.items() if camera.enabled}


def _differing(old: BaseModel, new: BaseModel) -> tuple[str, ...]:
    """Keys whose values differ; those of tables with a dot."""
    keys: list[str] = []
    for name in type(old).model_fields:
        one, other = getattr(old, name), getattr(new, name)
        if isinstance(one, BaseModel) and isinstance(other, type(one)):  # a table may be missing
            keys += [f"{name}.{key}" for key in _differing(one, other)]
        elif one != other:
            keys.append(name)
    return tuple(keys)
