"""Exports of the one VGG16 that was trained for real, and runs of a network small enough to make anew."""

import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from rich.console import Console

from deploy import parity, proving
from deploy.convert import to_onnx
from deploy.export import Settings, export
from deploy.speed import Ask
from models.bundle import Bundle, open_bundle
from models.card import Precision
from rivereye import main
from tests.deploy.runs import toy_network, write_run
from tests.factories import rivereye
from tests.pictures import draw_dataset, vgg16_run

NOTES = "## Licences\nGive credit to the river.\n"
OTHERS = 6
"""Pictures that the export is checked on: half of them the run's own."""


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return vgg16_run(tmp_path_factory) / "run"


@pytest.fixture(scope="session")
def keras_vgg16(trained: Path) -> keras.Model:
    return keras.saving.load_model(trained / "network.keras", compile=False)


@pytest.fixture(scope="session")
def every(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of all precisions by the command. Flips are let through: so little training leaves every answer near the threshold."""
    folder = tmp_path_factory.mktemp("bundles") / "river"
    others = draw_dataset(folder.with_name("others"), 2 * OTHERS)
    notes = folder.with_name("notes.md")
    notes.write_text(NOTES, encoding="utf-8")
    options = ("--force", "--pictures", str(OTHERS), "--data", others, "--notes", notes)
    done = rivereye("export", trained, "--out", folder, *options, timeout=500)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def fp32(every: Path) -> Bundle:
    return open_bundle(str(every), "fp32")


@pytest.fixture(scope="session")
def fp16(every: Path) -> Bundle:
    return open_bundle(str(every), "fp16")


@pytest.fixture(scope="session")
def int8(every: Path) -> Bundle:
    return open_bundle(str(every), "int8")


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


@pytest.fixture(scope="session")
def toy_exported(toy: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the toy in all precisions; not to be changed."""
    folder = tmp_path_factory.mktemp("toy")
    run = write_run(folder / "run", toy)
    export(run, folder / "toy", Settings(force=True), False, Console(file=StringIO()))
    return folder / "toy"


@pytest.fixture
def toy_bundle(toy_exported: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may damage."""
    return Path(shutil.copytree(toy_exported, tmp_path / "toy"))


@pytest.fixture
def same_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is too small for 8 bits to make it faster: by chance it is, or is refused."""

    def timed(models: Mapping[str, Ask], pictures: NDArray[np.uint8]) -> dict[str, float]:
        return dict.fromkeys(models, 100.0)

    monkeypatch.setattr(proving, "pictures_per_second", timed)


@pytest.fixture
def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the other limits; that of the number of pictures has tests of its own."""
    monkeypatch.setattr(parity, "ENOUGH", 1)


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
