"""The command that is running, for what has to say how it was made."""

import shlex
import sys


def typed() -> str:
    """As it can be given to a shell again."""
    return shlex.join(["rivereye", *sys.argv[1:]])
