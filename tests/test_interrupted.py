"""Ctrl-C while the command starts: it takes a third of a second to import what it needs."""

import subprocess
import sys

import pytest

STARTS = """
import signal, sys

class Interrupts:
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupts())
sys.argv = ["rivereye", "bench", "--p99", "soon"]
from rivereye import main
main()
"""
"""A process that gets the signal in the middle of one import. The command would end with exit code 2."""


@pytest.mark.parametrize(
    "module", ["typer", "rich.console", "train.verbs", "stream.bench.benchverbs", "models.say", "stream.bench.bench"]
)
def test_ctrl_c_while_it_starts_is_no_failure_of_the_program(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", STARTS.format(module=module)], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "rivereye: interrupted"
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_without_it_the_command_goes_on() -> None:
    done = subprocess.run([sys.executable, "-c", STARTS.format(module="nothing")], capture_output=True, text=True)
    assert done.returncode == 2
