"""`rivereye export`: from a run to a bundle that was proven to decide the same."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from deploy.card import GOLDEN_PICTURES, GOLDEN_SEED, describe, make_card
from deploy.convert import to_onnx
from deploy.parity import LIMITS, check, compare
from deploy.quantize import CALIBRATION_PICTURES, to_int8
from deploy.run import Run, find_pictures, open_run
from models.bundle import CARD, Bundle, golden_pictures
from models.card import NAME, Card, Parity, Precision
from models.classifier import Classifier
from models.errors import PictureError, UsageError
from models.networks import cool
from models.outputs import new_folder
from models.picture import fit, read_picture
from models.say import say

FILE = "model.onnx"
BATCH = 16

Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]
"""Pictures, uint8 (n, height, width, 3) BGR, to probabilities of a ship, float32 (n,)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to export.

    `data`: pictures to check on; None for the run's own test pictures. `at_most`: how many of them.
    `max_flips`: share of decisions that may flip; None for the precision's own limit. `notes`: a
    Markdown file for the end of the bundle's README.
    """

    precision: Precision = "fp32"
    data: Path | None = None
    at_most: int = 1000
    max_flips: float | None = None
    notes: Path | None = None


def export(folder: Path, out: Path, settings: Settings, overwrite: bool, console: Console) -> Card:
    """Converts a run's network, checks it against Keras on real pictures, and writes the bundle.

    Args:
        folder: of the run.
        out: folder of the bundle; written whole, or not at all.
        settings: see Settings.
        overwrite: replace a bundle that is there.
        console: where progress and the result go.

    Raises:
        UsageError: no run there, or no pictures to check on.
        OutputError: `out` exists or cannot be written.
        GateNotMet: the converted model decides otherwise; nothing is left at `out`.
    """
    if not re.fullmatch(NAME, out.name):
        raise UsageError(
            f"a bundle cannot be called {out.name!r}: letters, digits, . _ and - only, the first a letter or digit"
        )
    run, notes = open_run(folder), _notes(settings.notes)
    with new_folder(out, overwrite, marker=CARD) as draft:
        network = run.load_network()
        cool(network, run.decision["temperature"], run.decision["shift"])
        _, height, width, _ = network.input_shape
        pictures = _read(_test_paths(run, settings), height, width, console)
        model = _convert(run, network, settings.precision, console)
        onnx.save(model, draft / FILE)
        ask = _onnx_asker(draft / FILE)
        threshold = run.decision["threshold"]
        parity = compare(
            _ask_all(_keras_asker(network), pictures, "Keras", console),
            _ask_all(ask, pictures, "ONNX", console),
            threshold,
        )
        console.print(_parity_table(parity, settings.precision))
        limits = LIMITS[settings.precision]
        check(
            parity,
            settings.precision,
            limits if settings.max_flips is None else replace(limits, flips=settings.max_flips),
        )
        golden = ask(golden_pictures(GOLDEN_SEED, GOLDEN_PICTURES, width, height))
        card = make_card(run, out.name, settings.precision, draft / FILE, (width, height), parity, golden)
        (draft / CARD).write_text(card.model_dump_json(indent=2, by_alias=True) + "\n", encoding="utf-8")
        (draft / "README.md").write_text(describe(card, notes), encoding="utf-8")
        Classifier(Bundle(draft, card, settings.precision)).close()  # opens as it will for the user
    say(console, f"bundle written to {out}")
    return card


def precision_named(name: str) -> Precision:
    """Raises UsageError: no such precision."""
    known: tuple[Precision, ...] = get_args(Precision)
    for each in known:
        if name == each:
            return each
    raise UsageError(f"unknown precision {name!r}; known: {', '.join(known)}")


def _notes(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--notes {path}: cannot be read ({error}); give a Markdown file") from error


def _test_paths(run: Run, settings: Settings) -> list[Path]:
    if settings.data is not None:
        return find_pictures(settings.data, settings.at_most)
    paths = run.paths("test", settings.at_most)
    if not paths:
        raise UsageError(f"the test pictures of {run.folder} are gone; give others to check on with --data FOLDER")
    return paths


def _convert(run: Run, network: keras.Model, precision: Precision, console: Console) -> onnx.ModelProto:
    with console.status("converting to ONNX"):
        model = to_onnx(network, run.record["network"])
    if precision == "fp32":
        return model
    _, height, width, _ = network.input_shape
    paths = run.paths("validation", CALIBRATION_PICTURES)
    if not paths:
        raise UsageError(
            f"int8 needs the validation pictures of {run.folder}, which are gone; put them back, or give --precision fp32"
        )
    pictures = _read(paths, height, width, console)
    with console.status(f"quantising, with the ranges of {len(pictures)} validation pictures"):
        return to_int8(model, pictures)


def _read(paths: Sequence[Path], height: int, width: int, console: Console) -> NDArray[np.uint8]:
    pictures = []
    for path in track(paths, "reading pictures", console=console):
        try:
            pictures.append(fit(read_picture(path), width, height))
        except PictureError as error:
            say(console, f"skipped: {error}", "yellow")
    if not pictures:
        raise UsageError(f"none of {len(paths)} pictures can be read; give others with --data FOLDER")
    return np.stack(pictures)


def _keras_asker(network: keras.Model) -> Ask:
    network.compile(jit_compile=False)
    return lambda pictures: np.asarray(network.predict_on_batch(pictures), np.float32)[:, 0]


def _onnx_asker(path: Path) -> Ask:
    session = ort.InferenceSession(path, providers=["CPUExecutionProvider"])
    return lambda pictures: np.asarray(session.run(["probabilities"], {"pictures": pictures})[0], np.float32)[:, 1]


def _ask_all(ask: Ask, pictures: NDArray[np.uint8], name: str, console: Console) -> NDArray[np.float32]:
    starts = range(0, len(pictures), BATCH)
    return np.concatenate(
        [ask(pictures[start : start + BATCH]) for start in track(starts, f"asking {name}", console=console)]
    )


def _parity_table(parity: Parity, precision: Precision) -> Table:
    table = Table(
        "precision",
        "pictures",
        "largest difference",
        "mean difference",
        "decisions that flip",
        title="ONNX against Keras",
    )
    table.add_row(
        precision, str(parity.n), f"{parity.largest_difference:.2g}", f"{parity.mean_difference:.2g}", str(parity.flips)
    )
    return table
