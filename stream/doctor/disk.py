"""Disks that outputs go to: room, room for more files, and how fast they take what is forced onto them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.errors import reason
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.health.disks import existing, folders_of
from stream.sinks.retention import MB

SPARE_MB = 1000.0
SPARE_FILES = 10_000
SLOW_MB_S = 5.0
"""Snapshots of four busy cameras come to less than 1 MB a second; a worn card may take no more."""
SAMPLE = 8 * MB


def disk(settings: Settings) -> Iterator[Finding]:
    """Where there are no outputs, of the current folder."""
    for folder in folders_of(settings) or [Path.cwd()]:
        yield from _room(folder, settings.retention.free_mb)
        yield from _files(folder)
        yield _speed(folder)


def _room(folder: Path, floor_mb: float) -> Iterator[Finding]:
    """Nothing where the file system has no size, such as /proc."""
    usage = shutil.disk_usage(existing(folder))
    if not usage.total:
        return
    free, check = usage.free / MB, f"disk {folder}"
    found = f"{free:.0f} of {usage.total / MB:.0f} MB free"
    if free < floor_mb:
        yield Finding(check, "bad", f"{found}; below {floor_mb:.0f} MB no pictures are written", "make room")
    elif free < max(SPARE_MB, 2 * floor_mb):
        yield Finding(check, "warning", found, "make room, or set outputs.rotate_mb, retention.days or .max_mb")
    else:
        yield Finding(check, "ok", found)


def _files(folder: Path) -> Iterator[Finding]:
    """Nothing where the file system has no limit, or tells of none."""
    if not hasattr(os, "statvfs"):
        return
    figures = os.statvfs(existing(folder))
    if figures.f_files and figures.f_favail < SPARE_FILES:
        found = f"room for {figures.f_favail} more files only (inodes)"
        yield Finding(f"disk {folder}", "warning", found, "delete small files; df -i shows how many there are")


def _speed(folder: Path) -> Finding:
    check, place = f"disk {folder}", existing(folder)
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".rivereye-doctor-") as file:
            began = time.perf_counter()
            file.write(os.urandom(SAMPLE))  # else a disk that packs would not write it
            file.flush()
            os.fsync(file.fileno())
            rate = SAMPLE / MB / (time.perf_counter() - began)
    except OSError as error:
        return Finding(check, "bad", f"cannot write there: {reason(error)}", _remedy(place))
    found = f"takes {rate:.0f} MB a second that are forced onto it" + ("" if place == folder else "; is not there yet")
    if rate < SLOW_MB_S:
        return Finding(check, "warning", found, 'take a faster disk, and leave outputs.fsync at "never"')
    return Finding(check, "ok", found)


def _remedy(place: Path) -> str:
    user = f"user {os.getuid()}" if hasattr(os, "getuid") else "this user"
    return f"let {user} write to {place}, or choose another place"
