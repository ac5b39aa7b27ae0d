"""A disk of a given size, to be filled."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def disk_of(place: Path, size: str | int) -> Iterator[Path]:
    """An empty one at `place`, which is made; `size` as mount has it. Skips the test where nothing can be mounted."""
    place.mkdir()
    command: list[str | Path] = ["mount", "-t", "tmpfs", "-o", f"size={size}", "rivereye-test", place]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("this system has no mount")
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
