"""Which file of a bundle is run, and on what, as the command line takes it."""

import json
from pathlib import Path

import pytest

from models.providers import providers_here
from tests.factories import rivereye, write_bundle, write_picture


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return write_picture(tmp_path / "a.png", 200)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "bundle")


def test_the_precision_that_runs_is_on_record(picture: Path, bundle: Path) -> None:
    done = rivereye("stream", picture, "--model", bundle, "--precision", "fp32", "--provider", "cpu")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"]["precision"] == "fp32"
    assert "on cpu" in done.stderr


@pytest.mark.parametrize("verb", ["stream", "collect"])
@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--precision", "fp16", "model brightness has no precision 'fp16'; it has fp32"),
        ("--provider", "tpu", "unknown provider 'tpu'; known: auto, cpu, cuda, tensorrt, openvino"),
    ],
)
def test_what_is_not_there_is_refused(
    tmp_path: Path, picture: Path, bundle: Path, verb: str, option: str, value: str, said: str
) -> None:
    where: list[str | Path] = ["--out", tmp_path / "out"] if verb == "collect" else []
    done = rivereye(verb, picture, "--model", bundle, option, value, *where)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif("cuda" in providers_here(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_no_cpu(picture: Path, bundle: Path) -> None:
    done = rivereye("stream", picture, "--model", bundle, "--provider", "cuda")
    assert done.returncode == 2
    assert "--provider cuda: " in done.stderr
    assert done.stdout == ""
