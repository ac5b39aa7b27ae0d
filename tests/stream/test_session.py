"""A watch under way: cameras come and go, and what each came to stays."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.bundle import open_bundle
from models.classifier import Classifier
from models.errors import SourceError
from stream.configuration.settings import Settings
from stream.looking.lookout import Lookout
from stream.looking.pipeline import BATCH
from stream.session import Session
from stream.sinks.sinks import Sinks
from stream.sources.frame import Frame
from stream.sources.source import Source, open_source
from stream.sources.status import Patience
from stream.summary import Tally
from tests.factories import BRIGHT, DARK, lines_of, rippled, write_clip, write_pictures

pytestmark = pytest.mark.timeout(60)
LEVELS = [DARK] * 5 + [BRIGHT] * 20 + [DARK] * 35 + [BRIGHT] * 10
"""Two passages, at 10 frames a second: 0.5 s to 2.4 s, and 6.0 s to the end."""


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Iterator[Classifier]:
    with Classifier(open_bundle(str(bundle)), threads=1) as opened:
        yield opened


class Camera:
    """Live, at 100 frames a second, and lost after `count`. Its wall clock is set forth by an hour after `stepped` frames."""

    files: Sequence[Path] = ()
    live, timed, killable, decoder = True, True, False, "none"
    fps: float | None = None
    expected: int | None = None

    def __init__(self, count: int, camera: str = "live", stepped: int | None = None) -> None:
        self.count, self.camera, self.stepped = count, camera, stepped
        self.read = self.skipped = 0

    def frames(self) -> Iterator[Frame | None]:
        for index in range(self.count):
            time.sleep(0.01)
            self.read += 1
            wall = time.time() + (3600 if self.stepped is not None and index >= self.stepped else 0)
            yield Frame(index, rippled(BRIGHT, turn=index % 4), index / 100, time.monotonic(), wall)
        raise SourceError("cable pulled")

    def close(self) -> None:
        pass


Making = Callable[..., Session]


@pytest.fixture
def session(classifier: Classifier, tmp_path: Path) -> Iterator[Making]:
    """Makes one that writes detections, passages and hours to `tmp_path`, and what else is wanted."""
    open_sinks: list[Sinks] = []

    def make(live: bool = False, **outputs: Any) -> Session:
        places = {
            "detections": str(tmp_path / "a.jsonl"),
            "passages": tmp_path / "p.jsonl",
            "hours": tmp_path / "h.jsonl",
        }
        settings = Settings.model_validate(
            {"cameras": {"north": {"source": "test"}}, "batch": 4, "outputs": places | outputs}
        )
        sinks = Sinks(settings.outputs, settings.retention, live)
        open_sinks.append(sinks)
        return Session(settings, classifier, sinks, live)

    yield make
    for each in open_sinks:
        each.close()


def watched(source: Source, **rest: Any) -> Lookout:
    first = None if source.live else source
    return Lookout(source.camera, lambda: source, source.live, 0.5, patience=Patience(retries=0), first=first, **rest)


def ended(session: Session, *sources: Source, leave: float | None = None) -> dict[str, Tally]:
    """Runs it to the end."""
    for each in sources:
        session.add(watched(each), leave)
    for _ in session.run():
        pass
    session.finish()
    session.sinks.close()
    return {tally.camera: tally for tally in session.summary.tallies}


def test_all_that_was_seen_is_added_up(session: Making, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "north.mp4", LEVELS)
    tally = ended(session(), open_source(str(clip)))["north"]
    assert (dict(tally.states), tally.read, tally.skipped, tally.promised) == ({"ship": 30, "no_ship": 40}, 70, 0, 70)
    assert [(each.start_media, round(each.end, 3)) for each in tally.passages] == [(0.5, 2.4), (6.0, 6.9)]
    assert tally.hour is not None
    assert (tally.hour.seconds, tally.hour.ship_s, tally.hour.coverage) == (6.9, 2.9, 1)
    assert tally.trouble is None
    assert len(lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))) == 70


def test_a_passage_that_is_open_at_the_end_is_closed(session: Making, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "north.mp4", LEVELS)
    ended(session(), open_source(str(clip)))
    events = lines_of((tmp_path / "p.jsonl").read_text(encoding="utf-8"))
    assert [(each["type"], each["after"]["ended"]) for each in events if each["type"] == "end"] == [
        ("end", "left"),
        ("end", "stopped"),
    ]
    news = [each["after"]["id"] for each in events if each["type"] == "new"]
    assert news == [each["after"]["id"] for each in events if each["type"] == "end"]


def test_a_watch_stopped_in_the_middle_leaves_all_in_order(session: Making, tmp_path: Path) -> None:
    watch = session()
    watch.add(watched(open_source(str(write_clip(tmp_path / "north.mp4", LEVELS)))), None)
    batches = watch.run()
    while watch.tallies["north"].frames < 10:
        next(batches)
    watch.pipeline.stop()
    for _ in batches:
        pass
    watch.finish()
    watch.sinks.close()
    (tally,) = watch.summary.tallies
    lines = lines_of((tmp_path / "a.jsonl").read_text(encoding="utf-8"))
    assert len(lines) == tally.frames
    assert tally.read == tally.frames + sum(tally.dropped.values())
    (hour,) = lines_of((tmp_path / "h.jsonl").read_text(encoding="utf-8"))
    assert hour["frames"] == tally.frames


@pytest.mark.parametrize(("batch", "taken"), [(3, 3), (None, BATCH)])
def test_the_batch_is_as_set_or_as_usual(session: Making, batch: int | None, taken: int) -> None:
    settings = session().settings.model_copy(update={"batch": batch})
    made = session()
    assert Session(settings, made.pipeline.classifier, made.sinks, False).pipeline.batch == taken


def test_finishing_twice_is_fine(session: Making, tmp_path: Path) -> None:
    watch = session()
    ended(watch, open_source(str(write_clip(tmp_path / "north.mp4", [DARK] * 5))))
    watch.finish()
    assert len(watch.summary.tallies) == 1


def test_a_camera_that_leaves_keeps_its_place_in_the_summary(session: Making, tmp_path: Path) -> None:
    watch = session(live=True)
    for name in ("north", "south"):
        watch.add(watched(Camera(100_000, name)), None)
    for _ in watch.run():
        if "north" in watch.tallies and watch.tallies["north"].frames > 60:
            watch.remove("north")
            assert "north" not in watch.watches
        if "north" not in watch.watches and watch.tallies["south"].frames > 80:
            break
    watch.finish()
    assert [tally.camera for tally in watch.summary.tallies] == ["north", "south"]
    for tally in watch.summary.tallies:
        assert len(tally.passages) == 1
        assert tally.read == tally.frames + tally.skipped + sum(tally.dropped.values())


def test_the_same_name_may_come_again(session: Making, tmp_path: Path) -> None:
    """As after a reload that changed a camera."""
    watch = session(live=True)
    watch.add(watched(Camera(100_000, "north")), None)
    batches = watch.run()
    while not watch.tallies["north"].frames:
        next(batches)
    watch.remove("north")
    watch.add(watched(Camera(5, "north")), None)
    for _ in batches:
        pass
    watch.finish()
    assert [tally.camera for tally in watch.summary.tallies] == ["north", "north"]
    assert watch.summary.tallies[1].trouble == "cable pulled"


def test_a_source_that_fails_is_told_and_the_others_go_on(session: Making, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "north.mp4", LEVELS)
    tallies = ended(session(live=True), Camera(3), open_source(str(clip)))
    assert (tallies["live"].trouble, tallies["north"].trouble) == ("cable pulled", None)
    assert tallies["north"].frames == 70


def test_leave_is_of_each_camera(session: Making, tmp_path: Path) -> None:
    levels = [BRIGHT] * 10 + [110] * 30 + [BRIGHT] * 10
    clip = write_clip(tmp_path / "north.mp4", levels)
    watch = session()
    watch.add(watched(open_source(str(clip))), 0.4)
    watch.add(Lookout("south", lambda: open_source(str(clip)), False, 0.5), None)
    tallies = ended(watch)
    assert [len(tallies[name].passages) for name in ("north", "south")] == [1, 2]


def test_still_pictures_have_no_time(session: Making, tmp_path: Path) -> None:
    tally = ended(session(), open_source(str(write_pictures(tmp_path / "north", [DARK, BRIGHT]))))["north"]
    assert (tally.timed, tally.frames, len(tally.passages)) == (False, 2, 0)


def test_the_sheet_has_the_best_frames_if_it_is_wanted(session: Making, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "north.mp4", LEVELS)
    watch = session(sheet=tmp_path / "sheet.png")
    ended(watch, open_source(str(clip)))
    watch.sheet.save(tmp_path / "sheet.png")
    sheet = np.asarray(cv2.imread(str(tmp_path / "sheet.png")), np.uint8)
    assert (sheet > 200).mean() > 0.3
    assert 900 < sheet.shape[1] < 1100


@pytest.mark.parametrize("live", [True, False])
def test_what_has_no_end_is_known(session: Making, tmp_path: Path, live: bool) -> None:
    """An address may turn out to be a recording: to stop that is to stop early."""
    watch = session(live=True)
    camera = Camera(3)
    camera.live = live
    watch.add(Lookout("live", lambda: camera, True, 0.5, patience=Patience(retries=0)), None)
    for _ in watch.run():
        pass
    watch.finish()
    assert watch.summary.live is live


def test_a_camera_that_never_answered_has_no_end_either(session: Making) -> None:
    def refuse() -> Source:
        raise SourceError("nobody there")

    watch = session(live=True)
    watch.add(Lookout("dead", refuse, True, 0.5, patience=Patience(retries=0)), None)
    for _ in watch.run():
        pass
    watch.finish()
    assert watch.summary.live
    assert watch.summary.tallies[0].trouble == "nobody there"


def test_a_step_of_the_clock_changes_labels_only(session: Making, tmp_path: Path) -> None:
    """By an hour, in the middle of a passage, which stays one; all seconds are in one of the two hours."""
    tally = ended(session(live=True), Camera(150, stepped=75))["live"]
    (passage,) = tally.passages
    assert passage.length_s == pytest.approx(1.49, abs=1)
    assert passage.end_time is not None
    assert passage.end_time - passage.start_time == pytest.approx(3600 + passage.length_s, abs=0.1)
    hours = lines_of((tmp_path / "h.jsonl").read_text(encoding="utf-8"))
    assert len({each["hour"] for each in hours}) == 2
    assert tally.hour is not None
    assert sum(each["seconds"] for each in hours) == pytest.approx(tally.hour.seconds, abs=0.01)
    assert sum(each["frames"] for each in hours) == tally.frames
    assert sum(each["passages"] for each in hours) == 1
