"""What the test part of a run says: the material of its report."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.card import how_chosen
from models.networks import SIZE
from models.picture import Picture, fit
from train.calibration import calibrated
from train.dataset import Dataset, Sample, load
from train.evaluation import Judged, brightness_of, evaluate
from train.split import Part

Answer = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Pictures, uint8, (n, height, width, 3), BGR, to probabilities of a ship as the network gives them, float32, (n,)."""


def report_of(
    dataset: Dataset,
    parts: Sequence[Part],
    answers: Mapping[str, Mapping[int, float]],
    windows: Sequence[Sample],
    answer: Answer,
    decision: Mapping[str, Any],
) -> dict[str, Any]:
    """What report.json holds (see `train.evaluation.evaluate`).

    `windows` in it has the figures on windows cut from boxed frames of the test part's cameras, where there
    are any: there the size of each ship is known.

    Args:
        dataset: all pictures.
        parts: of each.
        answers: of each stage, by position of the picture.
        windows: of the test part's cameras.
        answer: the network after the last stage.
        decision: see `train.decision.decide`.
    """
    rows = [row for row, part in enumerate(parts) if part == "test"]
    *earlier, last = answers
    given = {stage: np.array([answers[stage][row] for row in rows], np.float32) for stage in answers}
    final = calibrated(given[last], decision["temperature"], decision["shift"])
    judged = _judged(
        [dataset.samples[row] for row in rows],
        (dataset.pictures[row] for row in rows),
        {stage: given[stage] for stage in earlier} | {last: final},
    )
    report = evaluate(judged, decision["threshold"])
    report |= {
        "judged_on": "the test part of the run",
        "threshold_chosen": how_chosen(decision),
        "windows": None,
    }
    if windows:
        shown = np.stack([fit(load(window), SIZE, SIZE) for window in windows])
        said = calibrated(answer(shown), decision["temperature"], decision["shift"])
        found = evaluate(_judged(windows, shown, {last: said}), decision["threshold"])
        kept = ("n", "ships", "accuracy", "recall", "false_alarm_rate", "auc", "ece", "groups")
        report["windows"] = {name: found[name] for name in kept} | {"size": found["conditions"]["size"]}
    return report


def _judged(
    samples: Sequence[Sample], pictures: Iterable[Picture], probabilities: dict[str, NDArray[np.float32]]
) -> Judged:
    shares = [np.nan if sample.ship_share is None else sample.ship_share for sample in samples]
    return Judged(
        paths=tuple(sample.path for sample in samples),
        labels=np.array([sample.label for sample in samples], np.int64),
        groups=tuple(sample.group for sample in samples),
        probabilities=probabilities,
        brightness=np.array([brightness_of(picture) for picture in pictures], np.float32),
        ship_share=np.array(shares, np.float32),
    )
