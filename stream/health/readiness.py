"""Whether a watch lives and is ready, and if not, why not; for programs, and in a sentence."""

from collections.abc import Iterator, Mapping
from typing import Any

from stream.health.vitals import CameraVitals, Vitals

STILL_S = 30.0
"""A watch turns several times a second; one that has not for so long hangs. Its slowest step, a batch on a small machine, takes a second or two."""


def live(vitals: Vitals | None, now: float) -> dict[str, Any]:
    """`live`: the watch turns, so that starting it again would mend nothing. `reasons`: why it does not.

    Args:
        vitals: the newest; None before the first turn.
        now: monotonic clock.
    """
    reasons = list(_hanging(vitals, now))
    return {"live": not reasons, "reasons": reasons}


def ready(vitals: Vitals | None, now: float) -> dict[str, Any]:
    """`ready`: every camera sends frames, and every output is written. A camera that is blind (at night, say) still sends.

    Args: see `live`.
    """
    if vitals is None:
        return {"ready": False, "reasons": ["the watch is starting"], "cameras": {}}
    reasons = [*_hanging(vitals, now), *_missing(vitals.cameras)]
    reasons += [f"{place}: {trouble}" for place, trouble in vitals.troubles.items()]
    cameras = {name: _camera(each, now) for name, each in vitals.cameras.items()}
    return {"ready": not reasons, "reasons": reasons, "cameras": cameras}


def sentence(vitals: Vitals) -> str:
    """For `systemctl status`."""
    up = sum(_is_well(each) for each in vitals.cameras.values())
    parts = [f"{up} of {len(vitals.cameras)} cameras send frames", *_missing(vitals.cameras)]
    return "; ".join([*parts, *(f"{place}: {trouble}" for place, trouble in vitals.troubles.items())])


def _hanging(vitals: Vitals | None, now: float) -> Iterator[str]:
    if vitals is not None and now - vitals.at > STILL_S:
        yield f"the watch has not turned for {now - vitals.at:.0f} s; start rivereye again"


def _missing(cameras: Mapping[str, CameraVitals]) -> Iterator[str]:
    for name, each in cameras.items():
        if not _is_well(each):
            yield f"{name}: {each.status.phase}" + (f": {each.status.trouble}" if each.status.trouble else "")


def _is_well(camera: CameraVitals) -> bool:
    """A recording that has ended well is."""
    return camera.status.phase in ("up", "ended")


def _camera(camera: CameraVitals, now: float) -> dict[str, Any]:
    last = camera.status.last_frame
    return {
        "phase": camera.status.phase,
        "trouble": camera.status.trouble,
        "last_frame_age_s": None if last is None else round(max(0.0, now - last), 1),
    }
