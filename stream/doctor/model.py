"""The model: that it opens here, answers as it did where it was made, and how fast."""

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from rich.console import Console

from models.bundle import Bundle
from models.classifier import Choice, Classifier
from stream.configuration.effective import picked_up, resolved
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.looking.pipeline import BATCH
from stream.looking.views import layout_of

LONG_S = 1.0
"""So long it answers, to tell how fast."""
ROOM = 0.8
"""Decoding and writing want a part of the processor, too."""


def model(settings: Settings) -> Iterator[Finding]:
    """Raises BundleError, UsageError: it cannot be opened."""
    opened = Choice(settings.model, settings.precision, settings.provider).bundle()
    runs = resolved(settings, picked_up(settings, opened, Console(quiet=True)), opened)
    bundle = replace(opened, precision=runs.precision or opened.precision)
    with Classifier(bundle, runs.provider, runs.threads or 0) as classifier:
        rate = _rate(classifier, runs.batch or BATCH)
        yield Finding("model", "ok", _sentence(bundle, classifier.provider, rate))
    if (finding := _keeps_up(settings, rate)) is not None:
        yield finding


def _sentence(bundle: Bundle, provider: str, rate: float) -> str:
    return f"{bundle.card.name} {bundle.precision} on {provider} answers rightly, {rate:.0f} views a second"


def _rate(classifier: Classifier, batch: int) -> float:
    size = classifier.input
    pictures = np.full((batch, size.height, size.width, 3), 128, np.uint8)
    classifier.probabilities(pictures)  # the first one is slow
    began, views = time.perf_counter(), 0
    while (took := time.perf_counter() - began) < LONG_S:
        classifier.probabilities(pictures)
        views += batch
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
