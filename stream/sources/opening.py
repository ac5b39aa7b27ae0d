"""How a capture is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2

from stream.sources.pace import Pace

ACCELERATIONS = {
    "none": cv2.VIDEO_ACCELERATION_NONE,
    "auto": cv2.VIDEO_ACCELERATION_ANY,
    "vaapi": cv2.VIDEO_ACCELERATION_VAAPI,
    "d3d11": cv2.VIDEO_ACCELERATION_D3D11,
    "mfx": cv2.VIDEO_ACCELERATION_MFX,
}


@dataclass(frozen=True, slots=True)
class Opening:
    """How a capture is opened. Time-outs in seconds; `hwaccel`: one of ACCELERATIONS; `rotate`: degrees, clockwise.

    `shown`: what messages call an address; None: the address without user, password and query. `catch_up`: leave out what a
    live source has read ahead when it opens.
    """

    open_timeout: float = 10.0
    read_timeout: float = 10.0
    hwaccel: str = "none"
    rotate: int = 0
    pace: Pace = Pace()  # noqa: RUF009 - frozen
    shown: str | None = None
    catch_up: bool = False


def opening_from(fields: Mapping[str, Any]) -> Opening:
    """What `dataclasses.asdict` made of one."""
    return Opening(**{**fields, "pace": Pace(**fields["pace"])})


def parameters(opening: Opening, timeouts: bool) -> list[Any]:
    """As OpenCV wants them: names and numbers in turn."""
    wanted: list[Any] = []
    if timeouts:
        wanted += [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, round(1000 * opening.open_timeout)]
        wanted += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, round(1000 * opening.read_timeout)]
        # Each thread of a decoder holds a frame back, and after a time-out gives it out as if it were new.
        wanted += [cv2.CAP_PROP_N_THREADS, 1]
    if opening.hwaccel != "none":
        wanted += [cv2.CAP_PROP_HW_ACCELERATION, ACCELERATIONS[opening.hwaccel]]
    return wanted
