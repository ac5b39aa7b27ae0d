import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import SourceError
from models.picture import Box, Picture
from stream.detection import Detection
from stream.frame import Frame
from stream.pipeline import Pipeline
from stream.source import Source, open_source
from stream.views import MOST, Views
from tests.factories import BRIGHT, DARK, grey, patched, write_clip, write_corrupt, write_pictures

pytestmark = pytest.mark.timeout(60)  # a wrong pipeline waits for ever
PARTS = [(0, 0, 26, 27), (19, 0, 45, 27), (38, 0, 64, 27), (0, 21, 26, 48), (19, 21, 45, 48), (38, 21, 64, 48)]
"""Of a frame of 64 x 48 in 2 rows of 3."""
WHOLE, IN_PARTS = Views(), Views(2, 3)


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


def run(source: Source, classifier: Classifier, batch: int = 8, views: Views = WHOLE) -> list[Detection]:
    return [detection for _, detection in Pipeline(source, classifier, batch, views).run()]


def pictures(folder: Path, contents: Sequence[Picture | None]) -> Source:
    """A folder of pictures; None is a corrupt one."""
    folder.mkdir()
    for index, content in enumerate(contents):
        path = folder / f"{index:02}.png"
        if content is None:
            write_corrupt(path, "text")
        else:
            Image.fromarray(content).save(path)
    return open_source(str(folder))


def surest(detection: Detection) -> Box:
    return max(detection.views, key=lambda view: view.confidence).box


def taken_slowly(pipeline: Pipeline, pause: float) -> list[Detection]:
    """What a Camera gives before it is lost, to somebody who rests for `pause` seconds after each."""
    detections = []
    with pytest.raises(SourceError, match="cable pulled"):  # noqa: PT012
        for _, detection in pipeline.run():
            detections.append(detection)
            time.sleep(pause)
    return detections


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
    assert [each.frame_id for each in taken_slowly(pipeline, 0.002)] == list(range(60))
    assert pipeline.dropped == 0


def test_live_frames_are_looked_at_or_counted_as_dropped(classifier: Classifier) -> None:
    pipeline = Pipeline(Camera(300, live=True), classifier, batch=2)
    detections = taken_slowly(pipeline, 0.01)
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


@pytest.mark.parametrize("part", PARTS)
def test_what_fills_one_part_only_is_seen_in_parts_and_not_in_the_whole(
    tmp_path: Path, classifier: Classifier, part: Box
) -> None:
    source = pictures(tmp_path / "north", [patched(part)])
    (in_whole,), (in_parts,) = (run(source, classifier, views=views) for views in (WHOLE, IN_PARTS))
    assert (in_whole.state, in_parts.state) == ("no_ship", "ship")
    assert [view.box for view in in_parts.views] == [(0, 0, 64, 48), *PARTS]
    assert in_parts.views[0] == in_whole.views[0]
    assert [view.box for view in in_parts.views if view.confidence >= 0.5] == [part]
    assert surest(in_parts) == part
    assert in_parts.confidence == pytest.approx(BRIGHT / 255, abs=1e-4)


def test_every_view_is_asked_about_its_own_pixels(tmp_path: Path, classifier: Classifier) -> None:
    """Here every pixel has its own brightness, and so has every view."""
    ramp = np.add.outer(4 * np.arange(48), np.arange(64)).astype(np.uint8)
    (detection,) = run(pictures(tmp_path / "north", [np.dstack([ramp] * 3)]), classifier, views=IN_PARTS)
    expected = [ramp[top:bottom, left:right].mean() / 255 for left, top, right, bottom in [(0, 0, 64, 48), *PARTS]]
    assert [view.confidence for view in detection.views] == pytest.approx(expected, abs=0.01)
    assert len({view.confidence for view in detection.views[1:]}) == len(PARTS)


@pytest.mark.parametrize("level", [20, 90, 126, 129, 230])
@pytest.mark.parametrize("views", [Views(1, 2), Views(2, 1), IN_PARTS, Views(MOST, MOST)])
def test_the_confidence_is_that_of_the_surest_view(
    tmp_path: Path, classifier: Classifier, views: Views, level: int
) -> None:
    source = pictures(tmp_path / "north", [patched((40, 30, 64, 48), level), patched((0, 0, 9, 9), level)])
    for detection in run(source, classifier, views=views):
        confidences = [view.confidence for view in detection.views]
        assert len(confidences) == 1 + views.rows * views.columns
        assert detection.confidence == max(confidences)
        assert detection.state == detection.label == ("ship" if max(confidences) >= 0.5 else "no_ship")


@pytest.mark.parametrize("batch", [1, 3, 6, 7, 8, 100])
def test_the_batch_changes_no_answer_where_frames_have_several_views(
    tmp_path: Path, classifier: Classifier, batch: int
) -> None:
    contents: list[Picture | None] = [patched(PARTS[number % 6], 130 + 5 * number) for number in range(20)]
    for number in (0, 5, 6, 7, 19):
        contents[number] = None
    source = pictures(tmp_path / "north", contents)
    detections = run(source, classifier, batch, IN_PARTS)
    assert [each.picture for each in detections] == [f"{number:02}.png" for number in range(20)]
    for number, (content, each) in enumerate(zip(contents, detections, strict=True)):
        if content is None:
            assert (each.state, each.reason, each.confidence, each.views) == ("unknown", "corrupt", None, ())
        else:
            assert (each.state, each.reason, surest(each)) == ("ship", None, PARTS[number % 6])
            assert each.confidence == pytest.approx((130 + 5 * number) / 255, abs=1e-4)
    assert detections == run(source, classifier, 8, IN_PARTS)


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
@pytest.mark.parametrize("views", [WHOLE, IN_PARTS, Views(MOST, MOST)])
def test_no_more_than_a_batch_is_looked_at_in_one_go(
    tmp_path: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch, views: Views, batch: int
) -> None:
    asked: list[int] = []
    answer = classifier.probabilities

    def count(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(len(pictures))
        return answer(pictures)

    monkeypatch.setattr(classifier, "probabilities", count)
    detections = run(pictures(tmp_path / "north", [grey(BRIGHT)] * 5), classifier, batch, views)
    assert max(asked) <= batch
    assert sum(asked) == sum(len(each.views) for each in detections)


def test_a_whole_batch_of_several_views_may_be_corrupt(tmp_path: Path, classifier: Classifier) -> None:
    source = pictures(tmp_path / "north", [None, None, None, None, grey(BRIGHT), None])
    states = [each.state for each in run(source, classifier, 2, IN_PARTS)]
    assert states == ["unknown"] * 4 + ["ship", "unknown"]


def test_the_views_follow_a_change_of_size(tmp_path: Path, classifier: Classifier) -> None:
    sizes = [(64, 48), (33, 21), (48, 64), (16, 16), (641, 479)]
    source = pictures(tmp_path / "north", [grey(BRIGHT, *size) for size in sizes])
    detections = run(source, classifier, views=IN_PARTS)
    assert [[view.box for view in each.views] for each in detections] == [IN_PARTS.boxes(*size) for size in sizes]


@pytest.mark.parametrize("views", [WHOLE, Views(1, 2), IN_PARTS, Views(1, MOST), Views(MOST, MOST)])
def test_tiny_pictures_are_looked_at_too(tmp_path: Path, classifier: Classifier, views: Views) -> None:
    sizes = [(1, 1), (3, 2), (2, 3), (1, 40), (40, 1), (17, 15)]
    source = pictures(tmp_path / "north", [grey(BRIGHT, *size) for size in sizes])
    detections = run(source, classifier, views=views)
    assert [each.views[0].box for each in detections] == [(0, 0, *size) for size in sizes]
    confidences = [view.confidence for each in detections for view in each.views]
    assert confidences == pytest.approx([BRIGHT / 255] * len(confidences), abs=1e-4)


@pytest.mark.parametrize("views", [None, WHOLE, Views(1, 1)])
def test_the_whole_frame_gives_the_records_it_always_gave(
    tmp_path: Path, classifier: Classifier, views: Views | None
) -> None:
    """One view a frame, whose confidence is the frame's; as written before there were several."""
    source = pictures(tmp_path / "north", [grey(204), grey(51), None])
    pipeline = Pipeline(source, classifier) if views is None else Pipeline(source, classifier, views=views)
    start = '{"schema":"rivereye/detection/1","camera":"north","frame_id":'
    sha256 = classifier.bundle.model.sha256
    end = f'"model":{{"name":"brightness","sha256":"{sha256}","precision":"fp32"}},"latency_ms":null}}'
    assert [detection.model_dump_json(by_alias=True) for _, detection in pipeline.run()] == [
        f'{start}0,"picture":"00.png","media_time":null,"time":null,"state":"ship","reason":null,"label":"ship",'
        f'"confidence":0.8,"inferred":true,"views":[{{"box":[0,0,32,24],"confidence":0.8}}],{end}',
        f'{start}1,"picture":"01.png","media_time":null,"time":null,"state":"no_ship","reason":null,"label":"no_ship",'
        f'"confidence":0.2,"inferred":true,"views":[{{"box":[0,0,32,24],"confidence":0.2}}],{end}',
        f'{start}2,"picture":"02.png","media_time":null,"time":null,"state":"unknown","reason":"corrupt","label":null,'
        f'"confidence":null,"inferred":false,"views":[],{end}',
    ]


def test_live_frames_of_several_views_are_looked_at_or_counted_as_dropped(classifier: Classifier) -> None:
    pipeline = Pipeline(Camera(100, live=True), classifier, 2, IN_PARTS)
    detections = taken_slowly(pipeline, 0.01)
    assert len(detections) + pipeline.dropped == 100
    assert detections[-1].frame_id == 99
    assert {len(each.views) for each in detections} == {7}
    for each in detections:
        assert each.latency_ms is not None
        assert each.latency_ms["total"] >= each.latency_ms["wait"] >= 0
