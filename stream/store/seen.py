"""What a store says of cameras and settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Camera(NamedTuple):
    """By the box that watches with it, and its name there."""

    box: str
    name: str


@dataclass(frozen=True, slots=True)
class CameraSeen:
    """How a camera was when it was last told, `at`. `seen`: when its box last wrote anything, to about 10 s. All times are of the wall clock of
    the box, in seconds since 1970; what was never told is None. The rest: see `Status`.
    """

    camera: Camera
    seen: float
    phase: str | None
    trouble: str | None
    decoder: str | None
    connections: int | None
    failures: int | None
    last_frame: float | None
    at: float | None


@dataclass(frozen=True, slots=True)
class Ran:
    """Settings that ran from `at` on, by the wall clock."""

    at: float
    settings: Mapping[str, Any]
