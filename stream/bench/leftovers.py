"""Folders that were made for something that then came to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def none_of(folder: Path) -> Iterator[None]:
    """Where the block fails or is interrupted, takes away the folder and those above it that it made, as far as they are empty."""
    places = (folder, *folder.parents)
    made = [each for each in places if not each.exists()]
    try:
        yield
    except BaseException:
        with suppress(OSError):  # not empty: whole files stay
            for each in made:
                each.rmdir()
        raise
