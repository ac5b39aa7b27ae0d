"""Exports of the one VGG16 that was trained for real, and runs of a network small enough to make anew."""

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import keras
import onnx
import pytest

from deploy.convert import to_onnx
from models.bundle import Bundle, open_bundle
from models.card import Precision
from rivereye import main
from tests.deploy.runs import toy_network, write_run
from tests.factories import rivereye
from tests.pictures import draw_dataset, vgg16_run

NOTES = "## Licences\nGive credit to the river.\n"
OTHERS = 6
"""Pictures that the int8 export is checked on; the fp32 one takes the run's own four."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vgg16_run(tmp_path_factory) / "run"


@pytest.fixture(scope="session")
def keras_vgg16(trained: Path) -> keras.Model:
    return keras.saving.load_model(trained / "network.keras", compile=False)


@pytest.fixture(scope="session")
def fp32(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """By the command, with nothing but what it needs."""
    folder = tmp_path_factory.mktemp("bundles") / "river-fp32"
    done = rivereye("export", trained, "--out", folder, timeout=300)
    assert done.returncode == 0, done.stderr
    return open_bundle(str(folder))


@pytest.fixture(scope="session")
def int8(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """By the command, with all its options. Flips are let through: so little training leaves every answer near 0.5."""
    folder = tmp_path_factory.mktemp("bundles") / "river-int8"
    others = draw_dataset(folder.with_name("others"), 2 * OTHERS)
    notes = folder.with_name("notes.md")
    notes.write_text(NOTES, encoding="utf-8")
    options = ["--precision", "int8", "--max-flips", "1", "--pictures", str(OTHERS)]
    done = rivereye("export", trained, "--out", folder, *options, "--data", others, "--notes", notes, timeout=300)
    assert done.returncode == 0, done.stderr
    return open_bundle(str(folder))


@pytest.fixture(scope="session", params=get_args(Precision))
def exported(request: pytest.FixtureRequest) -> Bundle:
    bundle: Bundle = request.getfixturevalue(request.param)
    return bundle


@pytest.fixture(scope="session")
def toy() -> keras.Model:
    return toy_network()


@pytest.fixture(scope="session")
def toy_onnx(toy: keras.Model) -> onnx.ModelProto:
    return to_onnx(toy, "toy")


@pytest.fixture
def run(toy: keras.Model, tmp_path: Path) -> Path:
    """A run of the toy network; its pictures lie in RUN/../pictures."""
    return write_run(tmp_path / "run", toy)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., int]]:
    """Runs `rivereye` in this process, where TensorFlow is loaded already, and gives the exit code."""
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    kept = signal.getsignal(signal.SIGTERM)

    def call(*arguments: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["rivereye", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        return int(caught.value.code or 0)

    yield call
    signal.signal(signal.SIGTERM, kept)
