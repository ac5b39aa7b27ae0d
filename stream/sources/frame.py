"""One frame of a source."""

from dataclasses import dataclass, replace
from typing import Literal

from models.picture import Picture
from stream.sources.planes import Planes

Reason = Literal["corrupt", "offline", "stalled", "frozen", "dark", "no_contrast"]
"""Why nothing can be said of this moment: it cannot be decoded, or is grey where it should not be; there is no connection; there is one, but
no frame comes; the same frame comes again and again; it is too dark; nothing stands out (fog, a covered lens)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture on its way through the pipeline, or the news that there is none.

    `picture` is uint8, (height, width, 3), BGR; None where there is none that could be judged, and `reason` says why.
    `index` counts a camera's frames from 0; None where no frame came at all. `media_time` is in seconds: of a recording the
    time stamp, from its start; of a live camera the monotonic clock's, from when it was first watched; None for still pictures.
    `arrived` is the monotonic clock's time of arrival in seconds, `time` the wall clock's (UTC, seconds since 1970) of a live
    frame, None for a recording. `name` is the file name of a still picture. `planes` is what a picture can be made of, in the place of one:
    it holds the decoder's memory, and goes no farther than to where views are cut.
    """

    index: int | None
    picture: Picture | None
    media_time: float | None
    arrived: float
    time: float | None = None
    name: str | None = None
    reason: Reason | None = None
    planes: Planes | None = None

    def as_picture(self) -> "Frame":
        """The same with a picture in the place of planes."""
        return self if self.planes is None else replace(self, picture=self.planes.picture(), planes=None)
