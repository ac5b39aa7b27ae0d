"""Background: what a fixed camera always shows, and the network takes for a ship in every frame, such as a jetty or a lock wall.

Learnt from looks without labels. Of each view it is known how sure of a ship the network is even in the emptiest quarter
of the time; where that alone would be a ship, only what is surer still counts. So a vessel that lies moored most of the time
becomes background, too, unless its view is kept as it is. That choice is the operator's.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.bundle import SUREST
from models.card import Finite, Probability
from models.errors import UsageError
from models.outputs import replace_text
from stream.looking.views import Layout

QUANTILE = 0.25
"""Share of the looks that is taken for empty whatever happens: where ships are in sight half of the time, they stay ships. Over the median
without a margin that is caution, not gain: docs/small-ships.md has the sweep."""
MARGIN = 1.0
"""Log-odds over what is usual that count as a ship, as what is always there wavers with light and waves. In that sweep 1 saves three times the
alarms of 0, and loses twice the ships."""
FEWEST = 16
"""Looks of a view without which nothing is said of it: with 16, the emptiest quarter of the looks reaches beyond the emptier half of the time once
in 100 times; with 8, once in 28. That holds for looks at different times: of one moment a thousand say no more than one."""
HALF_LIFE = 86_400.0
"""Looks after which one counts half: a day, at one a second. What comes to stay becomes background after two half-lives; what leaves
is background no more after 0.4 of one."""
STEP = 0.05
"""Width in log-odds of the bins in which looks are counted."""
SIDE = 10_000
"""Views are compared on a frame of this width and height, so that the camera's resolution may change."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class BackgroundView(_Part):
    """`box`: x_min, y_min, x_max, y_max as shares of the frame. `looks`: how many were learnt from.

    `usual`: log-odds of a ship that all looks but QUANTILE of them reach; None where there were fewer than FEWEST.
    """

    box: tuple[Probability, Probability, Probability, Probability]
    name: str | None
    usual: Finite | None
    looks: Annotated[int, Field(ge=0)]


class Background(_Part):
    """What one camera always shows, by one model (`model` is the sha256 of its ONNX file) that looks at one layout.

    `keep`: numbers of views that are never adapted.
    """

    schema_: Annotated[Literal["rivereye/background/1"], Field(alias="schema")] = "rivereye/background/1"
    model: str
    layout: str
    views: tuple[BackgroundView, ...]
    keep: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _keep_is_there(self) -> Self:
        if unknown := [number for number in self.keep if not 0 <= number < len(self.views)]:
            raise ValueError(f"keep: there is no view {unknown[0]}; they are numbered from 0 to {len(self.views) - 1}")
        return self

    def adapted(self, confidence: float, view_index: int, threshold: float) -> float:
        """The confidence that counts: as it was, or lower, where the view's background alone would be a ship at this threshold."""
        lowered = self.lowered(view_index, threshold)
        return confidence if lowered == 0 else min(confidence, probability(log_odds(confidence) - lowered))

    def lowered(self, view_index: int, threshold: float) -> float:
        """Log-odds taken off this view's confidences; 0 where it is left as it is."""
        usual = self.views[view_index].usual
        if usual is None or view_index in self.keep or usual < log_odds(threshold):
            return 0.0
        return usual - log_odds(threshold) + MARGIN

    def keeping(self, views: Sequence[str]) -> "Background":
        """The same, but that these views, by name or by number from 0, are never adapted.

        Raises:
            UsageError: there is no such view.
        """
        known = {view.name or str(number): number for number, view in enumerate(self.views)}
        if unknown := [view for view in views if view not in known]:
            raise UsageError(f"no view {unknown[0]!r} to keep as it is; there are {', '.join(known)}")
        return self.model_copy(update={"keep": tuple(sorted({known[view] for view in views}))})

    def check(self, shown: str, model: str, layout: Layout) -> None:
        """Makes sure that it was learnt with this model (sha256) and of these views; `shown` is what messages call it.

        Raises:
            UsageError: it was not.
        """
        if self.model != model:
            raise UsageError(
                f"{shown} was learnt with another model: sha256 {self.model}, in use is {model}; run `rivereye adapt` again"
            )
        if self.layout != str(layout) or [(view.box, view.name) for view in self.views] != _places(layout):
            raise UsageError(
                f"{shown} was learnt of other views: {self.layout}, in use are {layout}; run `rivereye adapt` again"
            )

    def write(self, path: Path) -> None:
        """Writes it as JSON, whole or not at all, over what is there. Raises OutputError."""
        replace_text(path, self.model_dump_json(by_alias=True, indent=2) + "\n")


def read_background(path: Path) -> Background:
    """Raises UsageError where the file is missing, or no background."""
    try:
        return Background.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read background {path}: {error.strerror}; make one with `rivereye adapt`") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"cannot understand background {path}: {where}: {first['msg']}; make it again with `rivereye adapt`"
        ) from error


class Learner:
    """Learns the background of one camera, look by look; its memory does not grow.

    Args:
        layout: the camera's views.
        model: sha256 of the ONNX file that looks.
        half_life: looks of a view after which one counts half.
    """

    def __init__(self, layout: Layout, model: str, half_life: float = HALF_LIFE) -> None:
        if not half_life > 0:
            raise ValueError(f"a half-life is more than 0 looks; received {half_life}")
        self._model, self._layout, self._places = model, str(layout), _places(layout)
        self._fading = 0.5 ** (1 / half_life)
        self._edge = log_odds(1)
        self._weights = np.zeros((layout.count, math.ceil(2 * self._edge / STEP)))
        self._looks = [0] * layout.count

    def add(self, view_index: int, confidence: float) -> None:
        """Takes what the network answered to a view: the bare answer, not one adapted or repeated."""
        weights = self._weights[view_index]
        weights *= self._fading
        weights[min(int((log_odds(confidence) + self._edge) / STEP), len(weights) - 1)] += 1
        self._looks[view_index] += 1

    def background(self) -> Background:
        """What was learnt until now."""
        return Background(
            model=self._model,
            layout=self._layout,
            views=tuple(
                BackgroundView(box=box, name=name, usual=self._usual(number), looks=self._looks[number])
                for number, (box, name) in enumerate(self._places)
            ),
        )

    def _usual(self, number: int) -> float | None:
        """The quantile, to half a bin."""
        if self._looks[number] < FEWEST:
            return None
        reached = np.cumsum(self._weights[number])
        return round((int(np.searchsorted(reached, QUANTILE * reached[-1])) + 0.5) * STEP - self._edge, 3)


def log_odds(probability: float) -> float:
    """Finite for 0 and 1, too."""
    bounded = min(max(probability, SUREST), 1 - SUREST)
    return math.log(bounded / (1 - bounded))


def probability(odds: float) -> float:
    """Of log-odds."""
    return 1 / (1 + math.exp(-odds))


def _places(layout: Layout) -> list[tuple[tuple[float, float, float, float], str | None]]:
    boxes = layout.boxes(SIDE, SIDE)
    return [
        ((box[0] / SIDE, box[1] / SIDE, box[2] / SIDE, box[3] / SIDE), name)
        for box, name in zip(boxes, layout.names, strict=True)
    ]
