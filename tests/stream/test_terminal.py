"""Standard error that holds up nobody."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream.terminal import LAST_S, MOST, Terminal

SAYS = """
import sys
from stream.terminal import Terminal
terminal = Terminal()
for number in range(int(sys.argv[1])):
    print(number, "ё", file=terminal)
"""


def said(count: int, stderr: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SAYS, str(count)], stderr=stderr)


def test_all_is_said_in_order_before_the_end() -> None:
    with said(4000, subprocess.PIPE) as process:
        _, text = process.communicate(timeout=30)
    assert text.decode() == "".join(f"{number} ё\n" for number in range(4000))


def test_what_could_not_be_said_is_counted_and_ends_nothing() -> None:
    """Somebody reads only after more came than may wait."""
    reading, writing = os.pipe()
    os.write(writing, b"x" * 65_536)
    began = time.monotonic()
    with said(MOST, writing) as process:
        os.close(writing)
        process.wait(30)
    assert process.returncode == 0
    assert time.monotonic() - began < LAST_S + 5
    with os.fdopen(reading, "rb") as file:
        assert set(file.read()) == {ord("x")}


def test_how_much_was_left_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"x" * 65_536)
    terminal = Terminal()
    with os.fdopen(writing, "w", encoding="utf-8") as slow, os.fdopen(reading, "rb", buffering=0) as reader:
        monkeypatch.setattr(sys, "stderr", slow)
        assert not terminal.isatty()
        terminal.write("first\n")
        time.sleep(0.1)  # the writer has taken it
        for number in range(MOST + 7):
            terminal.write(f"{number}\n")
        text = b""
        while not text.endswith(f"{MOST - 1}\n".encode()):
            text += reader.read(65_536)
    lines = text.lstrip(b"x").decode().splitlines()
    assert lines[:3] == ["first", "rivereye: 7 messages were left out here, as none could be written", "0"]
    assert len(lines) == MOST + 2


def test_a_file_is_written_to_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "log").open("w", encoding="utf-8") as log:
        monkeypatch.setattr(sys, "stderr", log)
        terminal = Terminal()
        print("here", file=terminal, flush=True)
        assert (tmp_path / "log").read_text() == "here\n"


def test_so_is_what_stands_in_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    print("here", file=Terminal())
    assert capsys.readouterr().err == "here\n"
