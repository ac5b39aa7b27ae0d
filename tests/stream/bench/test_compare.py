"""`rivereye bench compare`: what it says of two reports, on a terminal and in a pipe, and its exit codes."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from models.errors import DataError, UsageError
from stream.bench.compare import compare
from stream.bench.comparison import Comparison
from stream.bench.figure import Figure
from stream.bench.report import Report
from stream.bench.verdict import YARDSTICK
from tests.factories import COMMAND, rivereye
from tests.stream.bench.pairs import CLIP, MACHINE, MODEL, PLAN, figure, spread, write

LONG: dict[str, Any] = {"provider": "openvino", "precision": "int8", "batch": "16", "threads": "2"}


def compared(
    folder: Path, a: Sequence[Figure], b: Sequence[Figure], everything: bool = False, **changes: Any
) -> tuple[Comparison, list[str]]:
    """The comparison, and the lines that were printed, but for the first, which names the files; `changes` are of B."""
    console = Console(file=io.StringIO(), width=80)
    paths = write(folder / "a.json", a), write(folder / "b.json", b, **changes)
    comparison = compare(*paths, as_json=False, console=console, everything=everything)
    assert isinstance(console.file, io.StringIO)
    first, *lines = console.file.getvalue().splitlines()
    assert first == f"A is {paths[0]}, B is {paths[1]}"
    return comparison, lines


def yardstick(level: float) -> Figure:
    return figure(spread(level), YARDSTICK, unit="GFLOP/s")


def on_a_terminal(*arguments: str | Path, width: int) -> list[str]:
    """Lines that the command prints on one of so many columns, without colours."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR")}
    with subprocess.Popen(
        [COMMAND, *arguments], stdin=its, stdout=its, stderr=its, env=environment | {"TERM": "xterm"}
    ) as process:
        os.close(its)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # nobody writes any more
            pass
        os.close(ours)
        assert process.wait(60) == 0, said
    return re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).splitlines()


def test_what_changed_is_listed_by_size_and_what_did_not_is_counted(tmp_path: Path) -> None:
    a = [figure(spread(100), clip=clip) for clip in ("[red]", "busy", "quiet", "water")]
    levels = {"[red]": 110, "busy": 50, "quiet": 90, "water": 101}
    b = [figure(spread(level), clip=clip) for clip, level in levels.items()]
    comparison, lines = compared(tmp_path, a, b)
    assert [each.verdict for each in comparison.figures] == ["better", "worse", "worse", "same"]
    assert [each.ratio for each in comparison.figures] == pytest.approx([1.1, 0.5, 0.9, 1.01])
    assert [line.split()[:4] for line in lines[:-1]] == [
        ["worse", "-50.0", "%", "pipeline_fps{clip=busy}"],
        ["worse", "-10.0", "%", "pipeline_fps{clip=quiet}"],
        ["better", "+10.0", "%", "pipeline_fps{clip=[red]}"],
    ]
    assert (
        lines[-1]
        == "3 figures changed by more than the noise (by chance alone up to 0.0 would have), 1 figure is the same"
    )
    assert comparison.by_chance == pytest.approx(4 * 2 / 252)
    assert "same" in next(line for line in compared(tmp_path, a, b, everything=True)[1] if "clip=water" in line)


def test_figures_are_matched_by_name_labels_and_unit(tmp_path: Path) -> None:
    a = [figure(spread(100), clip="busy", gate="on"), figure(spread(9)), figure(spread(1), "queue", unit="s")]
    b = [
        figure(spread(100), gate="on", clip="busy"),
        figure(spread(8), clip="x"),
        figure(spread(1000), "queue", unit="ms"),
    ]
    comparison, lines = compared(tmp_path, a, b)
    assert [each.verdict for each in comparison.figures] == ["same", *["only in A"] * 2, *["only in B"] * 2]
    assert lines == [
        "0 figures changed by more than the noise, 1 figure is the same, 2 only in A, 2 only in B; --all lists them"
    ]
    listed = compared(tmp_path, a, b, everything=True)[1]
    assert [line.split("  ")[0] for line in listed[:-1]] == ["only in A", "only in A", "only in B", "only in B", "same"]


@pytest.mark.parametrize(
    ("changes", "which", "said"),
    [
        ({}, "", []),
        ({"machine": MACHINE.model_copy(update={"memory_free_mb": 1, "absent": {}})}, "", []),
        (
            {
                "machine": MACHINE.model_copy(
                    update={"processor": "EPYC", "fingerprint": "1" * 16, "versions": {"numpy": "2.4"}}
                )
            },
            "machine, versions",
            [
                f"machine: fingerprint: {'0' * 16} in A, {'1' * 16} in B",
                "machine: processor: Xeon in A, EPYC in B",
                "versions: version of rivereye: 0.1.0 in A, none in B",
                "versions: version of numpy: 2.3 in A, 2.4 in B",
            ],
        ),
        (
            {"model": MODEL.model_copy(update={"sha256": "b" * 64})},
            "model",
            [f"model: sha256: {'a' * 12} in A, {'b' * 12} in B"],
        ),
        (
            {"clips": (CLIP.model_copy(update={"frames": 9, "sha256": "d" * 64}),)},
            "clip quiet",
            ["clip quiet: frames: 250 in A, 9 in B", f"clip quiet: sha256: {'c' * 12} in A, {'d' * 12} in B"],
        ),
        ({"clips": ()}, "clip quiet", ["clip quiet: measured with: yes in A, no in B"]),
        ({"plan": PLAN.model_copy(update={"repeats": 9})}, "plan", ["plan: repeats: 5 in A, 9 in B"]),
    ],
)
def test_whatever_else_differs_is_said_first(
    tmp_path: Path, changes: dict[str, Any], which: str, said: list[str]
) -> None:
    comparison, lines = compared(tmp_path, [figure(spread(100))], [figure(spread(50))], **changes)
    first = [f"not the same in A and B: {which}; figures tell of that, too"] if which else []
    assert lines[: len(said) + 1] == [*first, *(f"  {each}" for each in said)] or not which
    assert len(comparison.differences) == len(said)
    assert ("not the same" in "".join(lines)) == bool(which)


@pytest.mark.parametrize(
    ("level", "said"), [(101, None), (112, "the machine itself was 12.0 % faster in B"), (80, "20.0 % slower in B")]
)
def test_the_yardstick_tells_of_the_machine_itself(tmp_path: Path, level: float, said: str | None) -> None:
    comparison, lines = compared(
        tmp_path, [yardstick(100), figure(spread(9), clip="x")], [yardstick(level), figure(spread(9), clip="x")]
    )
    assert comparison.yardstick == (None if said is None else pytest.approx(level / 100))
    assert (said or "0 figures changed") in lines[0]
    assert ("machine itself" in "".join(lines)) == (said is not None)


def test_a_yardstick_that_was_not_stable_explains_nothing(tmp_path: Path) -> None:
    """Something came and went on the machine: whatever it was, half the speed is not to be passed for a fault of the machine."""
    restless = yardstick(10).model_copy(update={"stable": False})
    a, b = [yardstick(100), figure(spread(40), unit="frames/s")], [restless, figure(spread(20), unit="frames/s")]
    comparison, _ = compared(tmp_path, a, b)
    assert comparison.yardstick is None
    assert "pipeline_fps" in {each.shown for each in comparison.beyond("worse")}


def test_what_the_machine_explains_is_marked_and_comes_last(tmp_path: Path) -> None:
    a, b = (
        [
            yardstick(machine),
            figure(spread(decode), "decode_fps", unit="frames/s"),
            figure(spread(whole), unit="frames/s"),
        ]
        for machine, decode, whole in ((100, 200, 40), (88, 190, 30))
    )
    comparison, lines = compared(tmp_path, a, b)
    assert [(each.verdict, each.machine) for each in comparison.figures] == [
        ("worse", True),
        ("worse", True),
        ("worse", False),
    ]
    assert [re.split(r" {2,}", line)[0] for line in lines[1:4]] == ["worse", "worse (machine)", "worse (machine)"]
    assert "pipeline_fps" in lines[1]
    assert "2 of them no more than the machine itself" in lines[4]
    assert "measure again" in lines[5]
    assert [each.shown for each in comparison.beyond("worse")] == ["pipeline_fps"]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_on_a_terminal_no_word_is_broken(tmp_path: Path, width: int) -> None:
    names = ("model_fps", "model_p99_ms", "multi_stream_p99_ms")
    paths = [
        write(tmp_path / f"{level}.json", [figure(spread(level), name, unit="pictures/s", **LONG) for name in names])
        for level in (1234.5, 999.5)
    ]
    lines = on_a_terminal("bench", "compare", *(os.path.relpath(each) for each in paths), width=width)
    assert max(map(cell_len, lines[1:])) <= width
    text = "\n".join(lines)
    for each in ("-19.0 %", "1234", "pictures/s", "1216 to 1253", *(f"{key}={value}" for key, value in LONG.items())):
        assert text.count(each) >= len(names)
    (row,) = (line for line in lines if "model_fps" in line)
    assert ("1234" in row) == (width == 200)


def test_a_pipe_gets_a_line_a_figure_however_long(tmp_path: Path) -> None:
    labels: dict[str, Any] = {f"label{index}": "value" * 5 for index in range(6)}
    paths = [
        write(tmp_path / f"{level}.json", [figure(spread(level), clip=clip, **labels) for clip in ("x", "yy")])
        for level in (100, 50)
    ]
    done = rivereye("bench", "compare", *paths)
    assert done.returncode == 0
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if line.startswith("worse")]
    assert len(rows) == 2
    assert {len(row) > 200 for row in rows} == {True}
    assert {row.index("100 (") for row in rows} == {rows[0].index("100 (")}


@pytest.mark.parametrize(
    ("level", "machine", "missing", "fail_on", "code"),
    [
        (100, 100, False, "worse", 0),
        (100, 100, False, "different", 0),
        (90, 100, False, "worse", 3),
        (90, 100, False, "different", 3),
        (90, 100, False, None, 0),
        (110, 100, False, "worse", 0),
        (110, 100, False, "different", 3),
        (90, 80, False, "worse", 0),  # the machine explains it
        (90, 80, False, "different", 0),
        (70, 80, False, "worse", 3),
        (100, 100, True, "worse", 0),
        (100, 100, True, "different", 3),
    ],
)
def test_exit_codes_of_fail_on(
    tmp_path: Path, level: float, machine: float, missing: bool, fail_on: str | None, code: int
) -> None:
    a, b = (
        write(tmp_path / name, [yardstick(speed), figure(spread(each), unit="frames/s"), *more])
        for name, speed, each, more in (
            ("a.json", 100, 100, [figure([4], "capacity_cameras", unit="cameras")] if missing else []),
            ("b.json", machine, level, []),
        )
    )
    done = rivereye("bench", "compare", a, b, *(() if fail_on is None else ("--fail-on", fail_on)))
    assert done.returncode == code, done.stderr
    assert "the same" in done.stdout, "all is shown whatever comes of it"
    named = "capacity_cameras (only in A)" if missing else f"pipeline_fps ({'worse' if level < 100 else 'better'}, "
    assert (f"--fail-on {fail_on} is not kept by 1 figure: {named}" in done.stderr) == (code == 3)
    assert (done.stderr == "") == (code == 0)


def test_of_many_figures_that_fail_three_are_named(tmp_path: Path) -> None:
    a, b = (
        write(tmp_path / f"{level}.json", [figure(spread(level), clip=str(each)) for each in range(5)])
        for level in (100, 50)
    )
    done = rivereye("bench", "compare", a, b, "--fail-on", "worse", "--json")
    assert done.returncode == 3
    assert len(json.loads(done.stdout)["figures"]) == 5
    assert done.stderr.count("pipeline_fps") == 3
    assert done.stderr.endswith(" and 2 more\n")


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (
            [yardstick(9), figure([1], clip="busy", gate="on")],
            [yardstick(9), figure([1], clip="quiet", gate="on")],
            "A measured clip busy; gate on; B measured clip quiet; gate on; measure both",
        ),
        (
            [figure([1], "model_fps", precision="int8"), figure([1], "model_p50_ms", precision="int8")],
            [figure([1], clip="quiet")],
            "A measured figures model_fps, model_p50_ms; precision int8; B measured figures pipeline_fps; clip quiet;",
        ),
        ([yardstick(9)], [yardstick(9)], "A measured figures none; B measured figures none;"),
        ([], [figure([1])], "A measured nothing; B measured figures pipeline_fps;"),
    ],
)
def test_reports_without_a_figure_in_common_say_what_each_measured(
    tmp_path: Path, a: list[Figure], b: list[Figure], said: str
) -> None:
    with pytest.raises(UsageError, match="they have no figure in common") as told:
        compared(tmp_path, a, b)
    assert said in str(told.value)


def test_without_a_figure_in_common_the_exit_code_is_2_and_the_difference_is_said(tmp_path: Path) -> None:
    a = write(tmp_path / "a.json", [figure([1], clip="quiet")])
    b = write(tmp_path / "b.json", [figure([1], clip="mine")], clips=(CLIP.model_copy(update={"name": "mine"}),))
    done = rivereye("bench", "compare", a, b, "--fail-on", "worse")
    assert done.returncode == 2
    assert "no figure in common" in done.stderr
    assert "not the same in A and B: clip quiet, clip mine" in done.stdout
    assert "figures changed" not in done.stdout


def test_json_is_one_object_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = write(tmp_path / "bench.json", [figure(spread(100))]), write(tmp_path / "b.json", [figure(spread(90))])
    compare(tmp_path, b, as_json=True, console=Console(stderr=True))  # A by its folder
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["schema"] == "rivereye/bench-compare/1"
    assert found["figures"][0]["verdict"] == "worse"
    assert found["figures"][0]["machine"] is False
    (figures,) = Report.model_validate_json(a.read_bytes()).figures
    assert found["figures"][0]["a"]["samples"] == list(figures.samples)
    assert err == ""


def test_names_move_no_cursor(tmp_path: Path) -> None:
    evil = "\x1b[2J\x07"
    _, lines = compared(
        tmp_path,
        [figure(spread(9), clip=evil)],
        [figure(spread(4), clip=evil)],
        clips=(CLIP.model_copy(update={"name": evil}),),
    )
    assert not {"\x1b", "\x07"} & set("".join(lines))
    assert "?[2J?" in "".join(lines)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read .*b.json: No such file"),
        ("{", "cannot understand .*b.json"),
        ("{}", "cannot understand .*b.json: "),
    ],
)
def test_a_broken_report_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    a, b = write(tmp_path / "a.json", []), tmp_path / "b.json"
    if content is not None:
        b.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        compare(a, b, as_json=False, console=Console())


def test_a_figure_that_is_there_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a.json: it has pipeline_fps twice"):
        compared(tmp_path, [figure([1]), figure([2])], [])
