"""What `rivereye stream` says goes to a terminal, or a log, that somebody holds up."""

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.factories import COMMAND


def test_a_log_that_nobody_reads_holds_up_nothing(bundle: Path, tmp_path: Path) -> None:
    """As after Ctrl-S in a terminal, or behind `| less`: not one byte more fits."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b"x" * 4096)
    lines = tmp_path / "d.jsonl"
    arguments = ("stream", "test", "--model", bundle, "--output", lines)
    with subprocess.Popen([COMMAND, *arguments], stdin=subprocess.DEVNULL, stderr=writing) as watch:
        try:
            deadline = time.monotonic() + 30
            while not lines.exists() or lines.read_text().count("\n") < 20:
                assert time.monotonic() < deadline, lines.read_text() if lines.exists() else "nothing was written"
                time.sleep(0.1)
            watch.send_signal(signal.SIGINT)
            assert watch.wait(10) == 0
        finally:
            watch.kill()
    records = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [each["frame_id"] for each in records] == list(range(len(records)))
    os.close(reading)
    os.close(writing)
