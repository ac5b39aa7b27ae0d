"""Each camera, opened for one frame."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Timer

from models.errors import RivereyeError, SourceError
from models.picture import fit
from stream.configuration.settings import Camera, Settings
from stream.doctor.finding import Finding, failed
from stream.looking.lookout import lookout_at
from stream.sources.frame import Frame, Reason
from stream.sources.opening import Opening
from stream.sources.quality import SIDE, blindness
from stream.sources.source import STDIN, Source

AT_ONCE = 16
GRACE_S = 5.0
"""FFmpeg's own time-outs come first, and a process takes a moment to start."""
REMEDY: dict[Reason, str] = {
    "dark": "fine at night; else look for a covered lens",
    "no_contrast": "fine in fog; else look for a covered or dirty lens",
    "corrupt": "look at the network between, and at the camera's bit rate",
}


@dataclass(frozen=True, slots=True)
class _Met:
    """`after`: seconds until the frame was there."""

    frame: Frame
    source: Source
    after: float


def cameras(settings: Settings) -> Iterator[Finding]:
    """All at once; each takes as long at most as its time-outs say."""
    enabled = {name: camera for name, camera in settings.cameras.items() if camera.enabled}
    if enabled:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(_tried, enabled, enabled.values())


def _tried(name: str, camera: Camera) -> Finding:
    check = f"camera {name}"
    if camera.source.get_secret_value() == STDIN:
        return Finding(check, "ok", "standard input, not tried")
    try:
        met = _first_frame(camera)
    except RivereyeError as error:
        return failed(check, error)
    picture = met.frame.as_picture().picture
    reason = met.frame.reason or "corrupt" if picture is None else blindness(fit(picture, SIDE, SIDE))
    size = "" if picture is None else f"{picture.shape[1]} x {picture.shape[0]}, "
    found = f"{camera.shown}: {size}first frame after {met.after:.1f} s (decoder: {met.source.decoder})"
    if reason is not None:
        return Finding(check, "warning", f"{found}, which shows nothing: {reason}", REMEDY.get(reason, ""))
    return Finding(check, "ok", found)


def _first_frame(camera: Camera) -> _Met:
    """Raises SourceError: there is none, or not in time."""
    began = time.monotonic()
    opening = Opening(camera.open_timeout, camera.read_timeout, camera.hwaccel, camera.rotate, shown=camera.shown)
    source = lookout_at(camera.source.get_secret_value(), opening, 0.5).open_source()
    late = Event()

    def give_up() -> None:
        late.set()
        source.close()

    limit = camera.open_timeout + camera.read_timeout + GRACE_S
    timer = Timer(limit, give_up)
    if source.killable:  # a file is there, or is not
        timer.start()
    try:
        frame = next((each for each in source.frames() if each is not None), None)
    except SourceError as error:
        if late.is_set():
            raise SourceError(f"{camera.shown}: no frame within {limit:.0f} s; see whether it plays in VLC") from error
        raise
    finally:
        timer.cancel()
        source.close()
    if frame is None:
        raise SourceError(f"{camera.shown} ended without a frame; see whether it plays in VLC")
    return _Met(frame, source, time.monotonic() - began)
