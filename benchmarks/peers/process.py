"""A command run to its end as a process of its own, and what that took."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from models.errors import RivereyeError

ENVIRONMENT = {"CUDA_VISIBLE_DEVICES": "", "ORT_DISABLE_TELEMETRY": "1"}
"""Processors are compared: what could take a GPU by itself must not. And ONNX Runtime, since 1.29, looks for its maker's server from a thread of its own."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What it printed, and what it took, children that it waited for included."""

    printed: str
    seconds: float
    cpu_seconds: float


def run(command: Sequence[str], limit: float, folder: Path) -> Ended:
    """Raises RivereyeError: it failed, or took longer than `limit` seconds; it is killed then, with all that it started."""
    with TemporaryFile() as said, TemporaryFile() as complained:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - a command of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=complained,
            cwd=folder,
            env=os.environ | ENVIRONMENT,
            start_new_session=True,
        )
        late = threading.Event()

        def give_up() -> None:
            late.set()
            _kill(process.pid)

        timer = threading.Timer(limit, give_up)
        timer.start()
        try:
            # Popen's own wait tells nothing of what was used.
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            timer.cancel()
            _kill(process.pid)
        seconds = time.monotonic() - began
        said.seek(0)
        complained.seek(0)
        printed, complaint = said.read().decode("utf-8", "replace"), complained.read().decode("utf-8", "replace")
    if late.is_set():
        raise RivereyeError(f"not done after {limit:g} s, killed; give a shorter clip, or a longer --limit")
    if process.returncode:
        last = (complaint.strip() or "without a word").splitlines()[-1]
        raise RivereyeError(f"ended with exit code {process.returncode}: {last}; run its command by hand to see all")
    return Ended(printed, seconds, used.ru_utime + used.ru_stime)


def _kill(group: int) -> None:
    """It and what it left behind."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
