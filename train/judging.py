"""Labelled pictures in folders, and what a model says of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from models.errors import DataError, PictureError
from models.looks import brightness_of
from models.picture import Picture, fit, read_picture
from models.progress import track
from train.dataset import Sample, large_enough
from train.evaluation import Judged
from train.judge import Judge
from train.windows import read_boxes

BATCH = 32


def judge_samples(samples: Sequence[Sample], judge: Judge, console: Console) -> tuple[Judged, list[tuple[Path, str]]]:
    """Pictures and what the model says of them, and those that cannot be used, each with the reason."""
    kept: list[Sample] = []
    quarantined: list[tuple[Path, str]] = []
    waiting: list[Picture] = []
    measured: list[tuple[float, float]] = []
    answers = [np.empty(0, np.float32)]
    for sample in track(samples, "judging pictures", console=console):
        try:
            picture = large_enough(read_picture(sample.path), sample.path)
        except PictureError as error:
            quarantined.append((sample.path, str(error)))
            continue
        kept.append(sample)
        measured.append((brightness_of(picture), ship_share_of(sample, picture)))
        waiting.append(fit(picture, judge.width, judge.height))
        if len(waiting) == BATCH:
            answers.append(judge.answer(np.stack(waiting)))
            waiting.clear()
    if waiting:
        answers.append(judge.answer(np.stack(waiting)))
    said = np.concatenate(answers)
    brightness, ship_share = np.array(measured, np.float32).reshape(-1, 2).T
    judged = Judged(
        paths=tuple(sample.path for sample in kept),
        labels=np.array([sample.label for sample in kept], np.int64),
        groups=tuple(sample.group for sample in kept),
        probabilities={judge.stage: said},
        deployed=said,
        brightness=brightness,
        ship_share=ship_share,
    )
    return judged, quarantined


def ship_share_of(sample: Sample, picture: Picture) -> float:
    """How much of the picture's longer side its largest ship takes, by the boxes beside it (YOLO .txt); nan where there are none."""
    path = sample.path.with_suffix(".txt")
    if not sample.label or not path.is_file():
        return float("nan")
    try:
        boxes = read_boxes(path)
    except (DataError, OSError):  # a text about something else
        return float("nan")
    height, width, _ = picture.shape
    sides = (boxes[:, 2:] - boxes[:, :2]) * [width, height]
    return float(sides.max() / max(height, width)) if len(boxes) else float("nan")
