"""`rivereye doctor`, as users call it: real cameras that are well, ill and away."""

import json
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.factories import BRIGHT, DARK, rivereye, write_clip
from tests.faults.peers.http import http_camera

pytestmark = pytest.mark.timeout(120)
SECRET = "hunter2"  # noqa: S105 - to be looked for in everything that is said


def written(folder: Path, bundle: Path, cameras: dict[str, str], rest: str = "") -> Path:
    config = folder / "river.toml"
    config.write_text(
        f'model = "{bundle}"\n{rest}[defaults]\nopen_timeout = 1\nread_timeout = 1\n'
        + "".join(f"[cameras.{name}]\nsource = {json.dumps(source)}\n" for name, source in cameras.items()),
        encoding="utf-8",
    )
    return config


def findings(*arguments: str | Path, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    """By what was looked at."""
    done = rivereye("doctor", "--json", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["verdict"] == "bad" if code else said["verdict"] != "bad"
    found: dict[str, list[dict[str, Any]]] = {}
    for each in said["findings"]:
        assert set(each) == {"check", "verdict", "found", "todo"}
        assert bool(each["todo"]) or each["verdict"] == "ok", each
        found.setdefault(each["check"], []).append(each)
    return found


def test_each_camera_is_tried_in_a_finite_time(bundle: Path, tmp_path: Path) -> None:
    """Promise: no camera holds it up for longer than its time-outs, nor hides another."""
    with ExitStack() as stack:
        well = stack.enter_context(http_camera("mjpeg", size=(320, 240), fps=5))
        night = stack.enter_context(http_camera("mjpeg", size=(320, 240), fps=5, look="dark"))
        silent = stack.enter_context(http_camera("mpegts", size=(320, 240), fps=5, stall_after=0))
        cameras = {
            "well": well.url.replace("://", f"://user:{SECRET}@"),
            "night": night.url,
            "silent": silent.url,
            "dead": f"http://user:{SECRET}@127.0.0.1:9/x?token={SECRET}",
            "clip": str(write_clip(tmp_path / "clip.mp4", [DARK, BRIGHT])),
            "gone": "gone.mp4",
            "pattern": "test",
        }
        began = time.monotonic()
        found = findings("--config", written(tmp_path, bundle, cameras), code=1)
        assert time.monotonic() - began < 20
    verdicts = {name.removeprefix("camera "): each[0]["verdict"] for name, each in found.items() if "camera" in name}
    assert verdicts == {
        "well": "ok",
        "night": "warning",
        "silent": "bad",
        "dead": "bad",
        "clip": "ok",
        "gone": "bad",
        "pattern": "ok",
    }
    assert "http://***@127.0.0.1" in found["camera well"][0]["found"]
    assert "320 x 240" in found["camera well"][0]["found"]
    assert found["camera night"][0]["found"].endswith("which shows nothing: dark")
    assert "no such file" in found["camera gone"][0]["found"]
    assert found["model"][0]["verdict"] == "ok"
    assert found["configuration"][0]["verdict"] == "ok"


def test_without_a_configuration_it_looks_at_the_machine() -> None:
    found = findings()
    assert {"cores", "memory", "clock", "providers", "model", f"disk {Path.cwd()}"} == set(found)
    assert "vgg16-river-slim int8 on cpu answers rightly" in found["model"][0]["found"]


def test_a_configuration_that_is_wrong_does_not_hide_the_machine(bundle: Path, tmp_path: Path) -> None:
    config = written(tmp_path, bundle, {"north": "rtsp://user:{NO_SUCH_SECRET}@192.0.2.1"}, "batsh = 2\n")
    found = findings("--config", config, code=1)
    assert found["configuration"][0]["verdict"] == "bad"
    assert "batsh" in found["configuration"][0]["found"]
    assert found["memory"]
    config = written(tmp_path, bundle, {"north": "rtsp://user:{NO_SUCH_SECRET}@192.0.2.1"})
    (finding,) = findings("--config", config, code=1)["configuration"]
    assert "NO_SUCH_SECRET is not set" in finding["found"]
    assert finding["todo"].startswith("set it")


def test_a_model_that_is_broken_does_not_hide_the_cameras(bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in bundle.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.onnx").write_bytes(b"nothing")
    found = findings("--config", written(tmp_path, broken, {"pattern": "test"}), code=1)
    assert found["model"][0]["verdict"] == "bad"
    assert found["camera pattern"][0]["verdict"] == "ok"


def test_more_than_the_machine_can_look_at_is_a_warning(bundle: Path, tmp_path: Path) -> None:
    """Of a network that does next to nothing; no machine answers a billion times a second."""
    config = written(tmp_path, bundle, {"north": "test"})
    config.write_text(config.read_text().replace("[defaults]\n", '[defaults]\nfps = 2\nviews = "2x3"\n'))
    assert findings("--config", config)["speed"][0] == {
        "check": "speed",
        "verdict": "ok",
        "found": "14 views a second wanted by cameras' fps, views and zones",
        "todo": "",
    }
    config.write_text(config.read_text().replace("fps = 2\n", "fps = 1e9\n"))
    assert findings("--config", config)["speed"][0]["verdict"] == "warning"


def test_a_table_for_people(bundle: Path, tmp_path: Path) -> None:
    done = rivereye("doctor", "--config", written(tmp_path, bundle, {"gone": "[red]gone.mp4"}))
    assert done.returncode == 1
    assert re.search(r"bad +camera gone +no pictures in pattern \S*\[red\]gone.mp4", done.stdout)
    assert "-> it needs files ending in" in done.stdout
