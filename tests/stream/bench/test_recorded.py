"""Recorded video from end to end, its stages, and the command as a process."""

import json
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import numpy as np
import psutil
import pytest

from models.classifier import Classifier
from models.errors import SourceError
from stream.bench.energy import Energy
from stream.bench.recorded import FLOOR, PIPELINE, Watching, decode, looked, read, recorded
from stream.bench.stages import KINDS, WAYS, stages
from stream.bench.whole import run
from tests.factories import opened_bundle, write_clip

FRAMES = 30


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "river.mp4", [90 + 4 * (each % 5) for each in range(FRAMES)])


@pytest.fixture
def classifier(tmp_path: Path) -> Iterator[Classifier]:
    with Classifier(opened_bundle(tmp_path / "bundle"), "cpu", 1) as opened:
        yield opened


@pytest.fixture
def watching(tmp_path: Path) -> Watching:
    return Watching("whole", 4, "none", tmp_path)


@pytest.mark.parametrize("convert", [False, True])
def test_every_frame_is_decoded(clip: Path, convert: bool) -> None:
    frames, fps = read(clip, "none", convert)
    assert frames == FRAMES
    assert fps > FRAMES / 60


def test_the_floor_is_the_fasters(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.bench.recorded._grabbed", lambda *_: 1e9)
    assert decode(clip, "none") == (FRAMES, 1e9)
    monkeypatch.setattr("stream.bench.recorded._grabbed", lambda *_: 0.0)
    assert decode(clip, "none")[1] > 0


def test_what_cannot_be_decoded_is_no_floor(tmp_path: Path) -> None:
    path = tmp_path / "river.mp4"
    path.write_bytes(b"no video")
    with pytest.raises(SourceError, match="cannot open .*river.mp4"):
        read(path, "none", convert=False)


def test_of_a_damaged_clip_the_floor_has_as_many_frames_as_the_pipeline(
    clip: Path, classifier: Classifier, watching: Watching
) -> None:
    """What one of two decoders gives up at, the other goes on after."""
    content = bytearray(clip.read_bytes())
    begin = content.index(b"mdat") + len(content) // 4
    content[begin : begin + 400] = bytes(400)
    clip.write_bytes(content)
    decoded, _ = read(clip, "none", convert=False)
    assert decoded > 1
    assert looked(watching.settings(clip), classifier, None)[-1] == decoded


def test_every_frame_is_looked_at_and_written(clip: Path, classifier: Classifier, watching: Watching) -> None:
    seconds, cpu, joules, frames = looked(watching.settings(clip), classifier, None)
    assert frames == FRAMES
    assert seconds > 0
    assert cpu > 0
    assert joules == 0.0
    lines = (watching.folder / "detections.jsonl").read_text().splitlines()
    assert [json.loads(line)["frame_id"] for line in lines] == list(range(FRAMES))


def test_figures_fit_together(clip: Path, classifier: Classifier, watching: Watching) -> None:
    tasks = list(recorded({"river": clip}, classifier, watching, Energy(clip.parent)))
    assert [dict(task.labels) for task in tasks] == [
        {"clip": "river"},
        {"clip": "river", "gate": "off"},
        {"clip": "river", "gate": "on"},
    ]
    floor, plain, gated = (task.sample() for task in tasks)
    assert set(floor) == set(FLOOR)
    assert set(plain) == set(gated) == set(PIPELINE)
    assert 0 < plain["pipeline_to_decode"] < 1
    assert plain["pipeline_cpu_ms"] > 0


def test_with_the_gate_the_network_is_asked_less(tmp_path: Path, classifier: Classifier, watching: Watching) -> None:
    still = write_clip(tmp_path / "still.mp4", [120] * FRAMES)
    for gate, asked in ((None, FRAMES), (5.0, watching.batch)):
        looked(watching.settings(still, gate), classifier, None)  # the first batch is asked whole
        lines = (watching.folder / "detections.jsonl").read_text().splitlines()
        assert sum(json.loads(line)["inferred"] for line in lines) == asked


@pytest.mark.parametrize("views", ["whole", "2x3"])
def test_each_stage_takes_its_time(clip: Path, classifier: Classifier, watching: Watching, views: str) -> None:
    watching = Watching(views, watching.batch, watching.hwaccel, watching.folder)
    found = {str(task.labels["stage"]): task.sample() for task in stages("river", clip, classifier, watching, 0.02)}
    assert list(found) == [stage for stage in WAYS if views != "whole" or stage != "colour"]
    assert all(set(values) == set(KINDS) and values["stage_ms"] > 0 for values in found.values())
    assert all(values["stage_ms"] < 1000 for values in found.values())


def test_a_slower_network_is_seen_in_its_stage_alone(clip: Path, classifier: Classifier, watching: Watching) -> None:
    def slow(pictures: np.ndarray) -> np.ndarray:
        sleep(0.04)
        return np.full(len(pictures), 0.5, np.float32)

    classifier.probabilities = slow  # type: ignore[method-assign]
    found = {
        str(each.labels["stage"]): each.sample()["stage_ms"]
        for each in stages("river", clip, classifier, watching, 0.1)
    }
    assert found["inference"] == pytest.approx(10, rel=0.3)  # of four frames together
    assert max(each for name, each in found.items() if name != "inference") < 10


def test_the_command_is_measured_as_a_process(clip: Path, tmp_path: Path) -> None:
    values = run(clip, ["--model", str(opened_bundle(tmp_path / "bundle").folder), "--batch", "2", "--no-tuned"])
    assert 0.1 < values["command_first_detection_s"] < 60
    assert 0.1 < values["command_cpu_s"] < 60
    assert 50 < values["command_peak_mb"] < 1000


def test_memory_is_that_of_the_command_and_not_of_who_started_it(clip: Path, tmp_path: Path) -> None:
    options = ["--model", str(opened_bundle(tmp_path / "bundle").folder), "--no-tuned"]
    large = np.ones(600 * 2**17)  # 600 MB
    values = run(clip, options)
    assert large.sum() > 0
    assert values["command_peak_mb"] < 500


def test_a_command_that_fails_is_no_figure(clip: Path) -> None:
    with pytest.raises(SourceError, match=r"ended with exit code 1: .*no model bundle at /nowhere"):
        run(clip, ["--model", "/nowhere"])


def test_ctrl_c_ends_the_command_too(clip: Path, tmp_path: Path) -> None:
    def interrupt(_: int, __: object) -> None:
        raise KeyboardInterrupt

    options = ["--model", str(opened_bundle(tmp_path / "bundle").folder), "--no-tuned"]
    others = psutil.Process().children()
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(clip, options)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not set(psutil.Process().children()) - set(others)
    assert not [
        each for each in threading.enumerate() if isinstance(each, threading.Timer) and not each.finished.is_set()
    ]
