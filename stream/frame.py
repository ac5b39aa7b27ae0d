"""One frame of a source."""

from dataclasses import dataclass
from typing import Literal

from models.picture import Picture

Reason = Literal["corrupt"]
"""Why a frame shows nothing that could be judged."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way through the pipeline.

    `picture` is uint8, (height, width, 3), BGR; None where it could not be decoded, and `reason` says why.
    `index` counts from 0. `media_time` is in seconds from the start of a recording or of a live
    connection, None for still pictures. `arrived` is the monotonic clock's time of arrival in
    seconds, `time` the wall clock's (UTC, seconds since 1970) of a live frame, None for a recording.
    `name` is the file name of a still picture.
    """

    index: int
    picture: Picture | None
    media_time: float | None
    arrived: float
    time: float | None = None
    name: str | None = None
    reason: Reason | None = None
