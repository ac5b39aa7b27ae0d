"""The record of one frame: what is written, a line a frame."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from models.bundle import Bundle
from models.card import Precision, Probability
from stream.frame import Frame, Reason

State = Literal["ship", "no_ship", "unknown"]
CONFIDENCE_DIGITS = 4
SCHEMA = Path(__file__).parent / "schemas" / "detection.schema.json"


class _Part(BaseModel):
    """Records are written by this code only: an unknown field is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class View(_Part):
    """A rectangle the network looked at: `box` is [x_min, y_min, x_max, y_max] in pixels of the frame."""

    box: tuple[int, int, int, int]
    confidence: Probability


class ModelId(_Part):
    """Which model answered; `sha256` is of its ONNX file."""

    name: str
    sha256: str
    precision: Precision

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        return cls(name=bundle.card.name, sha256=bundle.model.sha256, precision=bundle.precision)


class Detection(_Part):
    """What is known about one frame.

    A recording's records hold no clock and no duration, so that the same file and the same settings
    give the same bytes.
    """

    schema_: Annotated[Literal["rivereye/detection/1"], Field(alias="schema")]
    camera: Annotated[str, Field(description="Name of the stream.")]
    frame_id: Annotated[int, Field(ge=0, description="Number of the frame in its stream, from 0.")]
    picture: Annotated[str | None, Field(description="File name, where the source is a folder of pictures.")]
    media_time: Annotated[
        float | None,
        Field(description="Seconds from the start of the recording or connection; null for still pictures."),
    ]
    time: Annotated[str | None, Field(description="When a live frame arrived, ISO 8601, UTC; null for recordings.")]
    state: Annotated[State, Field(description="The decision: ship where confidence reaches the model's threshold.")]
    reason: Annotated[Reason | None, Field(description="Why the state is unknown; null otherwise.")]
    label: Annotated[Literal["ship", "no_ship"] | None, Field(description="As state; null where that is unknown.")]
    confidence: Annotated[
        Probability | None,
        Field(
            description="Probability that a ship is in sight, of the surest view, whatever the decision; null where unknown."
        ),
    ]
    inferred: Annotated[bool, Field(description="Whether the network looked at this very frame.")]
    views: tuple[View, ...]
    model: ModelId
    latency_ms: Annotated[dict[str, float] | None, Field(description="From arrival to record, live sources only.")]


def seen(
    frame: Frame,
    camera: str,
    model: ModelId,
    views: tuple[View, ...],
    threshold: float,
    latency_ms: dict[str, float] | None,
) -> Detection:
    """The record of a frame that the network looked at; its surest view decides."""
    confidence = max(view.confidence for view in views)
    state: Literal["ship", "no_ship"] = "ship" if confidence >= threshold else "no_ship"
    return _record(
        frame,
        camera,
        model,
        state=state,
        label=state,
        confidence=confidence,
        inferred=True,
        views=views,
        latency_ms=latency_ms,
    )


def blind(frame: Frame, camera: str, model: ModelId) -> Detection:
    """The record of a frame that shows nothing."""
    return _record(
        frame, camera, model, state="unknown", label=None, confidence=None, inferred=False, views=(), latency_ms=None
    )


def _record(frame: Frame, camera: str, model: ModelId, **rest: object) -> Detection:
    fields = {
        "schema": "rivereye/detection/1",
        "camera": camera,
        "frame_id": frame.index,
        "picture": frame.name,
        "media_time": None if frame.media_time is None else round(frame.media_time, 3),
        "time": None
        if frame.time is None
        else datetime.fromtimestamp(frame.time, UTC).isoformat(timespec="milliseconds"),
        "reason": frame.reason,
        "model": model,
    }
    return Detection.model_validate(fields | rest)


def schema() -> str:
    """JSON Schema (2020-12) of a record, as `schemas/detection.schema.json` holds it."""
    return json.dumps(Detection.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8")
