"""What can be set of a watch: which cameras, how they are looked at, where things go. The command line and the file make the same of it."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator, model_validator

from models.bundle import DEFAULT
from models.card import Precision
from models.errors import UsageError
from stream.configuration.frozen import Frozen
from stream.configuration.outputs import Outputs, Retention
from stream.configuration.polygons import simple
from stream.configuration.secrets import shown
from stream.following.passage import BRIDGE_S, FORGET_S, SHORTEST_S
from stream.health.place import Place
from stream.looking.policy import policy_named
from stream.looking.views import views_named
from stream.telling.settings import MqttSettings, OutboxSettings, WebhookSettings
from stream.web.settings import WebSettings

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Polygon = Annotated[tuple[tuple[Share, Share], ...], Field(min_length=3), AfterValidator(simple)]
"""Corners as shares of the frame's width and height; sides do not cross."""
Acceleration = Literal["none", "auto", "vaapi", "d3d11", "mfx"]
LARGEST_BATCH = 256
MOST_THREADS = 256


class Defaults(Frozen):
    """How cameras are looked at that do not say otherwise."""

    enabled: Annotated[bool, Field(description="false: the camera is left alone.")] = True
    views: Annotated[
        str, Field(description="whole, or rows x columns such as 2x3: the whole frame and so many overlapping parts.")
    ] = "whole"
    zones: Annotated[
        dict[Name, Polygon],
        Field(description="Named polygons to look at, in place of `views`; corners as shares of width and height."),
    ] = {}  # noqa: RUF012 - pydantic copies it
    threshold: Annotated[
        float | str | None,
        Field(description="Probability, or an aim of the model's card, from which on a ship is in sight."),
    ] = None
    leave: Annotated[
        Share | None,
        Field(description="Probability below which a ship in sight has left; by itself the threshold."),
    ] = None
    policy: Annotated[
        str | None,
        Field(
            description="every (lose nothing), latest (the newest frame), or bounded(S) (none older than S seconds). By itself every for recordings, latest for live sources."
        ),
    ] = None
    fps: Annotated[
        float | None, Field(gt=0, allow_inf_nan=False, description="Looks a second of media time at most.")
    ] = None
    stride: Annotated[int, Field(ge=1, description="Look at every n-th frame only.")] = 1
    start: Annotated[Seconds | None, Field(description="Of a recording: begin at this media time.")] = None
    end: Annotated[Seconds | None, Field(description="Of a recording: end before this media time.")] = None
    rotate: Annotated[Literal[0, 90, 180, 270], Field(description="Turn frames clockwise by so many degrees.")] = 0
    gate: Annotated[
        Seconds | None,
        Field(description="Skip views that have not changed since they were looked at, for so many seconds at most."),
    ] = None
    background: Annotated[
        Path | None, Field(description="File of `rivereye adapt`: what this camera always shows.")
    ] = None
    learn: Annotated[
        bool, Field(description="Go on learning that while watching, and write it to the file of `background`.")
    ] = False
    hwaccel: Annotated[
        Acceleration, Field(description="Hardware that decodes; auto takes any. Where it is not given, as tuned.")
    ] = "none"
    open_timeout: Annotated[float, Field(gt=0, description="Seconds to wait for a connection.")] = 10.0
    read_timeout: Annotated[float, Field(gt=0, description="Seconds to wait for a frame, then connect again.")] = 10.0
    retries: Annotated[
        int | None,
        Field(ge=0, description="Give up after so many failures in a row; by itself never, of live sources."),
    ] = None

    @field_validator("rotate", mode="before")
    @classmethod
    def _whole_degrees(cls, value: object) -> object:
        """The environment has text only, and pydantic takes no text for a literal number."""
        return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value

    @field_validator("threshold")
    @classmethod
    def _probability_or_aim(cls, value: float | str | None) -> float | str | None:
        with suppress(TypeError, ValueError):
            value = float(value)  # type: ignore[arg-type]
        if isinstance(value, float) and not 0 <= value <= 1:
            raise ValueError(f"no threshold {value}; give a number from 0 to 1, or an aim of the model")
        return value

    @field_validator("views", "policy")
    @classmethod
    def _known(cls, text: str | None, info: ValidationInfo) -> str | None:
        try:
            if text is not None:
                (views_named if info.field_name == "views" else policy_named)(text)
        except UsageError as error:  # pydantic wants a ValueError
            raise ValueError(str(error)) from error
        return text

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.learn and self.background is None:
            raise ValueError("learn needs a file to write to; name one as background")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        return self


class Camera(Defaults):
    """One source and how it is looked at."""

    source: Annotated[
        SecretStr,
        Field(
            description="Video file, folder or glob of pictures, URL (rtsp, http, ...), number of a camera, - (standard input) or test. {NAME} stands for an environment variable, {file:PATH} for what a file holds.",
            json_schema_extra={"type": ["string", "integer"]},
        ),
    ]
    _shown: str | None = None

    @field_validator("source", mode="before")
    @classmethod
    def _number_of_a_camera(cls, value: object) -> object:
        if isinstance(value, str) and not value.strip():
            raise ValueError("is empty; is a variable unset?")
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @property
    def shown(self) -> str:
        """The source for people, without secrets: as it was written, {NAME} for what that stands for."""
        return shown(self.source.get_secret_value()) if self._shown is None else self._shown

    def resolved(self, source: str, background: Path | None) -> Self:
        """The same camera with secrets in their places and whole paths; it is still shown as it was written."""
        camera = self.model_copy(update={"source": SecretStr(source), "background": background})
        camera._shown = self.shown
        return camera


class PassageSettings(Frozen):
    """What counts as one passage of a ship. Seconds."""

    bridge: Annotated[Seconds, Field(description="Without a ship no longer than this, it is one passage.")] = BRIDGE_S
    shortest: Annotated[Seconds, Field(description="A shorter sight is no passage.")] = SHORTEST_S
    forget: Annotated[Seconds, Field(description="Blind for longer than this, a passage ends.")] = FORGET_S


class Settings(Frozen):
    """All of a watch."""

    cameras: Annotated[dict[Name, Camera], Field(min_length=1)]
    model: Annotated[str, Field(description="Folder of a bundle, or the name of a released model.")] = DEFAULT
    precision: Annotated[Precision | None, Field(description="fp32, fp16 or int8; by itself the fastest.")] = None
    provider: Annotated[str, Field(description="auto, cpu, cuda, tensorrt or openvino.")] = "auto"
    batch: Annotated[
        int | None,
        Field(ge=1, le=LARGEST_BATCH, description="Views looked at in one go; by itself as tuned, else 4."),
    ] = None
    threads: Annotated[
        int | None,
        Field(ge=0, le=MOST_THREADS, description="On the CPU; 0: as many as cores. By itself as tuned, else 0."),
    ] = None
    tuned: Annotated[
        bool, Field(description="Take what `rivereye bench --tune` found for this machine where nothing is set.")
    ] = True
    max_batch_wait_ms: Annotated[
        float, Field(ge=0, description="A live view waits at most so long for others to join it.")
    ] = 20.0
    pid_file: Annotated[Path | None, Field(description="Holds the process number, for `rivereye reload`.")] = None
    metrics: Annotated[
        Place | None, Field(description="PORT or HOST:PORT of metrics and health; a port alone is for this machine.")
    ] = None
    passages: PassageSettings = PassageSettings()
    outputs: Outputs = Outputs()
    retention: Retention = Retention()
    mqtt: Annotated[MqttSettings | None, Field(description="A broker that hears of passages and states.")] = None
    webhook: Annotated[WebhookSettings | None, Field(description="An address that passages are posted to.")] = None
    outbox: OutboxSettings = OutboxSettings()
    web: Annotated[WebSettings | None, Field(description="Pages over the store, with live pictures.")] = None

    @property
    def enabled(self) -> dict[str, bool]:
        """For each camera whether it is watched."""
        return {name: camera.enabled for name, camera in self.cameras.items()}
