"""What two reports differ in besides their figures, and what each of them measured."""

from collections.abc import Iterator

from stream.bench.report import Part, Report
from stream.bench.verdict import YARDSTICK
from stream.bench.words import distinct

ASKED = ("clip", "gate", "provider", "precision")
"""Labels by which two reports most often have no figure in common."""


class Difference(Part):
    """Something besides the figures that is not the same; figures tell of it as well. `of`: machine, versions, model, clip or plan."""

    of: str
    field: str
    a: str
    b: str


def differences(one: Report, other: Report) -> Iterator[Difference]:
    """Whatever speed hangs on besides rivereye, the machine first. Its free memory and what it lacks are not among it."""
    parts: list[tuple[str, dict[str, str] | None, dict[str, str] | None]] = [
        ("machine", _flat(one.machine), _flat(other.machine)),
        ("versions", _versions(one), _versions(other)),
        ("model", _flat(one.model), _flat(other.model)),
    ]
    clips, others = ({clip.name: _flat(clip) for clip in report.clips} for report in (one, other))
    parts += [(f"clip {name}", clips.get(name), others.get(name)) for name in clips | others]
    parts.append(("plan", _flat(one.plan), _flat(other.plan)))
    for of, a, b in parts:
        if a is None or b is None:
            a, b = ({"measured with": "no" if each is None else "yes"} for each in (a, b))
        for field in a | b:
            if a.get(field) != b.get(field):
                yield Difference(of=of, field=field, a=a.get(field, "none"), b=b.get(field, "none"))


def measured(report: Report, other: Report) -> str:
    """What a report has figures of, in words; their names only where the other has none of these."""
    if not report.figures:
        return "nothing"
    asked = {key: [value for (value,) in distinct(report.figures, key) if value != "-"] for key in ASKED}
    names = list(dict.fromkeys(each.name for each in report.figures if each.name != YARDSTICK))
    told = [f"{key} {', '.join(values)}" for key, values in asked.items() if values]
    if not any(other.named(name) for name in names):
        told.insert(0, f"figures {', '.join(names) or 'none'}")
    return "; ".join(told)


def _versions(report: Report) -> dict[str, str]:
    return {f"version of {name}": each for name, each in report.machine.versions.items()}


def _flat(part: Part) -> dict[str, str]:
    """Fields as text. A machine's fingerprint, which says in one word that it is another, comes first."""
    fields = part.model_dump(mode="json", exclude={"memory_free_mb", "absent", "versions"})
    ordered = sorted(fields.items(), key=lambda each: each[0] != "fingerprint")
    return {name: _text(value) for name, value in ordered}


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(map(_text, value.values()))
    return (", ".join(map(_text, value)) or "none") if isinstance(value, list) else str(value)
