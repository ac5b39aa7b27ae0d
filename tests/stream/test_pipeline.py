import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import SourceError
from stream.detection import Detection
from stream.frame import Frame
from stream.pipeline import Pipeline
from stream.source import Source, open_source
from tests.factories import BRIGHT, DARK, grey, write_clip, write_corrupt, write_pictures

pytestmark = pytest.mark.timeout(60)  # a wrong pipeline waits for ever


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as opened:
        yield opened


class Camera:
    """A source of bright frames that is lost after `count` of them."""

    camera = "north"
    files: Sequence[Path] = ()
    timed = True
    fps: float | None = None
    expected: int | None = None

    def __init__(self, count: int, live: bool) -> None:
        self.count, self.live = count, live

    def frames(self) -> Iterator[Frame]:
        for index in range(self.count):
            yield Frame(index, grey(BRIGHT), index / 10, time.monotonic(), time.time() if self.live else None)
        raise SourceError("cable pulled")

    def close(self) -> None:
        pass


def run(source: Source, classifier: Classifier, batch: int = 8) -> list[Detection]:
    return [detection for _, detection in Pipeline(source, classifier, batch).run()]


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_every_frame_of_a_recording_has_its_own_answer(tmp_path: Path, classifier: Classifier, batch: int) -> None:
    levels = [20 + 10 * index for index in range(20)]
    path = write_clip(tmp_path / "north.mp4", levels, fps=10)
    with closing(open_source(str(path))) as source:
        detections = run(source, classifier, batch)
    assert [each.frame_id for each in detections] == list(range(20))
    assert [each.confidence for each in detections] == pytest.approx([level / 255 for level in levels], abs=0.02)
    assert [each.media_time for each in detections] == pytest.approx([index / 10 for index in range(20)], abs=0.002)
    assert {(each.camera, each.time, each.latency_ms) for each in detections} == {("north", None, None)}
    assert detections[0].views[0].box == (0, 0, 64, 48)


def test_the_order_stays_where_pictures_are_corrupt(tmp_path: Path, classifier: Classifier) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT, DARK, BRIGHT, DARK, BRIGHT])
    for name in ("1.png", "4.png"):
        write_corrupt(folder / name, "text")
    detections = run(open_source(str(folder)), classifier, batch=3)
    assert [each.picture for each in detections] == [f"{number}.png" for number in range(5)]
    assert [each.state for each in detections] == ["ship", "unknown", "ship", "no_ship", "unknown"]


def test_a_whole_batch_may_be_corrupt(tmp_path: Path, classifier: Classifier) -> None:
    folder = write_pictures(tmp_path / "north", [BRIGHT] * 6)
    for number in range(4):
        write_corrupt(folder / f"{number}.png", "text")
    states = [each.state for each in run(open_source(str(folder)), classifier, batch=2)]
    assert states == ["unknown"] * 4 + ["ship"] * 2


@pytest.mark.parametrize("count", [0, 3, 8, 21])
def test_a_loss_is_told_after_the_frames_before_it(classifier: Classifier, count: int) -> None:
    detections = Pipeline(Camera(count, live=False), classifier).run()
    seen = [next(detections)[1].frame_id for _ in range(count)]
    assert seen == list(range(count))
    with pytest.raises(SourceError, match="cable pulled"):
        next(detections)


def test_a_recording_waits_for_whoever_is_slow(classifier: Classifier) -> None:
    pipeline = Pipeline(Camera(60, live=False), classifier, batch=2)
    seen = []
    with pytest.raises(SourceError, match="cable pulled"):  # noqa: PT012
        for frame, _ in pipeline.run():
            seen.append(frame.index)
            time.sleep(0.002)
    assert seen == list(range(60))
    assert pipeline.dropped == 0


def test_live_frames_are_looked_at_or_counted_as_dropped(classifier: Classifier) -> None:
    pipeline = Pipeline(Camera(300, live=True), classifier, batch=2)
    detections = []
    with pytest.raises(SourceError, match="cable pulled"):  # noqa: PT012
        for _, detection in pipeline.run():
            detections.append(detection)
            time.sleep(0.01)
    assert len(detections) + pipeline.dropped == 300
    assert pipeline.dropped > 0
    assert detections[-1].frame_id == 299
    for each in detections:
        assert each.time is not None
        assert each.latency_ms is not None
        assert each.latency_ms["total"] >= each.latency_ms["wait"] >= 0


def test_stopping_early_stops_the_reader(classifier: Classifier) -> None:
    frames = Pipeline(Camera(1000, live=False), classifier, batch=2).run()
    next(frames)
    frames.close()
    assert "reader of north" not in {thread.name for thread in threading.enumerate()}
