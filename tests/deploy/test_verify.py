"""`rivereye verify`: is a bundle whole, and does it answer on this machine as it did where it was made?"""

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import onnx
import pytest
from rich.console import Console

from deploy.verify import SCHEMA, WARMED, verify
from models.bundle import CARD, open_bundle
from models.card import Parity, Precision
from models.errors import GateNotMet, UsageError
from models.providers import provider_named
from tests.deploy.broken import change_card, replace_model
from tests.deploy.runs import toy_pictures
from tests.factories import rivereye, write_corrupt
from tests.pictures import save

Command = Callable[..., int]
COUNT = 12


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of pictures."""
    for number, picture in enumerate(toy_pictures(COUNT)):
        save(picture, tmp_path / "pictures" / f"cam{number % 2}" / f"{number}.png")
    return tmp_path / "pictures"


def call(place: Path, data: Path | None = None, at_most: int = 1000, precision: str | None = None) -> dict[str, Any]:
    return verify(str(place), data, "cpu", precision, at_most, False, Console(file=StringIO()))


def test_the_report(toy_exported: Path) -> None:
    report = call(toy_exported)
    assert set(report) == {
        *("schema", "bundle", "name", "provider", "onnxruntime", "machine", "ok", "reasons", "files"),
    }
    assert (report["schema"], report["bundle"], report["name"]) == (SCHEMA, str(toy_exported), "toy")
    assert (report["provider"], report["ok"], report["reasons"]) == ("cpu", True, [])
    card = open_bundle(str(toy_exported)).card
    assert [file["precision"] for file in report["files"]] == list(card.precisions)
    for file in report["files"]:
        assert set(file) == {"precision", "file", "sha256", "nodes", "milliseconds", "parity"}
        model = card.precisions[file["precision"]]
        assert (file["file"], file["sha256"], file["parity"]) == (model.file, model.sha256, None)


def test_every_batch_size_runs(toy_exported: Path) -> None:
    assert WARMED == [1, 2, 4, 8, 16, 32]
    for file in call(toy_exported)["files"]:
        assert list(file["milliseconds"]) == WARMED
        assert all(spent > 0 for spent in file["milliseconds"].values())


def test_what_ran_the_nodes_is_told_by_the_runtime(toy_exported: Path) -> None:
    for file in call(toy_exported)["files"]:
        assert list(file["nodes"]) == ["cpu"]
        assert 5 < file["nodes"]["cpu"] < 50


def test_pictures_are_compared_with_fp32(toy_exported: Path, folder: Path) -> None:
    report = call(toy_exported, folder)
    parity = {file["precision"]: Parity.model_validate(file["parity"]) for file in report["files"] if file["parity"]}
    assert set(parity) == set(get_args(Precision)) - {"fp32"}  # which on cpu is what they are compared with
    assert {each.n for each in parity.values()} == {COUNT}
    assert 0 < parity["fp16"].mean_difference < parity["int8"].mean_difference < 0.1
    assert {each.flips for each in parity.values()} == {0}


def test_one_file_alone(toy_exported: Path, folder: Path) -> None:
    (found,) = call(toy_exported, folder, precision="int8")["files"]
    assert (found["precision"], found["parity"]["n"]) == ("int8", COUNT)
    with pytest.raises(UsageError, match="no precision 'int4'"):
        call(toy_exported, precision="int4")


@pytest.mark.parametrize("at_most", [1, 5])
def test_no_more_pictures_than_asked_for(toy_exported: Path, folder: Path, at_most: int) -> None:
    files = call(toy_exported, folder, at_most)["files"]
    assert {file["parity"]["n"] for file in files if file["parity"]} == {at_most}


def test_a_bundle_without_fp32_is_compared_with_fp16(toy_bundle: Path, folder: Path) -> None:
    card = json.loads((toy_bundle / CARD).read_text(encoding="utf-8"))
    kept = {name: card["precisions"][name] for name in ("int8", "fp16")}
    change_card(toy_bundle, "precisions", kept)
    first, second = call(toy_bundle, folder)["files"]
    assert (second["precision"], second["parity"]) == ("fp16", None)
    assert first["parity"]["largest_difference"] > 0


def flip_all(bundle: Path) -> None:
    """Turns the int8 file's answers round, and has its card say so: golden answers cannot tell."""
    opened = open_bundle(str(bundle), "int8")
    model = onnx.load_from_string(opened.read_model())
    concat = next(node for node in model.graph.node if node.op_type == "Concat")
    concat.input[0], concat.input[1] = concat.input[1], concat.input[0]
    turned = [1 - answer for answer in opened.model.golden.probabilities]
    replace_model(bundle, "int8", model)
    change_card(bundle, "precisions/int8/golden/probabilities", turned)


def test_decisions_that_flip_end_with_the_report_and_a_reason(toy_bundle: Path, folder: Path) -> None:
    flip_all(toy_bundle)
    assert call(toy_bundle)["ok"]
    said = "the int8 model on cpu decides 12 of 12 pictures otherwise than fp32.onnx on cpu, allowed is 0.50%"
    with pytest.raises(GateNotMet, match=said):
        call(toy_bundle, folder)


def test_the_command_ends_with_3_where_decisions_flip(
    toy_bundle: Path, folder: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    flip_all(toy_bundle)
    assert command("verify", toy_bundle, "--data", folder, "--json") == 3
    written = capsys.readouterr()
    report = json.loads(written.out)
    assert not report["ok"]
    (reason,) = report["reasons"]
    assert reason in written.err


def test_the_command_as_a_process(toy_exported: Path, folder: Path) -> None:
    """Nothing but one JSON object on standard output."""
    done = rivereye("verify", toy_exported, "--data", folder, "--json", "--provider", "cpu")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    report = json.loads(line)
    assert report["ok"]
    assert [list(file["milliseconds"]) for file in report["files"]] == [[str(size) for size in WARMED]] * 3


def test_a_table_for_people(toy_exported: Path, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("verify", toy_exported, "--provider", "cpu") == 0
    written = capsys.readouterr()
    assert written.out == ""
    assert "fp16.onnx" in written.err
    assert "whole: hashes, signature and golden answers are as the card says" in written.err


@pytest.mark.parametrize("precision", get_args(Precision))
def test_a_flipped_byte_in_any_file(
    toy_bundle: Path, command: Command, capsys: pytest.CaptureFixture[str], precision: str
) -> None:
    path = toy_bundle / f"{precision}.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert command("verify", toy_bundle, "--json") == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert f"{path} is not the file its card describes" in written.err


@pytest.mark.skipif(provider_named("auto") == "cuda", reason="a GPU is here")
@pytest.mark.parametrize("provider", ["cuda", "tensorrt"])
def test_a_provider_that_is_not_here(toy_exported: Path, provider: str) -> None:
    done = rivereye("verify", toy_exported, "--provider", provider)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"rivereye: --provider {provider}: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--provider", "gpu"), 2, "unknown provider 'gpu'; known: auto, cpu, cuda, tensorrt, openvino"),
        (("--data", "nowhere"), 2, "--data nowhere: no folder there"),
        (("--pictures", "0"), 2, "--pictures"),
    ],
    ids=str,
)
def test_options_that_must_change(
    toy_exported: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, str],
    code: int,
    said: str,
) -> None:
    assert command("verify", toy_exported, *options) == code
    assert said in capsys.readouterr().err


def test_what_is_no_bundle(tmp_path: Path, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("verify", tmp_path) == 1
    assert "no model bundle at" in capsys.readouterr().err


def test_pictures_that_cannot_be_read(toy_exported: Path, folder: Path) -> None:
    broken = write_corrupt(folder / "broken.png", "truncated")
    assert {file["parity"]["n"] for file in call(toy_exported, folder)["files"] if file["parity"]} == {COUNT}
    alone = folder.with_name("alone")
    alone.mkdir()
    broken.rename(alone / "broken.png")
    with pytest.raises(UsageError, match="none of 1 pictures can be read; give others with --data FOLDER"):
        call(toy_exported, alone)


def test_a_card_that_claims_other_answers(toy_bundle: Path, command: Command) -> None:
    card = json.loads((toy_bundle / CARD).read_text(encoding="utf-8"))
    golden = card["precisions"]["fp16"]["golden"]["probabilities"]
    change_card(toy_bundle, "precisions/fp16/golden/probabilities", [1 - answer for answer in golden])
    assert command("verify", toy_bundle) == 1


def test_it_needs_no_tensorflow(toy_exported: Path) -> None:
    """It runs on the machine that will use the bundle."""
    script = (
        "import sys; from rich.console import Console; from deploy.verify import verify; "
        "verify(sys.argv[1], None, 'cpu', None, 1, False, Console(stderr=True)); "
        "assert not {'tensorflow', 'keras', 'tf2onnx', 'onnx', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, toy_exported], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
