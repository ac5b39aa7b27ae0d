"""A measurement in a process of its own: memory that others took before is not counted with it."""

import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from models.errors import RivereyeError, first_line

Result = TypeVar("Result")
PATIENCE_S = 10.0
"""How long it may take to end in order."""


def apart(function: Callable[..., Result], *given: Any, tell: Callable[[str], None]) -> Result:
    """Calls `function(*given, tell=...)` there; what it tells is told here.

    Raises:
        RivereyeError: as the function does, or the process is gone.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, function, given))
    process.start()
    theirs.close()
    try:
        while True:
            kind, value = ours.recv()
            if kind == "told":
                tell(value)
            elif kind == "failed":
                raise value
            else:
                return value  # type: ignore[no-any-return]  # what the function gave
    except EOFError:
        process.join()
        raise RivereyeError(f"the process that measured is gone (exit code {process.exitcode})") from None
    finally:
        process.terminate()
        process.join(PATIENCE_S)
        process.kill()
        process.join()
        ours.close()


def _work(answers: Connection, function: Callable[..., Any], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that waits
    signal.signal(signal.SIGTERM, lambda _, __: sys.exit(1))  # in order: cameras end, and folders go
    try:
        result = function(*given, tell=lambda text: answers.send(("told", text)))
    except RivereyeError as error:
        answers.send(("failed", error))
    except Exception as error:  # noqa: BLE001 - its class may not be known on the other side
        answers.send(("failed", RivereyeError(f"cannot measure: {type(error).__name__}: {first_line(error)}")))
    else:
        answers.send(("done", result))
