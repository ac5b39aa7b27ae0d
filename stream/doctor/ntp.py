"""Whether something keeps the clock right."""

import ctypes
import sys

TIME_ERROR = 5
"""What Linux' adjtimex returns while nobody has said that the clock is right."""
ROOM = 512
"""Bytes; more than its struct has anywhere. All zero, it only asks."""


def synchronised() -> bool | None:
    """By the kernel's own account, whichever program tells it; None where the system has none."""
    if sys.platform != "linux":
        return None
    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = -1 if ask is None else ask(ctypes.create_string_buffer(ROOM))
    return None if state < 0 else state != TIME_ERROR
