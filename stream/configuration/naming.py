"""What a camera is called that nobody named."""

import re
from collections.abc import Sequence


def name_for(text: str, taken: Sequence[str]) -> str:
    """A name for the camera of a source given on the command line, unlike those taken."""
    base = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:56] or "camera"
    names = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 2))]
    return next(name for name in names if name not in taken)
