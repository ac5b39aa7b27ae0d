import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import SourceError
from models.picture import Box, Picture
from stream.looking.background import FEWEST, Learner
from stream.looking.detection import Detection
from stream.looking.lookout import Lookout
from stream.looking.pipeline import Look, Pipeline
from stream.looking.policy import EVERY, Policy, policy_named
from stream.looking.post import Counts
from stream.looking.views import MOST, Layout, Views, Zones
from stream.sources.frame import Frame
from stream.sources.source import Source, open_source
from stream.sources.status import Patience
from tests.factories import (
    BRIGHT,
    DARK,
    grey,
    patched,
    rippled,
    write_clip,
    write_corrupt,
    write_pictures,
)

pytestmark = pytest.mark.timeout(60)  # a wrong pipeline waits for ever
PARTS = [(0, 0, 26, 27), (19, 0, 45, 27), (38, 0, 64, 27), (0, 21, 26, 48), (19, 21, 45, 48), (38, 21, 64, 48)]
"""Of a frame of 64 x 48 in 2 rows of 3."""
WHOLE, IN_PARTS = Views(), Views(2, 3)


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as opened:
        yield opened


def counted(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures the classifier is asked about, each time; it goes on answering."""
    asked: list[int] = []
    answer = classifier.probabilities

    def count(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        asked.append(len(pictures))
        return answer(pictures)

    monkeypatch.setattr(classifier, "probabilities", count)
    return asked


class Camera:
    """A source of bright frames that is lost after `count` of them. Every other one is left out where it says so."""

    files: Sequence[Path] = ()
    timed, killable = True, False
    fps: float | None = None
    expected: int | None = None
    decoder = "none"

    def __init__(
        self, count: int, live: bool, camera: str = "north", level: int = BRIGHT, pause: float = 0.0, every: int = 1
    ) -> None:
        self.count, self.live, self.camera, self.level, self.pause, self.every = (
            count,
            live,
            camera,
            level,
            pause,
            every,
        )
        self.read = self.skipped = 0

    def frames(self) -> Iterator[Frame | None]:
        for index in range(self.count):
            time.sleep(self.pause)
            self.read += 1
            if index % self.every:
                self.skipped += 1
                yield None
                continue
            picture = rippled(self.level, turn=index % 4)
            yield Frame(index, picture, index / 10, time.monotonic(), time.time() if self.live else None)
        raise SourceError("cable pulled")

    def close(self) -> None:
        pass


def watched(source: Source, layout: Layout = WHOLE, **rest: Any) -> Lookout:
    """A lookout that gives up at the first loss."""
    return Lookout(source.camera, lambda: source, source.live, 0.5, layout, patience=Patience(retries=0), **rest)


def looks_of(pipeline: Pipeline, *lookouts: Lookout, pause: float = 0.0) -> list[Look]:
    """All looks, taken by somebody who rests for `pause` seconds after each batch."""
    for each in lookouts:
        pipeline.add(each)
    found: list[Look] = []
    for looks in pipeline.run():
        found += looks
        if looks:
            time.sleep(pause)
    return found


def run(source: Source, classifier: Classifier, batch: int = 8, views: Layout = WHOLE, **rest: Any) -> list[Detection]:
    pipeline = Pipeline(classifier, batch)
    detections = [look.detection for look in looks_of(pipeline, watched(source, views, **rest))]
    if (error := pipeline.error(source.camera)) is not None:
        raise error
    return detections


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


@pytest.mark.parametrize("batch", [1, 3, 8, 100])
def test_every_frame_of_a_recording_has_its_own_answer(tmp_path: Path, classifier: Classifier, batch: int) -> None:
    levels = [50 + 9 * index for index in range(20)]
    path = write_clip(tmp_path / "north.mp4", levels, fps=10)
    detections = run(open_source(str(path)), classifier, batch)
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
@pytest.mark.parametrize("live", [True, False])
def test_a_loss_is_told_after_the_frames_before_it(classifier: Classifier, count: int, live: bool) -> None:
    pipeline = Pipeline(classifier)
    looks = looks_of(pipeline, watched(Camera(count, live), policy=EVERY))
    assert [look.detection.frame_id for look in looks] == list(range(count))
    assert str(pipeline.error("north")) == "cable pulled"
    assert pipeline.status("north").phase == "failed"


def test_a_recording_waits_for_whoever_is_slow(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    looks = looks_of(pipeline, watched(Camera(60, live=False)), pause=0.005)
    assert [look.detection.frame_id for look in looks] == list(range(60))
    assert pipeline.counts("north") == Counts(read=60, skipped=0, recorded=60, dropped={"stopped": 0}, waiting=0)


@pytest.mark.parametrize("views", [WHOLE, IN_PARTS])
def test_live_frames_are_looked_at_or_counted_as_dropped(classifier: Classifier, views: Views) -> None:
    pipeline = Pipeline(classifier, batch=2)
    camera = Camera(300, live=True, pause=0.001, every=3)
    looks = looks_of(pipeline, watched(camera, views), pause=0.02)
    counts = pipeline.counts("north")
    assert (counts.read, counts.skipped, counts.recorded) == (300, 200, len(looks))
    assert counts.dropped["overload"] > 0
    assert counts.recorded + counts.skipped + sum(counts.dropped.values()) == 300
    assert looks[-1].detection.frame_id == 297
    for each in (look.detection for look in looks):
        assert len(each.views) == views.count
        assert each.time is not None
        assert each.latency_ms is not None
        assert each.latency_ms["total"] >= each.latency_ms["wait"] >= 0


def test_a_live_camera_may_lose_nothing_if_that_is_wanted(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    looks = looks_of(pipeline, watched(Camera(60, live=True), policy=EVERY), pause=0.005)
    assert [look.detection.frame_id for look in looks] == list(range(60))


def test_frames_that_waited_too_long_are_dropped_and_counted_as_such(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=1)
    camera = Camera(100, live=True, pause=0.001)
    looks = looks_of(pipeline, watched(camera, policy=policy_named("bounded(0.05)")), pause=0.02)
    counts = pipeline.counts("north")
    assert {reason for reason, count in counts.dropped.items() if count} == {"stale"}
    assert counts.recorded + counts.dropped["stale"] == 100
    # None waited longer than so; what follows is the look itself.
    assert max(look.detection.latency_ms["wait"] for look in looks if look.detection.latency_ms) < 50 + 25


def test_stopping_early_stops_the_readers(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    for name in ("north", "south"):
        pipeline.add(watched(Camera(100_000, live=name == "north", camera=name)))
    batches = pipeline.run()
    while not next(batches):
        pass
    batches.close()
    running = {thread.name for thread in threading.enumerate()}
    assert not running & {f"{kind} of {name}" for kind in ("reader", "keeper") for name in ("north", "south")}


def test_stop_ends_it_within_a_batch(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    pipeline.add(watched(Camera(100_000, live=False)))
    for number, _ in enumerate(pipeline.run()):
        assert number < 100
        if number == 5:
            pipeline.stop()
    counts = pipeline.counts("north")
    assert counts.read == counts.recorded + sum(counts.dropped.values())


# Several cameras.


def clips(folder: Path, count: int = 3) -> list[Path]:
    """Recordings of different lengths and brightness."""
    return [
        write_clip(folder / f"{number}.mp4", [60 + 40 * number + index for index in range(20 + 7 * number)])
        for number in range(count)
    ]


def lines(looks: Sequence[Look], camera: str) -> list[str]:
    return [look.detection.model_dump_json(by_alias=True) for look in looks if look.camera == camera]


@pytest.mark.parametrize("views", [WHOLE, IN_PARTS])
def test_several_recordings_have_the_same_answers_as_each_alone(
    tmp_path: Path, classifier: Classifier, views: Views
) -> None:
    """To the last bit, from run to run: a batch is of one recording."""
    paths = clips(tmp_path)
    alone = {
        path.stem: lines(looks_of(Pipeline(classifier), watched(open_source(str(path)), views)), path.stem)
        for path in paths
    }
    for _ in range(3):
        together = looks_of(Pipeline(classifier), *(watched(open_source(str(path)), views) for path in paths))
        assert {path.stem: lines(together, path.stem) for path in paths} == alone
    assert [len(each) for each in alone.values()] == [20, 27, 34]


def test_recordings_take_turns(tmp_path: Path, classifier: Classifier) -> None:
    looks = looks_of(Pipeline(classifier, batch=4), *(watched(open_source(str(path))) for path in clips(tmp_path, 2)))
    order = [look.camera for look in looks]
    assert "1" in order[:20]
    assert "0" in order[:20]


def test_a_source_that_fails_stops_no_other(tmp_path: Path, classifier: Classifier) -> None:
    (path,) = clips(tmp_path, 1)
    pipeline = Pipeline(classifier)
    lost, fine = watched(Camera(3, live=False)), watched(open_source(str(path)))
    looks = looks_of(pipeline, lost, fine)
    assert [look.camera for look in looks].count("0") == 20
    assert [look.camera for look in looks].count("north") == 3
    assert (str(pipeline.error("north")), pipeline.error("0")) == ("cable pulled", None)


def test_a_source_that_cannot_be_opened_stops_no_other(tmp_path: Path, classifier: Classifier) -> None:
    def refuse() -> Source:
        raise SourceError("nobody there")

    (path,) = clips(tmp_path, 1)
    pipeline = Pipeline(classifier)
    dead = Lookout("dead", refuse, True, 0.5, patience=Patience(retries=0))
    assert len(looks_of(pipeline, dead, watched(open_source(str(path))))) == 20
    assert str(pipeline.error("dead")) == "nobody there"
    assert pipeline.source("dead") is None


def test_recordings_and_cameras_are_looked_at_together(tmp_path: Path, classifier: Classifier) -> None:
    """Neither waits for the end of the other."""
    (path,) = clips(tmp_path, 1)
    looks = looks_of(
        Pipeline(classifier, batch=4), watched(open_source(str(path))), watched(Camera(30, live=True, pause=0.02))
    )
    order = [look.camera for look in looks]
    assert order.count("0") == 20
    assert order[-1] == "north"


def test_under_overload_all_cameras_lose_alike(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    names = ["north", "south", "east", "west"]
    cameras = [watched(Camera(400, live=True, camera=name, pause=0.002)) for name in names]
    looks = looks_of(pipeline, *cameras, pause=0.02)
    shares = [sum(look.camera == name for look in looks) for name in names]
    assert min(shares) > 0.7 * max(shares)
    assert max(shares) < 400


def test_cameras_come_and_go_while_it_runs(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier, batch=2)
    pipeline.add(watched(Camera(100_000, live=True, pause=0.001)))
    seen: dict[str, int] = {}
    removed = None
    for looks in pipeline.run():
        for look in looks:
            seen[look.camera] = seen.get(look.camera, 0) + 1
        if seen.get("north", 0) > 5 and removed is None and "south" not in pipeline.cameras:
            pipeline.add(watched(Camera(100_000, live=True, camera="south", pause=0.001)))
        if seen.get("south", 0) > 5 and removed is None:
            removed = pipeline.remove("north")
            assert "reader of north" not in {thread.name for thread in threading.enumerate()}
            seen["north"] = 0
        if removed is not None and seen["south"] > 30:
            break
    assert seen["north"] == 0
    assert pipeline.cameras == ["south"]
    assert removed is not None
    assert removed.read == removed.recorded + removed.waiting + sum(removed.dropped.values())


def test_without_cameras_it_waits_for_one(classifier: Classifier) -> None:
    pipeline = Pipeline(classifier)
    batches = pipeline.run()
    assert [next(batches) for _ in range(2)] == [[], []]
    pipeline.add(watched(Camera(1, live=False)))
    assert [look.camera for looks in batches for look in looks] == ["north"]


# What cannot be judged, and what need not be.


def test_what_shows_nothing_is_unknown_and_never_asked_about(
    tmp_path: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classifier, "probabilities", lambda _: pytest.fail("the network was asked"))
    source = pictures(tmp_path / "north", [grey(3), grey(200), grey(128), None])
    detections = run(source, classifier, views=IN_PARTS)
    assert [(each.state, each.reason) for each in detections] == [
        ("unknown", "dark"),
        ("unknown", "no_contrast"),
        ("unknown", "corrupt"),
        ("unknown", "corrupt"),
    ]
    assert {each.views for each in detections} == {()}


def test_a_picture_that_stands_still_is_unknown_after_twenty_seconds(classifier: Classifier) -> None:
    class Hanging(Camera):
        def frames(self) -> Iterator[Frame | None]:
            for index in range(self.count):
                picture = rippled(BRIGHT, turn=int(index >= 50))
                yield Frame(index, picture, index / 2, time.monotonic())

    detections = run(Hanging(60, live=False), classifier)
    assert [each.state for each in detections] == ["ship"] * 40 + ["unknown"] * 10 + ["ship"] * 10
    assert {each.reason for each in detections} == {None, "frozen"}


def test_a_frame_that_cannot_be_judged_is_still_there_to_be_shown(tmp_path: Path, classifier: Classifier) -> None:
    source = pictures(tmp_path / "north", [grey(3)])
    (look,) = looks_of(Pipeline(classifier), watched(source))
    assert look.detection.reason == look.frame.reason == "dark"
    assert look.frame.picture is not None


def test_the_gate_spares_views_that_have_not_changed(
    tmp_path: Path, classifier: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their answer stays; the record says so. After so many seconds they are looked at all the same."""
    asked = counted(classifier, monkeypatch)
    path = write_clip(tmp_path / "north.mp4", [99] * 15 + [199] * 15)
    gated = run(open_source(str(path)), classifier, batch=1, gate=1.0)
    looked = [number for number, each in enumerate(gated) if each.inferred]
    assert sum(asked) == len(looked)
    assert {0, 10, 15, 25} <= set(looked)
    assert len(looked) < 10
    all_looked = run(open_source(str(path)), classifier, batch=1)
    assert [each.state for each in gated] == [each.state for each in all_looked]
    assert all(each.inferred for each in all_looked)
    assert {view.inferred for each in gated for view in each.views} == {True, False}


def test_still_pictures_have_no_gate(tmp_path: Path, classifier: Classifier) -> None:
    """What follows what says nothing of time."""
    source = pictures(tmp_path / "north", [rippled(99)] * 5)
    assert all(each.inferred for each in run(source, classifier, gate=60.0))


def test_zones_are_looked_at_by_name(tmp_path: Path, classifier: Classifier) -> None:
    zones = Zones.of({"berth": ((0, 0), (0.5, 0), (0.5, 1), (0, 1)), "lock": ((0.5, 0), (1, 0), (1, 1), (0.5, 1))})
    (detection,) = run(pictures(tmp_path / "north", [patched((0, 0, 32, 48))]), classifier, views=zones)
    assert [(view.name, view.box, view.confidence > 0.5) for view in detection.views] == [
        ("berth", (0, 0, 32, 48), True),
        ("lock", (32, 0, 64, 48), False),
    ]
    assert detection.zones == ("berth",)
    assert detection.boxes == ((0, 0, 32, 48),)


def test_one_zone_is_not_the_whole_frame(tmp_path: Path, classifier: Classifier) -> None:
    zones = Zones.of({"berth": ((0, 0), (0.5, 0), (0.5, 1), (0, 1))})
    (detection,) = run(pictures(tmp_path / "north", [patched((0, 0, 32, 48))]), classifier, views=zones)
    assert [view.box for view in detection.views] == [(0, 0, 32, 48)]
    assert detection.confidence == pytest.approx(BRIGHT / 255, abs=1e-3)


def test_what_is_always_there_does_not_decide(tmp_path: Path, classifier: Classifier) -> None:
    learner = Learner(WHOLE, classifier.bundle.model.sha256)
    for _ in range(FEWEST):
        learner.add(0, 150 / 255)
    source = pictures(tmp_path / "north", [rippled(150), rippled(BRIGHT)])
    usual, ship = run(source, classifier, background=learner.background())
    assert (usual.state, ship.state) == ("no_ship", "ship")
    for each, level in ((usual, 150), (ship, BRIGHT)):
        assert each.views[0].raw == pytest.approx(level / 255, abs=1e-3)
        assert each.views[0].confidence < level / 255 - 0.05


def test_a_hung_source_holds_up_no_other(tmp_path: Path, classifier: Classifier) -> None:
    """Nor the end."""
    hang = Event()

    class Hung(Camera):
        def frames(self) -> Iterator[Frame | None]:
            hang.wait(30)
            yield from ()

    (path,) = clips(tmp_path, 1)
    pipeline = Pipeline(classifier)
    pipeline.add(watched(Hung(1, live=True)))
    pipeline.add(watched(open_source(str(path))))
    began, seen = time.monotonic(), 0
    batches = pipeline.run()
    while seen < 20:
        seen += len(next(batches))
    batches.close()
    assert time.monotonic() - began < 10
    hang.set()


# Views.


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
    source = pictures(tmp_path / "north", [patched((40, 30, 64, 48), level), patched((0, 0, 18, 18), level)])
    for detection in run(source, classifier, views=views):
        confidences = [view.confidence for view in detection.views]
        assert len(confidences) == views.count
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
    asked = counted(classifier, monkeypatch)
    detections = run(pictures(tmp_path / "north", [rippled(BRIGHT)] * 5), classifier, batch, views)
    assert max(asked) <= batch
    assert sum(asked) == sum(len(each.views) for each in detections)


def test_a_whole_batch_of_several_views_may_be_corrupt(tmp_path: Path, classifier: Classifier) -> None:
    source = pictures(tmp_path / "north", [None, None, None, None, rippled(BRIGHT), None])
    states = [each.state for each in run(source, classifier, 2, IN_PARTS)]
    assert states == ["unknown"] * 4 + ["ship", "unknown"]


def test_the_views_follow_a_change_of_size(tmp_path: Path, classifier: Classifier) -> None:
    sizes = [(64, 48), (33, 21), (48, 64), (16, 16), (641, 479)]
    source = pictures(tmp_path / "north", [rippled(BRIGHT, *size) for size in sizes])
    detections = run(source, classifier, views=IN_PARTS)
    assert [[view.box for view in each.views] for each in detections] == [IN_PARTS.boxes(*size) for size in sizes]


@pytest.mark.parametrize("views", [WHOLE, Views(1, 2), IN_PARTS, Views(1, MOST), Views(MOST, MOST)])
def test_tiny_pictures_are_looked_at_too(tmp_path: Path, classifier: Classifier, views: Views) -> None:
    """Those on which something stands out, which one pixel cannot."""
    sizes = [(3, 2), (40, 1), (17, 15)]
    tiny = [rippled(BRIGHT, *size) for size in sizes]
    source = pictures(tmp_path / "north", [grey(BRIGHT, 1, 1), *tiny])
    one, *detections = run(source, classifier, views=views)
    assert one.reason == "no_contrast"
    assert [each.views[0].box for each in detections] == [(0, 0, *size) for size in sizes]
    confidences = [view.confidence for each in detections for view in each.views]
    assert confidences == pytest.approx([BRIGHT / 255] * len(confidences), abs=0.07)


@pytest.mark.parametrize("layout", [None, WHOLE, Views(1, 1)])
def test_the_whole_frame_gives_one_view(tmp_path: Path, classifier: Classifier, layout: Views | None) -> None:
    """Whose confidence is the frame's. The record is given here as it is written, to the letter."""
    source = pictures(tmp_path / "north", [rippled(204), rippled(51), None])
    detections = run(source, classifier) if layout is None else run(source, classifier, views=layout)
    start = '{"schema":"rivereye/detection/2","camera":"north","frame_id":'
    sha256 = classifier.bundle.model.sha256
    end = f'"model":{{"name":"brightness","sha256":"{sha256}","precision":"fp32"}},"latency_ms":null}}'
    whole = '"name":null,"box":[0,0,32,24]'
    assert [detection.model_dump_json(by_alias=True) for detection in detections] == [
        f'{start}0,"picture":"00.png","media_time":null,"clock":null,"time":null,"state":"ship","reason":null,"label":"ship",'
        f'"confidence":0.8,"threshold":0.5,"inferred":true,"views":[{{{whole},"confidence":0.8,"raw":null,"inferred":true}}],'
        f'"boxes":[[0,0,32,24]],{end}',
        f'{start}1,"picture":"01.png","media_time":null,"clock":null,"time":null,"state":"no_ship","reason":null,"label":"no_ship",'
        f'"confidence":0.2,"threshold":0.5,"inferred":true,"views":[{{{whole},"confidence":0.2,"raw":null,"inferred":true}}],'
        f'"boxes":[],{end}',
        f'{start}2,"picture":"02.png","media_time":null,"clock":null,"time":null,"state":"unknown","reason":"corrupt","label":null,'
        f'"confidence":null,"threshold":0.5,"inferred":false,"views":[],"boxes":[],{end}',
    ]


@pytest.mark.parametrize(("live", "all_of_them"), [(False, True), (True, False)])
def test_an_address_that_turns_out_to_be_a_recording_loses_nothing(
    classifier: Classifier, live: bool, all_of_them: bool
) -> None:
    """Such as a playlist with an end; how a live one is read has no say in that."""
    short = Policy(lossless=False, max_age=1e-6)
    lookout = Lookout(
        "north",
        lambda: Camera(60, live=live),
        True,
        0.5,
        patience=Patience(retries=0),
        usual=short,
    )
    pipeline = Pipeline(classifier, batch=2)
    looks = looks_of(pipeline, lookout, pause=0.005)
    frames = [look.frame.index for look in looks if look.frame.index is not None]
    assert (frames == list(range(60))) is all_of_them
