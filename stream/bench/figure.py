"""A measured figure: its value, its spread, and how it is named on the command line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from models.errors import UsageError

Better = Literal["higher", "lower", "neither"]
SELECTOR = re.compile(r"\s*([a-z][a-z0-9_]*)\s*(?:\{([^{}]*)\})?\s*")
REQUIREMENT = re.compile(r"(.+?)(>=|<=|>|<)\s*([-+]?[0-9.]+(?:e[-+]?[0-9]+)?)\s*")


class Figure(BaseModel):
    """One figure, by name and labels, as a time series in Prometheus.

    `value`: the median of `samples`. `low`, `high`: their smallest and largest; of a share its 95 % interval. `stable`: the last samples
    are within the limit of each other that the plan states. `n`: events behind it, such as calls or looks, of all samples together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    labels: dict[str, str] = {}
    unit: str
    better: Better
    value: float
    low: float
    high: float
    samples: Annotated[tuple[float, ...], Field(min_length=1)]
    stable: bool = True
    n: int | None = None

    @classmethod
    def of(
        cls,
        name: str,
        samples: Sequence[float],
        unit: str,
        better: Better,
        labels: Mapping[str, object] | None = None,
        stable: bool = True,
        n: int | None = None,
    ) -> Self:
        """From repeated measurements, in the order in which they were made."""
        said = {key: str(value) for key, value in (labels or {}).items()}
        return cls(
            name=name,
            labels=said,
            unit=unit,
            better=better,
            value=median(samples),
            low=min(samples),
            high=max(samples),
            samples=tuple(samples),
            stable=stable,
            n=n,
        )

    @property
    def shown(self) -> str:
        """Name and labels, as `Selector` reads them."""
        inside = ",".join(f"{key}={value}" for key, value in self.labels.items())
        return f"{self.name}{{{inside}}}" if inside else self.name


class Selector(BaseModel):
    """Which figures are meant: `pipeline_fps`, or `pipeline_fps{clip=quiet}`; labels that are not named may be anything."""

    name: str
    labels: dict[str, str]

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises UsageError: it is none."""
        match = SELECTOR.fullmatch(text)
        pairs = [pair.split("=") for pair in (match[2] or "").split(",") if pair.strip()] if match else []
        if match is None or any(len(pair) != 2 for pair in pairs):
            raise UsageError(
                f"no name of a figure: {text!r}; give one such as pipeline_fps, or pipeline_fps{{clip=quiet}}"
            )
        return cls(name=match[1], labels={key.strip(): value.strip().strip("\"'") for key, value in pairs})

    def among(self, figures: Iterable[Figure]) -> list[Figure]:
        return [
            each
            for each in figures
            if each.name == self.name and all(each.labels.get(key) == value for key, value in self.labels.items())
        ]


class Requirement(BaseModel):
    """A limit on figures, such as `pipeline_fps>=100`; where several are meant, each has to keep it."""

    selector: Selector
    sign: Literal[">=", "<=", ">", "<"]
    limit: float

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises UsageError: it is none."""
        match = REQUIREMENT.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            return cls.model_validate({"selector": Selector.read(match[1]), "sign": match[2], "limit": float(match[3])})
        except ValueError:
            raise UsageError(
                f"no requirement: {text!r}; give a figure, >=, <=, > or <, and a number, such as 'pipeline_fps>=100'"
            ) from None

    def broken_by(self, figures: Sequence[Figure]) -> list[str]:
        """A sentence for each figure beyond the limit. Raises UsageError: no figure of this name was measured."""
        meant = self.selector.among(figures)
        if not meant:
            names = sorted({each.name for each in figures})
            raise UsageError(
                f"--require: no figure {self.selector.name} with labels {self.selector.labels} was measured; there are {', '.join(names)}"
            )
        return [
            f"{each.shown} is {each.value:.4g} {each.unit}, required {self.sign} {self.limit:g}"
            for each in meant
            if not self._keeps(each.value)
        ]

    def _keeps(self, value: float) -> bool:
        match self.sign:
            case ">=":
                return value >= self.limit
            case "<=":
                return value <= self.limit
            case ">":
                return value > self.limit
            case _:
                return value < self.limit
