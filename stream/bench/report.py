"""What a benchmark leaves behind, as data: `bench.json`. Tables, pages and comparisons are made from this alone."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import DataError, reason
from stream.bench.figure import Figure, Selector

BENCH = "bench.json"
SCHEMA = "rivereye/bench/1"


class Part(BaseModel):
    """Frozen; an unknown name is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Gpu(Part):
    name: str
    memory_mb: int
    driver: str


class Machine(Part):
    """What the benchmark found. `fingerprint`: the same on machines that are alike, whatever is installed: see `models.machine.fingerprint`.

    `instruction_sets`: of those that matter to neural networks the ones that the processor has. `cores`: that may be used, after affinity and a container's
    share. `absent`: for each provider, GPU and sensor of energy that is not there, why.
    """

    processor: str
    system: str
    instruction_sets: tuple[str, ...]
    cores: float
    cores_of_machine: int
    memory_mb: int
    memory_free_mb: int
    gpus: tuple[Gpu, ...]
    providers: tuple[str, ...]
    absent: dict[str, str]
    versions: dict[str, str]
    """Python, rivereye, onnxruntime, opencv, numpy, and FFmpeg's libraries in OpenCV."""
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


class Clip(Part):
    """A recording that was measured with. `name`: in labels of figures. `made_from_seed`: None where it was given."""

    name: str
    width: int
    height: int
    fps: float
    frames: int
    codec: str
    megabits_a_second: float
    sha256: str
    made_from_seed: int | None


class ModelUsed(Part):
    """`precision`, `provider`, `batch`, `threads`: of pipeline, scenarios and capacity; of the sweep each row has its own."""

    name: str
    sha256: str
    precisions: tuple[str, ...]
    precision: str
    provider: str
    batch: int
    threads: int
    hwaccel: str
    tuned: bool
    """Whether these came from a file that `--tune` had written."""


class Plan(Part):
    """`duration`: seconds of one sample. `repeats`: samples of each figure, interleaved; more, up to `trials`, until the last three are
    within `stability` (a share) of their mean."""

    duration: float
    repeats: int
    trials: int
    stability: float
    seed: int
    views: str


class Latencies(Part):
    """How latencies are distributed. `percentiles`: milliseconds by percentile, such as "99.9"."""

    name: str
    labels: dict[str, str]
    n: int
    percentiles: dict[str, float]


class Attempt(Part):
    """So many cameras at once. `late`: share of the looks that were due which came later than the limit, or never."""

    cameras: int
    carried: bool
    due: int
    late: Annotated[float, Field(ge=0, le=1)]
    p50_ms: float | None
    p99_ms: float | None
    """None where so many looks never came that there is none."""
    cores: float
    """CPU seconds a second, of all processes but the one that plays the cameras."""
    memory_mb: float
    camera_late_ms: float
    """By how much the one that plays the cameras was late itself, at most: more than a few milliseconds make the attempt worthless."""


class Capacity(Part):
    """`cameras`: the most that were carried. `limit`: None, or what ended the search before the machine did."""

    clip: str
    fps: float
    limit_ms: float
    seconds: float
    cameras: int
    attempts: tuple[Attempt, ...]
    limit: str | None


class Accuracy(Part):
    """One precision on labelled pictures. `flips`: decisions that differ from those of `against`; None for itself."""

    precision: str
    n: int
    right: int
    accuracy: float
    low: float
    high: float
    against: str
    flips: int | None

    def figure(self, name: str, **labels: str) -> Figure:
        """In percent, with its 95 % interval."""
        shares = {"low": 100 * self.low, "high": 100 * self.high}
        return Figure.of(name, [100 * self.accuracy], "%", "higher", labels, n=self.n).model_copy(update=shares)


class Tried(Part):
    """One setting that `--tune` measured, on recorded video. `fps`: frames a second, end to end."""

    provider: str
    precision: str
    batch: int
    threads: int
    hwaccel: str
    fps: Figure
    chosen: bool


class Report(Part):
    """A whole benchmark. `left_out`: for each part that was not measured, why. `notes`: what is to be known before the figures are believed."""

    schema_: Annotated[Literal["rivereye/bench/1"], Field(alias="schema")] = "rivereye/bench/1"
    created: str
    seconds: float
    command: str
    machine: Machine
    model: ModelUsed
    clips: tuple[Clip, ...]
    plan: Plan
    figures: tuple[Figure, ...]
    latencies: tuple[Latencies, ...] = ()
    capacity: Capacity | None = None
    accuracy: tuple[Accuracy, ...] = ()
    tried: tuple[Tried, ...] = ()
    left_out: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    def named(self, name: str, **labels: object) -> list[Figure]:
        """Figures of this name that have these labels, in the order in which they were measured."""
        wanted = {key: str(value) for key, value in labels.items()}
        return Selector(name=name, labels=wanted).among(self.figures)


def read_report(path: Path) -> Report:
    """From `bench.json`, or the folder that holds it.

    Raises:
        DataError: there is none, or it cannot be understood.
    """
    path = path / BENCH if path.is_dir() else path
    try:
        content = path.read_bytes()
        if (schema := _schema_of(content)) != SCHEMA:
            raise DataError(
                f"cannot understand {path}: its schema is {schema or 'not stated'}, and this version reads {SCHEMA}; measure again with this version"
            )
        return Report.model_validate_json(content)
    except OSError as error:
        raise DataError(f"cannot read {path}: {reason(error)}; give a {BENCH} that `rivereye bench` wrote") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise DataError(
            f"cannot understand {path}: {where}: {first['msg']}; is it a {BENCH}, of this version?"
        ) from error


def _schema_of(content: bytes) -> str | None:
    """What the file says that it is; SCHEMA where it is no JSON object at all, of which something else is to be said."""
    try:
        read = json.loads(content)
    except ValueError:
        return SCHEMA
    return str(read["schema"]) if isinstance(read, dict) and "schema" in read else None
