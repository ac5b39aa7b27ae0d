"""`rivereye stream` as a process that watches, and what it has written until now."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from tests.factories import start

Record = dict[str, Any]


@dataclass(frozen=True)
class Watching:
    """`lines` is the file of detections. What it says is read while it runs: where nobody does, some of it is lost."""

    process: subprocess.Popen[str]
    lines: Path
    _said: list[str]
    _reader: Thread

    def records(self, camera: str | None = None) -> list[Record]:
        """All whole lines so far, of one camera or of all."""
        text = self.lines.read_text(encoding="utf-8") if self.lines.exists() else ""
        found = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [each for each in found if camera in (None, each["camera"])]

    def until(self, what: Callable[[], object], within: float, why: str) -> None:
        """Waits until `what` is true; fails with `why` after so many seconds, or when the process is gone."""
        deadline = time.monotonic() + within
        while not what():
            assert self.process.poll() is None, self.words()
            assert time.monotonic() < deadline, f"not within {within} s: {why}\n{self.records()[-5:]}"
            time.sleep(0.1)

    def seen(self, camera: str) -> int:
        """Frames that were judged."""
        return sum(each["state"] != "unknown" for each in self.records(camera))

    def reasons(self, camera: str) -> list[str]:
        """Why the camera was blind, in order of time, each once."""
        reasons = [each["reason"] for each in self.records(camera) if each["reason"]]
        return list(dict.fromkeys(reasons))

    def words(self) -> str:
        """All that it said, after its end."""
        self.process.wait(timeout=60)
        self._reader.join(timeout=10)
        return "".join(self._said)

    def end(self, by: signal.Signals = signal.SIGINT, within: float = 5.0) -> str:
        """Ends it in order, which must take no longer than this. Returns what it said."""
        began = time.monotonic()
        self.process.send_signal(by)
        said = self.words()
        took = time.monotonic() - began
        assert self.process.returncode == 0, said
        assert "Traceback" not in said, said
        assert took < within, f"{took:.1f} s from {by.name} to the end"
        return said


@contextmanager
def watching(*arguments: str | Path, lines: Path) -> Iterator[Watching]:
    """`lines`: the file of detections, which a configuration file names itself."""
    output = () if "--config" in arguments else ("--output", lines)
    with start("stream", *arguments, *output) as process:
        said: list[str] = []
        reader = Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield Watching(process, lines, said, reader)


def accounts(said: str) -> dict[str, Sequence[int]]:
    """From the summary: of each camera the frames read, looked at, skipped, dropped."""
    found: dict[str, Sequence[int]] = {}
    for line in said.splitlines():
        if " frames read = " in line:
            camera, _, rest = line.partition(": ")
            found[camera] = [int(word) for word in rest.replace("+", " ").split() if word.isdigit()]
    return found
