"""The model: that it opens here, answers as it did where it was made, and how fast."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.bundle import Bundle
from models.classifier import Choice, Classifier
from stream.configuration.effective import picked_up, resolved
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.looking.pipeline import BATCH
from stream.looking.views import layout_of

ROUNDS, ROUND_S = 5, 0.4
"""So often and so long it answers, to tell how fast: of a single moment, whatever else the machine did just then would be told."""
MOST_S = 2.5
"""Of a model that takes long for each batch, there are fewer rounds."""
ROOM = 0.8
"""Decoding and writing want a part of the processor, too."""


def model(settings: Settings) -> Iterator[Finding]:
    """Raises BundleError, UsageError: it cannot be opened."""
    opened = Choice(settings.model, settings.precision, settings.provider).bundle()
    runs = resolved(settings, picked_up(settings, opened, Console(quiet=True)), opened)
    bundle = replace(opened, precision=runs.precision or opened.precision)
    with Classifier(bundle, runs.provider, runs.threads or 0) as classifier:
        rate = rate_of(classifier, runs.batch or BATCH)
        yield Finding("model", "ok", _sentence(bundle, classifier.provider, rate))
    if (finding := _keeps_up(settings, rate)) is not None:
        yield finding


def _sentence(bundle: Bundle, provider: str, rate: float) -> str:
    return f"{bundle.card.name} {bundle.precision} on {provider} answers rightly, {rate:.0f} views a second (median of short rounds)"


def rate_of(classifier: Classifier, batch: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Views a second, of grey pictures: the median of the rounds. `clock` gives seconds."""
    size = classifier.input
    pictures = np.full((batch, size.height, size.width, 3), 128, np.uint8)
    classifier.probabilities(pictures)  # the first one is slow
    until, rates = clock() + MOST_S, [_round(classifier, pictures, clock)]
    while len(rates) < ROUNDS and clock() < until:
        rates.append(_round(classifier, pictures, clock))
    return median(rates)


def _round(classifier: Classifier, pictures: NDArray[np.uint8], clock: Callable[[], float]) -> float:
    began, views = clock(), 0
    while (took := clock() - began) < ROUND_S:
        classifier.probabilities(pictures)
        views += len(pictures)
    return views / took


def _keeps_up(settings: Settings, rate: float) -> Finding | None:
    """None where no camera says how often it is to be looked at."""
    cameras = [camera for camera in settings.cameras.values() if camera.enabled and camera.fps is not None]
    if not cameras:
        return None
    wanted = sum((camera.fps or 0.0) * layout_of(camera.views, camera.zones).count for camera in cameras)
    found = f"{wanted:g} views a second wanted by cameras' fps, views and zones"
    if wanted > rate * ROOM:
        return Finding("speed", "warning", found, "lower fps, take fewer views, or set gate; rivereye bench says more")
    return Finding("speed", "ok", found)
