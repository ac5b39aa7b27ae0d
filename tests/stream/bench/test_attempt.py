"""One attempt to carry cameras: what counts as late, and what ends with it."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import DataError, UsageError
from stream.bench.attempt import Load, attempt, counted, percentile_ms
from stream.sources.pace import Pace, Pacer
from tests.factories import write_clip
from tests.stream.bench.burnt import write_burnt

pytestmark = pytest.mark.timeout(60)
FPS = 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_burnt(tmp_path_factory.mktemp("clips") / "burnt.mp4", 50, FPS)


@pytest.fixture
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _warm_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.bench.attempt.WARM_UP_S", 0.5)


def slowed(classifier: Classifier, monkeypatch: pytest.MonkeyPatch, pauses: Iterator[float]) -> None:
    """It rests before each answer."""
    answer = classifier.probabilities

    def answer_late(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        time.sleep(next(pauses, 0.0))
        return answer(pictures)

    monkeypatch.setattr(classifier, "probabilities", answer_late)


def paced(fps: float, frames: float, jitter: float, seconds: float) -> list[float]:
    """When the frames were due that the pacer takes, which sees them arrive up to `jitter` seconds later."""
    draw, pacer, found = random.Random(1), Pacer(Pace(fps=fps)), []
    began = jitter * draw.random()
    for number in range(round(frames * seconds)):
        arrived = number / frames + jitter * draw.random()
        if pacer.judge(max(0.0, arrived - began)) == "take":
            found.append(number / frames)
    return found


@pytest.mark.parametrize("begin", [3.0, 3.01, 3.11, 3.19])
@pytest.mark.parametrize("jitter", [0.0, 0.005, 0.03])
@pytest.mark.parametrize(("fps", "frames"), [(5, 25), (2, 30), (7, 25), (1, 12.5), (10, 30)])
def test_what_the_pacer_takes_is_due(fps: float, frames: float, jitter: float, begin: float) -> None:
    """No look is missed, and none counts as such."""
    came = [(due, due + 0.05) for due in paced(fps, frames, jitter, 30)]
    due, latencies = counted(came, begin, begin + 20, fps, frames)
    assert due == len(latencies)
    assert abs(due - 20 * fps) <= 1
    assert latencies == pytest.approx([0.05] * due)


@pytest.mark.parametrize("missed", [{0}, {7, 8}, {99}, {0, 1, 50, 98, 99}, set(range(30)), set(range(60, 100))])
@pytest.mark.parametrize("begin", [3.0, 3.11])
@pytest.mark.parametrize("jitter", [0.0, 0.02])
def test_what_never_came_is_due(missed: set[int], begin: float, jitter: float) -> None:
    taken = [due for due in paced(5, 25, jitter, 30) if begin <= due < begin + 20]
    others = [due for due in paced(5, 25, jitter, 30) if due not in taken]
    kept = [due for number, due in enumerate(taken) if number not in missed]
    due, latencies = counted([(each, each) for each in (*others, *kept)], begin, begin + 20, 5, 25)
    assert (due, len(latencies)) == (len(taken), len(kept))


@pytest.mark.parametrize("came", [[], [(1.0, 1.1)]])
def test_a_camera_that_shows_nothing_owes_all(came: list[tuple[float, float]]) -> None:
    assert counted(came, 10, 20, 5, 25) == (50, [])


def test_a_camera_that_ends_owes_the_rest() -> None:
    came = [(number / 5, number / 5) for number in range(75)]
    due, latencies = counted(came, 10, 20, 5, 25)
    assert len(latencies) == 25
    assert abs(due - 50) <= 1


@pytest.mark.parametrize(
    ("latencies", "due", "share", "expected"),
    [
        ([0.1, 0.2, 0.3, 0.4], 4, 0.5, 200),
        ([0.4, 0.1, 0.3, 0.2], 4, 0.99, 400),
        ([0.1] * 99, 100, 0.99, 100),
        ([0.1] * 98, 100, 0.99, None),
        ([], 10, 0.5, None),
    ],
)
def test_percentiles_are_of_all_that_were_due(
    latencies: list[float], due: int, share: float, expected: float | None
) -> None:
    assert percentile_ms(latencies, due, share) == pytest.approx(expected)


def test_quick_answers_are_carried(clip: Path, classifier: Classifier) -> None:
    found, latencies = attempt(classifier, Load(clip, fps=5, limit=1.0, seconds=2), 2)
    assert found.carried
    assert (found.cameras, found.late) == (2, 0)
    assert abs(found.due - 20) <= 2
    assert len(latencies) == found.due
    assert found.p50_ms is not None
    assert found.p99_ms is not None
    assert 0 < found.p50_ms <= found.p99_ms < 1000
    assert found.p99_ms == pytest.approx(max(latencies))
    assert found.cores > 0
    assert found.memory_mb > 100
    assert found.camera_late_ms > 0


def test_slow_answers_are_not(clip: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look takes longer than the limit, though the classifier keeps up."""
    slowed(classifier, monkeypatch, iter([0.15] * 1000))
    found, latencies = attempt(classifier, Load(clip, fps=2, limit=0.1, seconds=2), 1)
    assert (found.carried, found.late) == (False, 1)
    assert min(latencies) > 150


def test_a_stall_makes_all_late_that_were_due_meanwhile(
    clip: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer takes 1.2 s: whoever asks when the last one has answered sees one late look, where six were due."""
    slowed(classifier, monkeypatch, iter([0.0] * 8 + [1.2]))
    found, latencies = attempt(classifier, Load(clip, fps=5, limit=0.5, seconds=3), 1)
    assert not found.carried
    assert 3 <= round(found.late * found.due) <= 7
    assert max(latencies) > 1200


def test_a_clip_on_which_nothing_is_seen_is_refused(tmp_path: Path, classifier: Classifier) -> None:
    clip = write_clip(tmp_path / "dark.mp4", [5] * 50, FPS)
    with pytest.raises(
        DataError, match=r"dark.mp4 does not show .* in (\d+) of \1 looks nothing was to be seen \(dark\)"
    ):
        attempt(classifier, Load(clip, fps=5, limit=1.0, seconds=1), 1)


def test_more_looks_than_frames_are_refused(clip: Path, classifier: Classifier) -> None:
    with pytest.raises(UsageError, match="has 25 frames a second, of which nobody can take 30 looks"):
        attempt(classifier, Load(clip, fps=30, limit=1.0, seconds=1), 1)


def test_ctrl_c_ends_cameras_and_readers(clip: Path, bundle: Path) -> None:
    script = f"""
import signal, sys
from pathlib import Path
from models.bundle import open_bundle
from models.classifier import Classifier
from stream.bench.attempt import Load, attempt
signal.signal(signal.SIGINT, signal.default_int_handler)
with Classifier(open_bundle({str(bundle)!r}), threads=1) as classifier:
    print("begins", flush=True)
    attempt(classifier, Load(Path({str(clip)!r}), 5, 1.0, 60), 2)
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        family = psutil.Process(process.pid)
        deadline = time.monotonic() + 20
        while len(children := family.children(recursive=True)) < 4:  # one plays, one begins two that read
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=15)
    assert b"KeyboardInterrupt" in said
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
