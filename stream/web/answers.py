"""What the interface for programs answers."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream.following.passage import Passage
from stream.store.page import Page, Stored
from stream.store.seen import CameraSeen
from stream.store.spans import Span
from stream.web.room import Room, age_of, phase_of

Moment = Annotated[float, Field(description="Seconds since 1970, UTC.")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class CameraAnswer(_Answer):
    """How a camera is."""

    box: Annotated[str, Field(description="The machine that watches with it.")]
    name: str
    phase: Annotated[
        str,
        Field(
            description="connecting, up, stalled, offline, ended or failed, as its box told last; silent: the box tells nothing any more; new: it never did."
        ),
    ]
    trouble: str | None
    decoder: str | None
    connections: int | None
    failures: int | None
    age_s: Annotated[float | None, Field(description="Seconds since its last frame came; null where none ever did.")]
    told: Annotated[Moment | None, Field(description="When its box told this; null where it never did.")]
    state: Annotated[
        Literal["ship", "no_ship", "unknown"] | None,
        Field(description="Of its newest frame, where the watch runs in the same process; null elsewhere."),
    ] = None
    reason: Annotated[str | None, Field(description="Why the state is unknown.")] = None
    confidence: float | None = None
    picture: Annotated[
        int | None, Field(description="Number of its newest picture, which grows; null: there is none to be had here.")
    ] = None


class PassageAnswer(_Answer):
    """A passage and the box that saw it."""

    box: str
    passage: Passage


class PassagesAnswer(_Answer):
    passages: tuple[PassageAnswer, ...]
    older: Annotated[str | None, Field(description="`before` of the next page; null: this was the last one.")]


class SpanAnswer(_Answer):
    """What was seen in a minute, an hour or a day; of several cameras all are sums."""

    begin: Moment
    end: Moment
    passages: Annotated[int, Field(description="That ended in it.")]
    frames: int
    seconds: Annotated[float, Field(description="Watched.")]
    unknown: Annotated[dict[str, float], Field(description="Of these, blind seconds by reason.")]
    ship_s: Annotated[float, Field(description="Of these, with a ship in sight.")]
    coverage: Annotated[
        float | None,
        Field(description="Share of the seconds watched in which it could see; null where there are none."),
    ]


class SpansAnswer(_Answer):
    """In order of time; where nothing was watched there is no span, which is no count of 0."""

    spans: tuple[SpanAnswer, ...]


class CamerasAnswer(_Answer):
    cameras: tuple[CameraAnswer, ...]


class Trouble(_Answer):
    detail: str


def camera_answer(room: Room, seen: CameraSeen) -> CameraAnswer:
    sight = room.sight(seen.camera)
    newest = None if sight is None else sight.newest
    status = None if sight is None else sight.status
    age = age_of(room, seen, sight)
    return CameraAnswer(
        box=seen.camera.box,
        name=seen.camera.name,
        phase=phase_of(room, seen, sight),
        trouble=seen.trouble if status is None else status.trouble,
        decoder=seen.decoder if status is None else status.decoder,
        connections=seen.connections if status is None else status.connections,
        failures=seen.failures if status is None else status.failures,
        age_s=None if age is None else round(age, 3),
        told=seen.at if status is None else round(room.now(), 3),
        state=None if newest is None else newest.state,
        reason=None if newest is None else newest.reason,
        confidence=None if newest is None else newest.confidence,
        picture=None if sight is None or sight.picture is None else sight.number,
    )


def passage_answer(stored: Stored) -> PassageAnswer:
    return PassageAnswer(box=stored.box, passage=stored.passage)


def passages_answer(page: Page) -> PassagesAnswer:
    return PassagesAnswer(passages=tuple(map(passage_answer, page.passages)), older=page.older)


def spans_answer(spans: Iterable[Span]) -> SpansAnswer:
    return SpansAnswer(spans=tuple(map(_span_answer, spans)))


def _span_answer(span: Span) -> SpanAnswer:
    return SpanAnswer(
        begin=span.begin,
        end=span.end,
        passages=span.passages,
        frames=span.frames,
        seconds=span.seconds,
        unknown=dict(span.unknown),
        ship_s=span.ship_s,
        coverage=span.coverage,
    )
