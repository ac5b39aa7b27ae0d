"""What is asked of export and import, looked over before anything heavy is loaded or done."""

import re
from pathlib import Path
from typing import get_args

from deploy.parity import ENOUGH, FLIPS, few
from models.bundle import CARD
from models.card import NAME, Precision
from models.errors import GateNotMet, UsageError, reason
from models.outputs import check_folder

ALL: tuple[Precision, ...] = get_args(Precision)
SUFFIXES = (".onnx", ".keras", ".h5")
"""Of files that can be imported."""


def precisions_named(text: str) -> tuple[Precision, ...]:
    """`fp32,int8` as precisions, in the order of ALL. Raises UsageError: one of them is unknown."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ALL:
            raise UsageError(f"unknown precision {name!r}; known: {', '.join(ALL)}")
    return tuple(precision for precision in ALL if precision in names)


def check_out(out: Path, overwrite: bool) -> None:
    """Makes sure that a bundle can be written there, and pictures that flip beside it.

    Raises:
        UsageError: a bundle cannot be called so.
        OutputError: it exists, is somebody else's, or cannot be written.
    """
    if not re.fullmatch(NAME, out.name):
        raise UsageError(
            f"a bundle cannot be called {out.name!r}: letters, digits, . _ and - only, the first a letter or digit"
        )
    check_folder(out, overwrite, marker=CARD)
    check_folder(flips_of(out), True, marker=FLIPS)


def flips_of(out: Path) -> Path:
    """Where pictures that are decided otherwise are kept."""
    return out.with_name(f"{out.name}-flips")


def read_notes(path: Path | None) -> str:
    """Empty where there is no path. Raises UsageError: it cannot be read."""
    try:
        return "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--notes {path}: cannot be read ({reason(error)}); give a Markdown file") from error


def check_file(path: Path) -> None:
    """Raises UsageError: nothing that could be imported."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing"
        raise UsageError(f"no file at {path}: found {found}; give an .onnx, .keras or .h5 file")
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: give an .onnx, .keras or .h5 file; received {path.suffix or 'no suffix'}")
    if not path.stat().st_size:
        raise UsageError(f"{path} is empty; copy it again")


def check_number(n: int, at_most: int, force: bool) -> None:
    """Of real pictures to compare on; before the work rather than after it. Raises GateNotMet: too few, and nothing is forced."""
    said = few(n)
    if said and not force:
        more = f"give --pictures {ENOUGH} or more" if at_most < ENOUGH else "give more of them with --data FOLDER"
        raise GateNotMet(f"export refused: {said}; {more}, or write the bundle all the same with --force")
