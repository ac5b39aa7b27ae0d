"""What is written to a store, as it waits for it: each record whole, so that the newest of its key is all that counts."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from stream.configuration.secrets import shown
from stream.configuration.settings import Settings
from stream.following.passage import Passage
from stream.sources.status import Phase, Status

LONGEST = 500
"""Characters of a name or sentence: PostgreSQL takes no longer key."""


def clean(text: object) -> object:
    """Without what a store does not take: NUL, halves of characters, and endless names."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\ufffd")[:LONGEST]


def _clean_passage(passage: object) -> object:
    if not isinstance(passage, Passage):
        return passage
    fresh = {"camera": clean(passage.camera), "id": clean(passage.id), "zones": tuple(map(clean, passage.zones))}
    return passage.model_copy(update=fresh)


Text = Annotated[str, BeforeValidator(clean)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]


class _Record(BaseModel):
    """`revision` grows with every record of a box, over all its starts. `rank`: what is dropped first where there is no room, 0."""

    # A field that a later version adds does not keep an earlier one from reading what waits.
    model_config = ConfigDict(frozen=True, extra="ignore")
    rank: ClassVar[int] = 1

    revision: int = 0


class PassageRecord(_Record):
    """A passage, as far as it is known."""

    rank: ClassVar[int] = 2

    kind: Literal["passage"] = "passage"
    passage: Annotated[Passage, BeforeValidator(_clean_passage)]

    @property
    def key(self) -> str:
        return f"passage {self.passage.id}"


class MinuteRecord(_Record):
    """What one camera saw in one minute, or in a part of it: after a new start, or a step of the clock, a minute has several.

    `minute`: whole minutes since 1970 by the wall clock. The rest: see `Hour`.
    """

    rank: ClassVar[int] = 0

    kind: Literal["minute"] = "minute"
    camera: Text
    minute: int
    part: int
    seconds: Seconds
    unknown: dict[str, Seconds]
    ship_s: Seconds
    frames: int
    passages: int

    @property
    def key(self) -> str:
        return f"minute {self.minute} {self.part} {self.camera}"


class CameraRecord(_Record):
    """How a camera is. `last_frame` and `at`, when this was so, are of the wall clock, in seconds since 1970."""

    kind: Literal["camera"] = "camera"
    camera: Text
    phase: Phase
    trouble: Text | None = None
    decoder: Text | None = None
    connections: int = 0
    failures: int = 0
    last_frame: Seconds | None = None
    at: Seconds

    @property
    def key(self) -> str:
        return f"camera {self.camera}"


class CurveRecord(_Record):
    """The scores of a passage, see `Curve`; `scores` are bytes as hexadecimal digits."""

    rank: ClassVar[int] = 0

    kind: Literal["curve"] = "curve"
    passage: Text
    begin: Seconds
    step: Seconds
    scores: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,64}$")]

    @property
    def key(self) -> str:
        return f"curve {self.passage}"


class SettingsRecord(_Record):
    """What runs from `at` on, by the wall clock; without secrets."""

    kind: Literal["settings"] = "settings"
    settings: dict[str, Any]
    at: Seconds

    @property
    def key(self) -> str:
        return f"settings {self.revision}"


class BeginRecord(_Record):
    """The box began to watch: passages that were under way before, when it was killed, have ended."""

    kind: Literal["begin"] = "begin"
    at: Seconds

    @property
    def key(self) -> str:
        return f"begin {self.revision}"


Record = PassageRecord | MinuteRecord | CameraRecord | CurveRecord | SettingsRecord | BeginRecord
RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


def camera_record(camera: str, status: Status, monotonic: float, wall: float) -> CameraRecord:
    """Of a status whose times are of the monotonic clock; both clocks' time at present say what they are of the wall clock."""
    last = None if status.last_frame is None else round(wall - max(0.0, monotonic - status.last_frame), 3)
    return CameraRecord(
        camera=camera,
        phase=status.phase,
        trouble=status.trouble,
        decoder=status.decoder,
        connections=status.connections,
        failures=status.failures,
        last_frame=last,
        at=round(wall, 3),
    )


def settings_record(settings: Settings, wall: float) -> SettingsRecord:
    """Sources as they were written, with {NAME} for a secret; of any address user, password and query are hidden."""
    said = settings.model_dump(mode="json")
    for name, camera in settings.cameras.items():
        said["cameras"][name]["source"] = camera.shown
    return SettingsRecord(settings=_hidden(said), at=round(wall, 3))


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(clean(key)): _hidden(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_hidden(each) for each in value]
    return clean(shown(value)) if isinstance(value, str) else value
