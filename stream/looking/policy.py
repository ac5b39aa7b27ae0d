"""Which frames are kept when they come faster than they can be looked at."""

import re
from dataclasses import dataclass

from models.errors import UsageError


@dataclass(frozen=True, slots=True)
class Policy:
    """`lossless`: the reader waits, nothing is dropped. `max_age`: seconds after which a waiting frame is dropped; None: a newer one replaces it."""

    lossless: bool
    max_age: float | None = None


EVERY, LATEST = Policy(lossless=True), Policy(lossless=False)


def policy_named(text: str) -> Policy:
    """Reads `every`, `latest` or `bounded(SECONDS)`. Raises UsageError for anything else."""
    if text in ("every", "latest"):
        return EVERY if text == "every" else LATEST
    match = re.fullmatch(r"bounded\((\d+(?:\.\d+)?)\)", text)
    if match is None or not 0 < float(match[1]) <= 3600:
        raise UsageError(
            f"unknown policy {text!r}; give every (lose nothing), latest (the newest frame) or bounded(SECONDS), for example bounded(0.5)"
        )
    return Policy(lossless=False, max_age=float(match[1]))
