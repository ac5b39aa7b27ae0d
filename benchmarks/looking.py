"""What a network answers to every view of many frames, remembered on disk, as it takes minutes."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.classifier import Classifier
from models.picture import Picture, fit
from stream.looking.views import Layout

BATCH = 8

Answers = NDArray[np.float32]
"""Confidences: float32, (frames, views), in the order of the frames and of `Layout.boxes`."""


def fitted(picture: Picture, layout: Layout, classifier: Classifier) -> list[Picture]:
    """The views of a frame at the network's size."""
    width, height = classifier.input.width, classifier.input.height
    return [fit(part, width, height) for part in layout.cut(picture)]


def look(frames: Iterable[Picture], layout: Layout, classifier: Classifier) -> Answers:
    """The network's answers to all views of all frames, in batches of BATCH."""
    pictures = (each for frame in frames for each in fitted(frame, layout, classifier))
    answers = [classifier.probabilities(np.stack(batch)) for batch in _batches(pictures)]
    return np.concatenate(answers).reshape(-1, layout.count)


def looked(what: str, frames: Iterable[Picture], layout: Layout, classifier: Classifier, cache: Path | None) -> Answers:
    """The same, from the folder `cache` where it holds them for this model, this layout and this `what`, which names the frames."""
    if cache is None:
        return look(frames, layout, classifier)
    key = hashlib.sha256(f"{classifier.bundle.model.sha256} {layout} {what}".encode()).hexdigest()[:24]
    path = cache / f"{key}.npy"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(path, look(frames, layout, classifier))
    return np.asarray(np.load(path), np.float32)


def _batches(pictures: Iterator[Picture]) -> Iterator[list[Picture]]:
    while batch := list(islice(pictures, BATCH)):
        yield batch
