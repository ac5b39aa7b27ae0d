"""The comparison with others: its clock, its processes, its rounds. The peers themselves are not installed here."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import jsonschema
import psutil
import pytest

from benchmarks.peers import entries, report, rounds
from benchmarks.peers.entries import ENTRIES, FLOOR, INSTALL, ROOT, Entry, Maker
from benchmarks.peers.offline import stay_offline
from benchmarks.peers.process import Ended, run
from benchmarks.peers.rounds import Rounds
from benchmarks.peers.timing import WARM_FRAMES, age, peak_mb, timed
from models.errors import RivereyeError
from tests.factories import write_clip

FRAMES = 30
PEERS = ROOT / "benchmarks" / "peers"
DECODE = next(each for each in ENTRIES if each.name == FLOOR)
LIMIT = 60.0


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "river.mp4", range(40, 40 + FRAMES))


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def rounds_of(clip: Path, number: int = 1, frames: int = FRAMES) -> Rounds:
    return Rounds(clip, clip.parent, frames, number, LIMIT, seed=0)


def test_start_up_and_warm_up_are_not_in_the_time() -> None:
    """The first pass is slow at its first answer, as where a model is compiled then; it is left early, and closed."""
    closed: list[int] = []
    passes = iter((0.5, 0.0))

    def loop() -> Generator[int]:
        handled = 0
        try:
            time.sleep(next(passes))
            for _ in range(2 * WARM_FRAMES):
                time.sleep(0.005)
                handled += 1
                yield 1
        finally:
            closed.append(handled)

    found = timed(loop, ("pytest", "no-such-package"))
    assert closed == [WARM_FRAMES, 2 * WARM_FRAMES]
    assert found.frames == 2 * WARM_FRAMES
    assert 0.5 <= found.warm_up_seconds < 2
    assert 0.005 * 2 * WARM_FRAMES <= found.seconds < 0.45
    assert found.cpu_seconds < found.seconds
    assert list(found.versions) == ["python", "pytest"]


def test_a_process_is_as_old_as_it_is() -> None:
    mine = time.time() - psutil.Process().create_time()
    assert age() == pytest.approx(mine, abs=1.5)  # psutil knows the time of boot to a second


def test_peak_memory_is_that_of_the_process_alone() -> None:
    """This one is large, the one that it starts is not."""
    held = bytearray(300 * 2**20)
    held[:: 2**12] = b"x" * len(held[:: 2**12])
    command = python("from benchmarks.peers.timing import peak_mb; print(peak_mb())")
    other = float(run(command, LIMIT, ROOT).printed)
    assert other < 100 < 300 < peak_mb()


def test_a_process_is_measured() -> None:
    burn = "import time\nwhile time.process_time() < 0.4: pass\ntime.sleep(0.4)\nprint('done')"
    found = run(python(burn), LIMIT, ROOT)
    assert found.printed == "done\n"
    assert 0.4 <= found.cpu_seconds < 0.8 <= found.seconds


def test_no_process_finds_a_gpu_or_reports_to_a_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    code = "import os; print(os.environ['CUDA_VISIBLE_DEVICES'] == '', os.environ['ORT_DISABLE_TELEMETRY'])"
    assert run(python(code), LIMIT, ROOT).printed == "True 1\n"


def test_ultralytics_is_told_to_stay_offline_before_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("YOLO_OFFLINE", "YOLO_AUTOINSTALL", "YOLO_VERBOSE", "YOLO_CONFIG_DIR")
    for name in names:
        monkeypatch.setenv(name, "")  # so that it is as it was afterwards
    stay_offline()
    assert [os.environ[name] for name in names] == ["true", "false", "false", str(Path(sys.prefix) / "settings")]
    for module in ("ultralytics_yolo", "make_yolo11n"):
        code = (PEERS / f"{module}.py").read_text()
        assert code.index("    stay_offline()") < code.index("    from ultralytics import")


def test_one_that_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import subprocess, pathlib, time; child = subprocess.Popen(['sleep', '60']); pathlib.Path({str(pid)!r}).write_text(str(child.pid)); time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(RivereyeError, match="not done after 2 s, killed"):
        run(python(code), 2.0, ROOT)
    assert time.monotonic() - began < 20
    gone(int(pid.read_text()))


def gone(pid: int) -> None:
    """Waits for it to be no more, or a zombie that whoever adopted it has not buried yet."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    raise AssertionError(f"{pid} lives on")


def test_one_that_fails_says_why() -> None:
    with pytest.raises(RivereyeError, match="exit code 1: ZeroDivisionError: division by zero"):
        run(python("1 / 0"), LIMIT, ROOT)


@pytest.mark.parametrize(
    ("code", "frames", "why"),
    [
        ("print('nothing')", FRAMES, "printed no result: 'nothing'"),
        ("pass", FRAMES, "printed no result: ''"),
        ("raise SystemExit('out of luck')", FRAMES, "out of luck"),
        (None, FRAMES + 1, f"handled {FRAMES} frames, the clip has {FRAMES + 1}"),
    ],
)
def test_who_does_not_do_the_work_is_left_out(
    code: str | None, frames: int, why: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if code is not None:
        monkeypatch.setattr(Entry, "command", lambda *_: python(code))
    taken, left_out = rounds_of(clip, frames=frames).take([DECODE], lambda _: None)
    assert taken == []
    assert why in left_out[FLOOR]


def test_who_is_not_installed_is_left_out_with_the_command_that_does(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "PEERS", ROOT / ".venv-nowhere" / "bin" / "python")
    peers = [each for each in ENTRIES if each.environment == "peers"]
    taken, left_out = rounds_of(clip).take([*peers, DECODE], lambda _: None)
    assert [each.entry for each in taken] == [DECODE]
    assert set(left_out) == {each.name for each in peers}
    assert all(INSTALL in why for why in left_out.values())


def test_what_cannot_be_made_leaves_out_all_that_need_it_and_is_tried_once(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Maker, "command", lambda *_: python("raise SystemExit('no room')"))
    maker = Maker("make_nothing", "ours")
    two = [replace(DECODE, name=name, model=Path("nothing.onnx"), maker=maker) for name in ("a", "b")]
    told: list[str] = []
    taken, left_out = rounds_of(clip).take(two, told.append)
    assert taken == []
    assert told == ["make nothing"]
    assert all("make_nothing ended with exit code 1: no room" in left_out[name] for name in ("a", "b"))


def test_rounds_are_interleaved_and_orders_differ(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = '{"frames": 30, "seconds": 1.5, "cpu_seconds": 3, "memory_mb": 7, "startup_seconds": 1, "warm_up_seconds": 2, "versions": {}}'
    monkeypatch.setattr(rounds, "run", lambda *_: Ended(f"noise\n{line}\n", 5.0, 6.0))
    four, told = [replace(DECODE, name=name) for name in "abcd"], list[str]()
    taken, _ = rounds_of(clip, 5).take(four, told.append)
    orders = [[text[-1] for text in told[start : start + 4]] for start in range(0, 20, 4)]
    assert all(sorted(each) == list("abcd") for each in orders)
    assert len({tuple(each) for each in orders}) > 1
    found = {each.name: each for each in taken[0].figures()}
    values = {name: each.value for name, each in found.items()}
    assert values == {
        "peer_fps": 20.0,
        "peer_cpu_ms": 100.0,
        "peer_memory_mb": 7.0,
        "peer_startup_s": 1.0,
        "peer_warm_up_s": 2.0,
        "peer_wall_s": 5.0,
        "peer_wall_cpu_s": 6.0,
    }
    assert all(len(each.samples) == 5 and each.n == 150 for each in found.values())


def test_the_command_compares_what_is_there(clip: Path, tmp_path: Path) -> None:
    """Real processes: both floors, the plain loop and rivereye itself, on the released model."""
    names = ("decode", "decode-convert", "opencv-onnxruntime-int8", "rivereye", "rivereye-command")
    only = [word for name in names for word in ("--only", name)]
    out = tmp_path / "peers.json"
    command = [sys.executable, "-m", "benchmarks.peers", str(clip), "--rounds", "2", "--json", str(out), *only]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = json.loads(out.read_text())
    jsonschema.validate(written, json.loads(report.SCHEMA.read_text()))
    found = report.Comparison.model_validate(written)
    assert {each.name for each in found.peers} == set(names)
    assert found.left_out == {}
    assert found.clip.frames == FRAMES
    fps = {each.labels["peer"]: each for each in found.figures if each.name == "peer_fps"}
    assert all(each.n == 2 * FRAMES and len(each.samples) == 2 for each in fps.values())
    assert fps["decode"].low > max(fps[name].high for name in names[2:])
    assert all(name in done.stdout for name in names)


def test_a_peer_that_nobody_knows_is_a_mistake(clip: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.peers", str(clip), "--only", "yolo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "--only: no peer 'yolo'; there are decode, " in done.stderr


def test_every_peer_has_its_module_and_its_line_in_the_readme() -> None:
    readme = (PEERS / "README.md").read_text()
    assert len({each.name for each in ENTRIES}) == len(ENTRIES)
    for each in ENTRIES:
        assert (PEERS / f"{each.module}.py").is_file()
        assert each.maker is None or (PEERS / f"{each.maker.module}.py").is_file()
        assert f"`{each.name}`" in readme
    assert INSTALL in readme


def test_schema_is_that_of_the_data() -> None:
    assert report.SCHEMA.read_text() == report.schema()


def test_versions_are_pinned_and_those_shared_with_rivereye_are_its_own() -> None:
    """rivereye runs on ONNX Runtime's build for GPUs, where there is one; peers on the plain one of the same version."""
    lines = [line for line in (PEERS / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = [re.fullmatch(r"([a-z0-9-]+)==([^ ;]+)( ; .+)?", line) for line in lines]
    assert all(pinned)
    found = {(match[1], match[2]) for match in pinned if match}
    assert {"ultralytics", "supervision", "openvino", "onnxruntime"} <= {name for name, _ in found}
    lock = (ROOT / "uv.lock").read_text()
    shared = {"onnxruntime": "onnxruntime-gpu"} | {
        each: each for each in ("openvino", "onnx", "opencv-python-headless")
    }
    for name, ours in shared.items():
        versions = {version for each, version in found if each == name}
        locked = re.search(rf'name = "{ours}"\nversion = "([^"]+)"', lock)
        assert locked is not None
        assert versions == {locked[1]}
    names = {name for name, _ in found}
    assert not {"opencv-python", "openvino-telemetry", "onnxruntime-gpu"} & names
