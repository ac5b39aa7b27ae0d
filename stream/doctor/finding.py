"""What a check came to."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "bad"]
WORST: tuple[Verdict, ...] = ("bad", "warning", "ok")


@dataclass(frozen=True, slots=True)
class Finding:
    """`check`: what was looked at; `found`: how it is; `todo`: what to do, empty where there is nothing. Shows no secret."""

    check: str
    verdict: Verdict
    found: str
    todo: str = ""


def failed(check: str, error: Exception) -> Finding:
    """Of an error whose message ends with what to do, as those of `models.errors` do."""
    found, _, todo = str(error).rpartition("; ")
    return Finding(check, "bad", found or todo, todo if found else "")


def worst(findings: Iterable[Finding]) -> Verdict:
    verdicts = {each.verdict for each in findings}
    return next((verdict for verdict in WORST if verdict in verdicts), "ok")
