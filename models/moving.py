"""A file is moved to a free place, whole, and never over another."""

from pathlib import Path


def move_to_free(source: Path, target: Path) -> None:
    """Moves a file within one file system; of several who move it at once, one wins and the others hear of it.

    Python's rename silently replaces what is there, and a hard link is not to be had everywhere. So the
    place is taken by an empty file first, which only one can make, and then replaced in one step.

    Raises:
        FileExistsError: there is something at `target`; both are as they were.
        FileNotFoundError: `source`, or the folder of `target`, is not there (any more).
        OSError: it cannot be moved; `source` is where it was.
    """
    with target.open("xb"):
        pass
    try:
        source.replace(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
