from pathlib import Path
from typing import Any

import pytest

from models.bundle import Bundle, open_bundle
from models.errors import SourceError, UsageError
from stream.configuration.settings import Camera
from stream.looking.background import FEWEST, Learner
from stream.looking.lookout import BURSTS, Lookout, lookout_at, lookout_of
from stream.looking.policy import LATEST, Policy
from stream.looking.views import Views, Zones
from stream.sources.opening import Opening
from stream.sources.pattern import Pattern
from stream.sources.recording import Recording
from stream.sources.stills import Stills
from tests.factories import frames_of, write_clip, write_pictures


@pytest.fixture(scope="module")
def opened(bundle: Path) -> Bundle:
    return open_bundle(str(bundle))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", [99] * 20)


def made(source: str | Path, opened: Bundle, **settings: Any) -> Lookout:
    return lookout_of("lock", Camera.model_validate({"source": str(source), **settings}), opened)


def test_as_usual(clip: Path, opened: Bundle) -> None:
    lookout = made(clip, opened)
    assert (lookout.camera, lookout.live, lookout.threshold) == ("lock", False, 0.5)
    assert (lookout.policy, lookout.gate, lookout.background) == (None, None, None)
    assert lookout.layout == Views()


def test_all_settings_reach_their_places(clip: Path, opened: Bundle) -> None:
    lookout = made(
        clip, opened, views="2x3", threshold=0.7, policy="latest", gate=5, open_timeout=3, read_timeout=4, retries=2
    )
    assert (lookout.layout, lookout.threshold, lookout.policy, lookout.gate) == (Views(2, 3), 0.7, LATEST, 5)
    patience = lookout.patience
    assert (patience.open_timeout, patience.read_timeout, patience.retries) == (3, 4, 2)


@pytest.mark.parametrize(("threshold", "expected"), [(0.7, 0.7), ("0.7", 0.7), ("miss<=2%", 0.05), (None, 0.5)])
def test_the_threshold_is_a_number_or_an_aim(
    clip: Path, opened: Bundle, threshold: float | str | None, expected: float
) -> None:
    assert made(clip, opened, threshold=threshold).threshold == expected


def test_zones_come_before_views(clip: Path, opened: Bundle) -> None:
    lookout = made(clip, opened, views="2x3", zones={"berth": [(0, 0), (1, 0), (1, 1)]})
    assert isinstance(lookout.layout, Zones)
    assert lookout.layout.names == ("berth",)


def test_the_pace_reaches_the_source(clip: Path, opened: Bundle) -> None:
    lookout = made(clip, opened, start=0.5, end=1.5, stride=2)
    assert [frame.index for frame in frames_of(lookout.open_source())] == [5, 7, 9, 11, 13]


def test_a_turned_camera_is_turned_back(clip: Path, opened: Bundle) -> None:
    (frame, *_) = frames_of(made(clip, opened, rotate=90).open_source())
    assert frame.picture is not None
    assert frame.picture.shape == (64, 48, 3)


def test_a_recording_is_opened_beforehand_and_read_once(clip: Path, opened: Bundle, tmp_path: Path) -> None:
    """So that a wrong name is told before anything is written."""
    lookout = made(clip, opened)
    assert isinstance(lookout.first, Recording)
    assert lookout.open_source() is lookout.first
    folder = made(write_pictures(tmp_path / "north", [99]), opened)
    assert isinstance(folder.first, Stills)
    with pytest.raises(SourceError, match="no source at"):
        made(tmp_path / "missing.mp4", opened)


def test_a_camera_is_opened_anew_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lookout = lookout_at("test", Opening(), 0.5)
    assert (lookout.camera, lookout.live, lookout.first) == ("test", True, None)
    first, second = lookout.open_source(), lookout.open_source()
    assert first is not second
    assert isinstance(first, Pattern)


def test_an_address_is_not_opened_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead camera must not hold up the others; it is read by a process of its own, that gets name, address and opening."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("stream.looking.lookout.Remote", lambda *arguments: asked.append(arguments))
    lookout = lookout_at("http://127.0.0.1:1/north", Opening(), 0.5)
    assert (lookout.camera, lookout.live, lookout.first, asked) == ("127.0.0.1-north", True, None, [])
    lookout.open_source()
    assert asked == [("http://127.0.0.1:1/north", "127.0.0.1-north", Opening())]


def learnt(path: Path, layout: Views, model: str) -> Path:
    learner = Learner(layout, model)
    for _ in range(FEWEST):
        for view in range(layout.count):
            learner.add(view, 0.9)
    learner.background().write(path)
    return path


def test_a_background_fits_or_is_refused(clip: Path, opened: Bundle, tmp_path: Path) -> None:
    file = learnt(tmp_path / "north.json", Views(2, 3), opened.model.sha256)
    background = made(clip, opened, views="2x3", background=file).background
    assert background is not None
    assert len(background.views) == 7
    with pytest.raises(UsageError, match=r"north\.json was learnt of other views"):
        made(clip, opened, views="whole", background=file)
    with pytest.raises(UsageError, match=r"other\.json was learnt with another model"):
        made(clip, opened, background=learnt(tmp_path / "other.json", Views(), "0" * 64))
    with pytest.raises(UsageError, match=r"cannot read background .*missing\.json"):
        made(clip, opened, background=tmp_path / "missing.json")


def test_an_unknown_aim_is_told_with_those_there_are(clip: Path, opened: Bundle) -> None:
    with pytest.raises(UsageError, match=r"no threshold 'high'.*miss<=2%"):
        made(clip, opened, threshold="high")


@pytest.mark.parametrize(
    ("address", "usual"), [("http://127.0.0.1:9/north.m3u8?key=1", BURSTS), ("http://127.0.0.1:9/north.ts", LATEST)]
)
def test_a_playlist_is_looked_at_a_segment_at_a_time(address: str, usual: Policy) -> None:
    lookout = lookout_at(address, Opening(), 0.5)
    assert (lookout.policy, lookout.usual) == (None, usual)
