"""A configuration that changes under a running watch: only what changed starts again."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import rivereye
from tests.faults.peers.http import HttpCamera, http_camera
from tests.faults.watching import watching

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def cameras() -> Iterator[list[HttpCamera]]:
    with (
        http_camera("mpegts", size=(160, 120), fps=5) as one,
        http_camera("mpegts", size=(160, 120), fps=5) as two,
        http_camera("mpegts", size=(160, 120), fps=5) as three,
    ):
        yield [one, two, three]


def written(path: Path, bundle: Path, cameras: dict[str, str], rest: str = "") -> Path:
    path.write_text(
        f'model = "{bundle}"\npid_file = "river.pid"\n{rest}[outputs]\ndetections = "a.jsonl"\n'
        + "".join(f"[cameras.{name}]\n{keys}\n" for name, keys in cameras.items())
    )
    return path


def source(camera: HttpCamera) -> str:
    return f'source = "{camera.url}"'


def test_only_what_changed_starts_again(cameras: list[HttpCamera], bundle: Path, tmp_path: Path) -> None:
    one, two, three = cameras
    config = written(
        tmp_path / "river.toml", bundle, {"stays": source(one), "goes": source(two), "changes": source(three)}
    )
    with watching("--config", config, lines=tmp_path / "a.jsonl") as watch:
        watch.until(lambda: all(watch.seen(name) > 3 for name in ("stays", "goes", "changes")), 40, "all are seen")
        written(config, bundle, {"stays": source(one), "changes": source(three) + "\nfps = 1", "comes": source(two)})
        told = rivereye("reload", config)
        assert told.returncode == 0, told.stderr
        watch.until(lambda: watch.seen("comes") > 3, 40, "the new one is seen")
        gone = watch.seen("goes")
        before = watch.seen("changes")
        time.sleep(4)
        assert watch.seen("goes") == gone
        assert 2 <= watch.seen("changes") - before <= 6, "at one frame a second"
        said = watch.end()
    assert "reloaded: added comes; removed goes; changed changes (fps); 1 camera as before" in said
    ids = [each["frame_id"] for each in watch.records("stays")]
    assert ids == list(range(ids[0], ids[0] + len(ids))), "the camera that stays was not touched"
    assert not (tmp_path / "river.pid").exists()


def test_a_file_that_is_wrong_changes_nothing(cameras: list[HttpCamera], bundle: Path, tmp_path: Path) -> None:
    config = written(tmp_path / "river.toml", bundle, {"stays": source(cameras[0])})
    with watching("--config", config, lines=tmp_path / "a.jsonl") as watch:
        watch.until(lambda: watch.seen("stays") > 3, 40, "it is seen")
        written(config, bundle, {"stays": source(cameras[0]) + "\nfsp = 1"})
        told = rivereye("reload", config)
        assert told.returncode == 2
        assert "fsp" in told.stderr
        watch.process.send_signal(1)  # whoever sends SIGHUP without asking
        before = watch.seen("stays")
        watch.until(lambda: watch.seen("stays") > before + 5, 20, "it goes on")
        said = watch.end()
    assert "not reloaded, all stays as it was" in said
    assert "fsp" in said


def test_what_needs_a_new_start_is_named(cameras: list[HttpCamera], bundle: Path, tmp_path: Path) -> None:
    config = written(tmp_path / "river.toml", bundle, {"stays": source(cameras[0])})
    with watching("--config", config, lines=tmp_path / "a.jsonl") as watch:
        watch.until(lambda: watch.seen("stays") > 3, 40, "it is seen")
        written(config, bundle, {"stays": source(cameras[0])}, "batch = 2\n")
        assert rivereye("reload", config).returncode == 0
        before = watch.seen("stays")
        watch.until(lambda: watch.seen("stays") > before + 5, 20, "it goes on")
        said = watch.end()
    assert "start rivereye again for batch" in said
