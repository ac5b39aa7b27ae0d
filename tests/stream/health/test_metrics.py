"""Metrics, as whoever asks reads them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from models.bundle import open_bundle
from models.classifier import Classifier
from stream.configuration.settings import Settings
from stream.health.metrics import Metrics
from stream.health.vitals import Vitals
from stream.looking.pipeline import Look
from stream.sources.frame import Frame
from stream.sources.status import Status
from tests.factories import make_detection
from tests.stream.health.made import NOW, OFFLINE, UP, WAITING, camera, vitals

DOCS = Path(__file__).parents[3] / "docs" / "running.md"
Labels = dict[str, str]


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as opened:
        yield opened


@pytest.fixture
def made(classifier: Classifier, tmp_path: Path) -> tuple[Metrics, list[Vitals]]:
    """Metrics, and the vitals that they see: the last of the list."""
    seen: list[Vitals] = []
    settings = Settings.model_validate(
        {
            "cameras": {"north": {"source": "test"}},
            "outputs": {"detections": str(tmp_path / "a.jsonl"), "snapshots": tmp_path / "not" / "there"},
        }
    )
    return Metrics(lambda: seen[-1] if seen else None, settings, classifier, lambda: NOW + 1), seen


def read(metrics: Metrics) -> dict[str, list[tuple[Labels, float]]]:
    text = generate_latest(metrics.registry).decode()
    return {
        sample.name: [(each.labels, each.value) for each in family.samples if each.name == sample.name]
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(metrics: Metrics, name: str, label: str = "camera") -> dict[str, float]:
    return {labels.get(label, ""): value for labels, value in read(metrics).get(f"rivereye_{name}", [])}


def look(wait: float, infer: float, views: int = 1) -> Look:
    detection = make_detection(0.0, 0.9)
    latency = {"wait": wait, "infer": infer, "total": wait + infer}
    seen = detection.model_copy(update={"latency_ms": latency, "views": detection.views[:1] * views})
    return Look("north", Frame(0, None, 0.0, 0.0), seen)


def test_before_the_first_turn_there_is_what_runs(made: tuple[Metrics, list[Vitals]], classifier: Classifier) -> None:
    metrics, _ = made
    ((labels, value),) = read(metrics)["rivereye_build_info"]
    assert value == 1
    assert labels["model_sha256"] == classifier.bundle.model.sha256
    assert (labels["provider"], labels["precision"]) == ("cpu", classifier.bundle.precision)
    assert of(metrics, "camera_up") == {}


def test_counts_are_those_of_the_watch(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, seen = made
    seen.append(vitals())
    assert of(metrics, "frames_read_total") == {"north": 100}
    assert of(metrics, "frames_skipped_total") == {"north": 10}
    assert of(metrics, "frames_dropped_total", "reason") == {"overload": 19, "stale": 0, "stopped": 0}
    assert of(metrics, "frames_scored_total", "state") == {"ship": 10, "no_ship": 50, "unknown": 10}
    assert of(metrics, "events_total", "type") == {"new": 2, "update": 0, "end": 2}
    assert of(metrics, "reconnects_total", "reason") == {"lost": 1, "stalled": 0, "hung": 1}
    assert of(metrics, "watched_seconds_total") == {"north": 100}
    assert of(metrics, "ship_seconds_total") == {"north": 5}
    blind = of(metrics, "blind_seconds_total", "reason")
    assert (blind["dark"], blind["offline"], sum(blind.values())) == (20, 0, 20)
    assert of(metrics, "queue_depth") == {"north": 1}


def test_what_is_not_known_is_not_there(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, seen = made
    seen.append(vitals(north=camera(), south=camera(OFFLINE), new=camera(WAITING), old=camera(Status(phase="ended"))))
    assert of(metrics, "camera_up") == {"north": 1, "south": 0, "new": 0}
    assert of(metrics, "last_frame_age_seconds") == {"north": 1.25, "south": 61}
    assert {value for labels, value in read(metrics)["rivereye_reconnects_total"] if labels["camera"] == "new"} == {0}
    assert of(metrics, "turn_age_seconds") == {"": 1}


def test_outputs(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, seen = made
    seen.append(replace(vitals(), left_out={"video of north": 3}, troubles={"detections": "full"}))
    assert of(metrics, "outbox_depth", "sink") == {"detections": 4}
    assert of(metrics, "outbox_left_out_total", "sink") == {"detections": 0, "video of north": 3}
    assert of(metrics, "outbox_troubled", "sink") == {"detections": 1, "video of north": 0}


def test_each_disk_once_and_before_its_folder_is_made(made: tuple[Metrics, list[Vitals]], tmp_path: Path) -> None:
    metrics, _ = made
    free, size = of(metrics, "disk_free_bytes", "folder"), of(metrics, "disk_size_bytes", "folder")
    assert list(free) == list(size) == [str(tmp_path)]
    assert 0 < free[str(tmp_path)] <= size[str(tmp_path)]


def test_a_batch_counts_once_and_its_frames_each(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, _ = made
    metrics.take([look(10, 50, views=2), look(20, 50)])
    metrics.take([])
    metrics.take(
        [Look("south", Frame(0, None, 0.0, 0.0), make_detection(0.0, 0.9))]
    )  # of a recording, which has no delays
    assert of(metrics, "stage_seconds_count", "stage") == {"wait": 2, "infer": 1}
    assert of(metrics, "stage_seconds_sum", "stage") == pytest.approx({"wait": 0.03, "infer": 0.05})
    assert of(metrics, "frame_age_seconds_sum") == pytest.approx({"north": 0.13})
    assert (of(metrics, "batch_size_count"), of(metrics, "batch_size_sum")) == ({"": 2}, {"": 4})


def test_a_name_may_hold_anything(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, seen = made
    seen.append(replace(vitals(), cameras={'no"rth\n\\': camera(UP)}))
    assert of(metrics, "camera_up") == {'no"rth\n\\': 1}


def test_the_documentation_lists_them_all(made: tuple[Metrics, list[Vitals]]) -> None:
    metrics, seen = made
    seen.append(vitals())
    metrics.take([look(1, 1)])
    told = set(re.findall(r"^\| `(rivereye_\w+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    text = generate_latest(metrics.registry).decode()
    assert told == set(re.findall(r"^# TYPE (rivereye_\w+)", text, re.MULTILINE))
