"""What `--require` asks for: looked over before minutes of measuring, and again when all is measured."""

from collections.abc import Collection, Mapping, Sequence

from models.errors import GateNotMet, UsageError
from stream.bench import accuracy, against, capacity, recorded, scenarios, stages, sweep, whole, yardstick
from stream.bench.figure import Figure, Requirement

PARTS: Mapping[str, Collection[str]] = {
    "model": sweep.KINDS,
    "scenarios": (*scenarios.KINDS, scenarios.SERVER),
    "pipeline": (*recorded.FLOOR, *recorded.PIPELINE, *recorded.ENERGY),
    "stages": stages.KINDS,
    "command": whole.KINDS,
}
"""Names of the figures of each part that may be left out (`--only`)."""
NAMES = {
    *yardstick.KINDS,
    *(name for names in PARTS.values() for name in names),
    *capacity.FIGURES,
    *accuracy.NAMES,
    *against.NAMES,
}
"""Of all figures that there can be."""


def check_names(
    requirements: Sequence[Requirement], cameras: bool, data: bool, only: Collection[str] = (), other: bool = False
) -> None:
    """Raises UsageError: there is no figure of this name, or it will not be measured."""
    for each in requirements:
        name = each.selector.name
        conditional: tuple[tuple[str, bool, Collection[str]], ...] = (
            ("--capacity", cameras, capacity.FIGURES),
            ("--data", data, (*accuracy.NAMES, against.ACCURACY)),
            ("--against", other, against.NAMES),
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


def check_labels(requirements: Sequence[Requirement], labels: Mapping[str, Mapping[str, Collection[str]]]) -> None:
    """`labels`: of each figure its labels, and their values. Raises UsageError: a figure has no such label, or a label no such value."""
    for each in requirements:
        name, known = each.selector.name, labels[each.selector.name]
        for label, value in each.selector.labels.items():
            if label not in known:
                raise UsageError(f"--require: {name} has no label {label!r}; it has {', '.join(known) or 'none'}")
            if value not in known[label]:
                raise UsageError(
                    f"--require: no {name} will be measured with {label}={value}; there is {', '.join(sorted(known[label]))}"
                )


def check_energy(requirements: Sequence[Requirement], counted: bool, absent: Mapping[str, str]) -> None:
    """`absent`: for each meter that is not there, why. Raises UsageError: energy is asked for, and nothing counts it."""
    asked = next((each.selector.name for each in requirements if each.selector.name in recorded.ENERGY), None)
    if asked and not counted:
        reasons = "; ".join(f"{name}: {why}" for name, why in absent.items())
        raise UsageError(f"--require: {asked} cannot be measured here ({reasons}); leave it out")


def check_met(requirements: Sequence[Requirement], figures: Sequence[Figure]) -> None:
    """Raises GateNotMet: figures are beyond the limits; all are named, and what was not measured. UsageError: all else is met, but not measured."""
    broken: list[str] = []
    missing: list[str] = []
    for each in requirements:
        try:
            broken += each.broken_by(figures)
        except UsageError as error:
            missing.append(str(error))
    if not broken and not missing:
        return
    told = [*broken, *missing]
    sentence = told[0] if len(told) == 1 else "\n  ".join([f"{len(told)} limits are not met:", *told])
    raise GateNotMet(sentence) if broken else UsageError(sentence)
