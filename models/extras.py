"""Stages whose libraries are an extra: imported when they are called, with a sentence where they are missing."""

import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from models.errors import MissingExtra

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
TALKING = LEVEL in os.environ
"""Whether the user has set TensorFlow's log level; then it is left alone."""


@contextmanager
def importing(extra: str) -> Iterator[None]:
    """Imports a stage that needs TensorFlow, and keeps its dozen lines about absent GPUs to itself.

    They come from C++ before any log level holds, so standard error itself is turned away meanwhile.
    `TF_CPP_MIN_LOG_LEVEL=0 rivereye ...` shows them.

    Raises:
        MissingExtra: a library is not installed.
    """
    with ExitStack() as stack:
        if not TALKING:
            os.environ[LEVEL] = "3"
            logging.getLogger("tensorflow").setLevel(logging.ERROR)
            kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            stack.callback(os.close, kept)
            stack.callback(os.dup2, kept, 2)
        try:
            yield
        except ModuleNotFoundError as error:
            raise _missing(error.name, extra) from error


def check_installed(extra: str, *libraries: str) -> None:
    """Without loading them, which may take seconds. Raises MissingExtra: one of them is not there."""
    for name in libraries:
        if importlib.util.find_spec(name) is None:
            raise _missing(name, extra)


def _missing(library: str | None, extra: str) -> MissingExtra:
    command = " ".join(["rivereye", *sys.argv[1:2]])  # in a program of another's there may be no verb
    return MissingExtra(
        f"`{command}` needs {library}, which is not installed; install rivereye with its extra: "
        f"pip install 'rivereye[{extra}]'"
    )
