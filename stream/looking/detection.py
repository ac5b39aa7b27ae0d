"""The record of one frame: what is written, a line a frame."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from models.bundle import Bundle
from models.card import Precision, Probability
from models.picture import Box
from stream.sources.frame import Frame, Reason

State = Literal["ship", "no_ship", "unknown"]
CONFIDENCE_DIGITS = 4


class _Part(BaseModel):
    """Records are written by this code only: an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class View(_Part):
    """A rectangle the network looked at: `box` is [x_min, y_min, x_max, y_max] in pixels of the frame."""

    name: Annotated[str | None, Field(description="Of a zone; null for the whole frame and parts of a grid.")] = None
    box: Box
    confidence: Annotated[Probability, Field(description="That a ship is in this view; what decides.")]
    raw: Annotated[
        Probability | None,
        Field(
            description="What the network said, where the confidence is that after `rivereye adapt`; null elsewhere."
        ),
    ] = None
    inferred: Annotated[
        bool, Field(description="false: the view had not changed, and has the confidence of its last look.")
    ] = True


class ModelId(_Part):
    """Which model answered; `sha256` is of its ONNX file."""

    name: str
    sha256: str
    precision: Precision

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        return cls(name=bundle.card.name, sha256=bundle.model.sha256, precision=bundle.precision)


class Detection(_Part):
    """What is known about one frame, or about a moment from which none came.

    A recording's records hold no clock and no duration, so that the same file and the same settings
    give the same bytes.
    """

    schema_: Annotated[Literal["rivereye/detection/2"], Field(alias="schema")]
    camera: Annotated[str, Field(description="Name of the camera.")]
    frame_id: Annotated[
        int | None, Field(ge=0, description="Number of the frame in its stream, from 0; null where none came.")
    ]
    picture: Annotated[str | None, Field(description="File name, where the source is a folder of pictures.")]
    media_time: Annotated[float | None, Field(description="Seconds, by `clock`; null for still pictures.")]
    clock: Annotated[
        Literal["media", "arrival"] | None,
        Field(
            description="media: time stamps of the recording, from its start. arrival: the monotonic clock, from when the camera was first watched."
        ),
    ]
    time: Annotated[
        str | None,
        Field(description="When a live frame arrived, by the wall clock, ISO 8601, UTC: a label. Null for recordings."),
    ]
    state: Annotated[State, Field(description="The decision: ship where the confidence reaches the threshold.")]
    reason: Annotated[Reason | None, Field(description="Why the state is unknown; null otherwise.")]
    label: Annotated[Literal["ship", "no_ship"] | None, Field(description="As state; null where that is unknown.")]
    confidence: Annotated[
        Probability | None,
        Field(
            description="Probability that a ship is in sight, of the surest view, whatever the decision; null where unknown."
        ),
    ]
    threshold: Annotated[Probability, Field(description="From which confidence on the state is ship.")]
    inferred: Annotated[bool, Field(description="Whether the network looked at a view of this very frame.")]
    views: tuple[View, ...]
    boxes: Annotated[
        tuple[Box, ...], Field(description="Where ships are: views with a ship, neighbours merged; empty without one.")
    ]
    model: ModelId
    latency_ms: Annotated[dict[str, float] | None, Field(description="From arrival to record, live sources only.")]

    @property
    def surest(self) -> View:
        """Raises ValueError where there is no view."""
        return max(self.views, key=lambda view: view.confidence)

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones with a ship."""
        return tuple(view.name for view in self.views if view.name is not None and view.confidence >= self.threshold)


Merge = Callable[[list[Box]], tuple[Box, ...]]


def seen(
    frame: Frame,
    camera: str,
    model: ModelId,
    views: tuple[View, ...],
    threshold: float,
    latency_ms: dict[str, float] | None,
    merge: Merge = tuple,
) -> Detection:
    """The record of a frame that the network looked at; its surest view decides.

    `merge` makes one box of neighbours, see `stream.looking.merge`.
    """
    confidence = max(view.confidence for view in views)
    state: Literal["ship", "no_ship"] = "ship" if confidence >= threshold else "no_ship"
    return _record(
        frame,
        camera,
        model,
        state=state,
        reason=None,
        label=state,
        confidence=confidence,
        threshold=threshold,
        inferred=any(view.inferred for view in views),
        views=views,
        boxes=merge([view.box for view in views if view.confidence >= threshold]),
        latency_ms=latency_ms,
    )


def blind(frame: Frame, camera: str, model: ModelId, threshold: float) -> Detection:
    """The record of a frame that shows nothing, or of a moment without one."""
    return _record(
        frame,
        camera,
        model,
        state="unknown",
        reason=frame.reason,
        label=None,
        confidence=None,
        threshold=threshold,
        inferred=False,
        views=(),
        boxes=(),
        latency_ms=None,
    )


def _record(frame: Frame, camera: str, model: ModelId, **rest: object) -> Detection:
    live = frame.time is not None
    fields = {
        "schema": "rivereye/detection/2",
        "camera": camera,
        "frame_id": frame.index,
        "picture": frame.name,
        "media_time": None if frame.media_time is None else round(frame.media_time, 3),
        "clock": None if frame.media_time is None else "arrival" if live else "media",
        "time": None
        if frame.time is None
        else datetime.fromtimestamp(frame.time, UTC).isoformat(timespec="milliseconds"),
        "model": model,
    }
    return Detection.model_validate(fields | rest)
