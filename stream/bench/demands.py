"""What `--require` asks for: looked over before minutes of measuring, and again when all is measured."""

from collections.abc import Collection, Mapping, Sequence

from models.errors import GateNotMet, UsageError
from stream.bench import accuracy, recorded, scenarios, stages, sweep, whole, yardstick
from stream.bench.figure import Figure, Requirement

CAPACITY = ("capacity_cameras", "capacity_memory_mb", "capacity_cores")
PARTS: Mapping[str, Collection[str]] = {
    "model": sweep.KINDS,
    "scenarios": (*scenarios.KINDS, scenarios.SERVER),
    "pipeline": (*recorded.FLOOR, *recorded.PIPELINE, *recorded.ENERGY),
    "stages": stages.KINDS,
    "command": whole.KINDS,
}
"""Names of the figures of each part that may be left out (`--only`)."""
NAMES = {*yardstick.KINDS, *(name for names in PARTS.values() for name in names), *CAPACITY, *accuracy.NAMES}
"""Of all figures that there can be."""
LABELS = ("provider", "precision", "batch", "threads", "clip", "gate", "stage", "fps", "p99_ms")


def check_names(requirements: Sequence[Requirement], capacity: bool, data: bool, only: Collection[str] = ()) -> None:
    """Raises UsageError: there is no figure of this name, or it will not be measured."""
    for each in requirements:
        name = each.selector.name
        conditional: tuple[tuple[str, bool, Collection[str]], ...] = (
            ("--capacity", capacity, CAPACITY),
            ("--data", data, accuracy.NAMES),
        )
        for wanted, given, names in conditional:
            if name in names and not given:
                raise UsageError(f"--require: {name} is measured with {wanted} only; give that, too")
        if name not in NAMES:
            raise UsageError(f"--require: there is no figure {name!r}; there are {', '.join(sorted(NAMES))}")
        for part, names in PARTS.items():
            if only and name in names and part not in only:
                raise UsageError(
                    f"--require: {name} is not measured with --only {', --only '.join(only)}; add --only {part}"
                )


def check_labels(requirements: Sequence[Requirement], known: Mapping[str, Collection[str]]) -> None:
    """`known`: values that labels can have here, by their names. Raises UsageError: a label can have no such value, or there is none of this name."""
    for each in requirements:
        for label, value in each.selector.labels.items():
            if label not in LABELS:
                raise UsageError(f"--require: figures have no label {label!r}; they have {', '.join(LABELS)}")
            if label in known and value not in known[label]:
                raise UsageError(
                    f"--require: nothing will be measured with {label}={value}; there is {', '.join(sorted(known[label]))}"
                )


def check_met(requirements: Sequence[Requirement], figures: Sequence[Figure]) -> None:
    """Raises GateNotMet: figures are beyond the limits; all of them are named. UsageError: no such figure was measured."""
    broken = [sentence for each in requirements for sentence in each.broken_by(figures)]
    if len(broken) == 1:
        raise GateNotMet(broken[0])
    if broken:
        raise GateNotMet("\n  ".join([f"{len(broken)} limits are not met:", *broken]))
