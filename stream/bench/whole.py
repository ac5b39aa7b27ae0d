"""`rivereye stream` as a process of its own: how soon the first record is there, and how much memory it takes."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Timer

from models.errors import SourceError
from stream.bench.repeats import Kind, Task
from stream.bench.report import ModelUsed

FIRST = "command_first_detection_s"
KINDS = {FIRST: Kind("s", "lower"), "command_cpu_s": Kind("s", "lower"), "command_peak_mb": Kind("MB", "lower")}
SECONDS = 4.0
"""Of the clip that are looked at: memory has come to its size by then."""
LIMIT_S = 300.0
FRONT_DOOR = "import sys; sys.argv[0] = 'rivereye'; from rivereye import main; main()"


def whole(name: str, clip: Path, options: Sequence[str]) -> Task:
    """`options`: of `rivereye stream`, besides source and output."""
    told = {FIRST: KINDS[FIRST]} | (KINDS if sys.platform == "linux" else {})
    return Task({"clip": name}, told, lambda: run(clip, options))


def run(clip: Path, options: Sequence[str]) -> dict[str, float]:
    """Processor time and memory on Linux only. Raises SourceError: it ended otherwise than it should."""
    command = [sys.executable, "-P", "-c", FRONT_DOOR, "stream", str(clip), "--end", f"{SECONDS:g}", *options]
    began, peak = time.perf_counter(), 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        assert process.stderr is not None
        alarm = Timer(LIMIT_S, process.kill)
        alarm.start()
        try:
            found: dict[str, float] = {}
            for _ in process.stdout:
                found.setdefault(FIRST, time.perf_counter() - began)
                peak = max(peak, _peak_mb(process.pid))
            said = process.stderr.read().decode(errors="replace").strip()
            if sys.platform == "linux":
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                found |= {"command_cpu_s": used.ru_utime + used.ru_stime, "command_peak_mb": peak}
            process.wait()
        finally:  # Ctrl-C, say
            alarm.cancel()
            process.kill()
    if process.returncode or FIRST not in found:
        raise SourceError(f"`rivereye stream {clip}` ended with exit code {process.returncode}: {said[-500:]}")
    return found


def _peak_mb(pid: int) -> float:
    """Of resident memory, so far. What the system says of a process that has ended is no use: it counts the one that started it, too."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def options(used: ModelUsed, model: str, views: str) -> list[str]:
    """Of `rivereye stream`, for what the benchmark runs with; `model`: as it was given."""
    return [
        *("--model", model, "--precision", used.precision, "--provider", used.provider),
        *("--batch", str(used.batch), "--threads", str(used.threads), "--hwaccel", used.hwaccel),
        *("--views", views, "--no-tuned"),
    ]
