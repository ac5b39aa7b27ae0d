"""Metrics for Prometheus, by the names that docs/running.md lists."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import get_args

from prometheus_client import CollectorRegistry, Histogram, Metric, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from models.classifier import Classifier
from stream.configuration.settings import Settings
from stream.health.disks import existing, folders_of, one_a_disk
from stream.health.vitals import CameraVitals, Vitals
from stream.looking.detection import State
from stream.looking.pipeline import Look
from stream.sources.frame import Reason
from stream.sources.status import Ending

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
VIEWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
DROPPED = ("overload", "stale", "stopped")
EVENTS = ("new", "update", "end")
OF_CAMERA = ["camera"]
Value = Callable[[CameraVitals], float]
Values = Callable[[CameraVitals], Mapping[str, float]]


class Metrics(Collector):
    """Histograms of each look; all else is taken from the watch's newest vitals when somebody asks.

    A camera that a reload has changed counts from 0 again, which Prometheus allows for.

    Args:
        vitals: gives the newest; None before the first turn.
        settings: of the watch, whose disks are looked at.
        classifier: that answers.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        vitals: Callable[[], Vitals | None],
        settings: Settings,
        classifier: Classifier,
        clock: Callable[[], float],
    ) -> None:
        self._vitals, self._folders, self._clock = vitals, folders_of(settings), clock
        bundle = classifier.bundle
        self._build = {
            "version": version("rivereye"),
            "provider": classifier.provider,
            "model": bundle.card.name,
            "precision": bundle.precision,
            "model_sha256": bundle.model.sha256,
        }
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, which nobody asks for
        self.registry = CollectorRegistry()
        histogram = partial(Histogram, registry=self.registry)
        self._stages = histogram(
            "rivereye_stage_seconds",
            "Of a live frame: wait (from its arrival to its batch); of a batch: infer.",
            ["stage"],
            buckets=SECONDS,
        )
        self._ages = histogram(
            "rivereye_frame_age_seconds", "From a live frame's arrival to its record.", OF_CAMERA, buckets=SECONDS
        )
        self._batches = histogram("rivereye_batch_size", "Views looked at in one go.", buckets=VIEWS)
        ProcessCollector(registry=self.registry)
        self.registry.register(self)

    def take(self, looks: Sequence[Look]) -> None:
        """A batch of looks."""
        views = sum(view.inferred for look in looks for view in look.detection.views)
        if views:
            self._batches.observe(views)
        timed = [(look.camera, look.detection.latency_ms) for look in looks if look.detection.latency_ms]
        for camera, latency in timed:
            self._stages.labels("wait").observe(latency["wait"] / 1000)
            self._ages.labels(camera).observe(latency["total"] / 1000)
        if timed:  # the same for all of a batch
            self._stages.labels("infer").observe(timed[0][1]["infer"] / 1000)

    def collect(self) -> Iterator[Metric]:
        """By the thread of whoever asks."""
        build = GaugeMetricFamily("rivereye_build_info", "What runs.", labels=list(self._build))
        build.add_metric(list(self._build.values()), 1)
        yield build
        yield from self._disks()
        if (vitals := self._vitals()) is not None:
            yield _gauge("rivereye_turn_age_seconds", "Since the watch last turned.", self._clock() - vitals.at)
            yield from _counted(vitals.cameras)
            yield from self._states(vitals.cameras)
            yield from _outputs(vitals)

    def _states(self, cameras: Mapping[str, CameraVitals]) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "rivereye_camera_up", "1: it sends frames; not of a recording that has ended.", labels=OF_CAMERA
        )
        age = GaugeMetricFamily(
            "rivereye_last_frame_age_seconds", "Of the newest frame; none before.", labels=OF_CAMERA
        )
        depth = GaugeMetricFamily("rivereye_queue_depth", "Frames that wait to be looked at.", labels=OF_CAMERA)
        for camera, each in cameras.items():
            if each.status.phase != "ended":
                up.add_metric([camera], each.status.phase == "up")
            depth.add_metric([camera], each.counts.waiting)
            if each.status.last_frame is not None:
                age.add_metric([camera], max(0.0, self._clock() - each.status.last_frame))
        yield from (up, age, depth)

    def _disks(self) -> Iterator[Metric]:
        free = GaugeMetricFamily("rivereye_disk_free_bytes", "Free for outputs, a disk each.", labels=["folder"])
        size = GaugeMetricFamily("rivereye_disk_size_bytes", "Of that disk.", labels=["folder"])
        with suppress(OSError):  # a disk that is gone has no figures; that it is gone, its outputs say
            for folder in one_a_disk(self._folders):
                usage = shutil.disk_usage(existing(folder))
                free.add_metric([str(folder)], usage.free)
                size.add_metric([str(folder)], usage.total)
        yield from (free, size)


def _counted(cameras: Mapping[str, CameraVitals]) -> Iterator[Metric]:
    yield _counter(
        cameras,
        "frames_read",
        "That came, those that are skipped or dropped among them.",
        lambda each: each.counts.read,
    )
    yield _counter(
        cameras,
        "frames_skipped",
        "Left out on purpose: by fps and the like, or read ahead.",
        lambda each: each.counts.skipped,
    )
    yield _by(cameras, "frames_dropped", "Never looked at.", "reason", DROPPED, lambda each: each.counts.dropped)
    yield _by(cameras, "frames_scored", "Recorded.", "state", get_args(State), lambda each: each.states)
    yield _by(cameras, "events", "Of passages, as they are told.", "type", EVENTS, lambda each: each.events)
    yield _by(
        cameras,
        "reconnects",
        "Connections after the first, by how the one before ended.",
        "reason",
        get_args(Ending),
        lambda each: {reason: float(count) for reason, count in each.status.reconnects.items()},
    )
    yield _counter(cameras, "watched_seconds", "Blind or not.", lambda each: each.hour.seconds)
    yield _counter(cameras, "ship_seconds", "With a ship in sight.", lambda each: each.hour.ship_s)
    yield _by(
        cameras,
        "blind_seconds",
        "In which nothing could be seen.",
        "reason",
        get_args(Reason),
        lambda each: each.hour.unknown,
    )


def _outputs(vitals: Vitals) -> Iterator[Metric]:
    depth = GaugeMetricFamily("rivereye_outbox_depth", "Items that wait to be written.", labels=["sink"])
    lost = CounterMetricFamily("rivereye_outbox_left_out", "Items that were never written.", labels=["sink"])
    trouble = GaugeMetricFamily("rivereye_outbox_troubled", "1: it cannot be written at present.", labels=["sink"])
    for sink, count in vitals.depths.items():
        depth.add_metric([sink], count)
    for sink in sorted({*vitals.depths, *vitals.left_out, *vitals.troubles}):
        lost.add_metric([sink], vitals.left_out.get(sink, 0))
        trouble.add_metric([sink], sink in vitals.troubles)
    yield from (depth, lost, trouble)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(name, about, value=value)


def _counter(cameras: Mapping[str, CameraVitals], name: str, about: str, value: Value) -> Metric:
    family = CounterMetricFamily(f"rivereye_{name}", about, labels=OF_CAMERA)
    for camera, each in cameras.items():
        family.add_metric([camera], value(each))
    return family


def _by(
    cameras: Mapping[str, CameraVitals], name: str, about: str, label: str, known: Iterable[str], values: Values
) -> Metric:
    """All that is `known` is there from the beginning: a series that begins later than at 0 loses its first increase."""
    family = CounterMetricFamily(f"rivereye_{name}", about, labels=["camera", label])
    for camera, each in cameras.items():
        found = dict.fromkeys(known, 0.0) | dict(values(each))
        for what, value in found.items():
            family.add_metric([camera, what], value)
    return family
