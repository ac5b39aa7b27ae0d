"""`rivereye export`: from a run to a bundle that was proven to decide the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import keras
import numpy as np
from rich.console import Console

from deploy.bundling import bundle
from deploy.card import make_card
from deploy.convert import to_onnx
from deploy.parity import ENOUGH
from deploy.pictures import UNKNOWN, find_pictures, read
from deploy.proving import Original, prove
from deploy.quantize import CALIBRATION_PICTURES
from deploy.run import Run, open_run
from deploy.speed import Ask
from models.bundle import CARD
from models.card import NAME, Card, Precision
from models.errors import UsageError
from models.networks import cool
from models.outputs import check_folder

KERAS = "the Keras network"
ALL: tuple[Precision, ...] = get_args(Precision)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to export.

    `data`: more pictures to compare on. `at_most`: how many in all. `force`: write the bundle although a limit is
    passed. `reduce_range`: of int8, see `deploy.quantize.to_int8`. `notes`: a Markdown file for the end of the bundle's README.
    """

    precisions: tuple[Precision, ...] = ALL
    data: Path | None = None
    at_most: int = ENOUGH
    force: bool = False
    reduce_range: bool = False
    notes: Path | None = None


def export(folder: Path, out: Path, settings: Settings, overwrite: bool, console: Console) -> Card:
    """Converts a run's network, compares it with Keras on real pictures, and writes the bundle.

    Args:
        folder: of the run.
        out: folder of the bundle; written whole, or not at all.
        settings: see Settings.
        overwrite: replace a bundle that is there.
        console: where progress and the result go.

    Raises:
        UsageError: no run there, or no pictures to compare on.
        OutputError: `out` exists or cannot be written.
        GateNotMet: a converted model decides otherwise, or int8 is slower; nothing is left at `out`.
    """
    check_name(out)
    run, notes = open_run(folder), read_notes(settings.notes)
    check_folder(out, overwrite, marker=CARD)
    network = run.load_network()
    cool(network, run.decision["temperature"], run.decision["shift"])
    _, height, width, _ = network.input_shape
    ranges = run.labelled("validation", CALIBRATION_PICTURES)
    if not ranges and settings.precisions != ("fp32",):
        raise UsageError(
            f"fp16 and int8 need the validation pictures of {folder}, which are gone; put them back, or give --precision fp32"
        )
    shown = read(_judging(run, settings, [path for path, _ in ranges]), (width, height), console, "reading pictures")
    calibration = (
        read(ranges, (width, height), console, "reading validation pictures").pictures
        if settings.precisions != ("fp32",)
        else np.empty((0, height, width, 3), np.uint8)
    )
    with console.status("converting to ONNX"):
        model = to_onnx(network, run.record["network"])
    original = Original(model, _keras_asker(network), KERAS, run.decision["threshold"])
    proofs = prove(original, settings.precisions, calibration, shown, console, settings.reduce_range)
    return bundle(
        out,
        proofs,
        lambda models, reference: make_card(run, out.name, (width, height), models, reference),
        notes,
        settings.force,
        overwrite,
        console,
    )


def precisions_named(text: str) -> tuple[Precision, ...]:
    """`fp32,int8` as precisions, in the order of ALL. Raises UsageError: one of them is unknown."""
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in ALL:
            raise UsageError(f"unknown precision {name!r}; known: {', '.join(ALL)}")
    return tuple(precision for precision in ALL if precision in names)


def check_name(out: Path) -> None:
    """Raises UsageError: a bundle cannot be called so."""
    if not re.fullmatch(NAME, out.name):
        raise UsageError(
            f"a bundle cannot be called {out.name!r}: letters, digits, . _ and - only, the first a letter or digit"
        )


def read_notes(path: Path | None) -> str:
    """Empty where there is no path. Raises UsageError: it cannot be read."""
    try:
        return "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--notes {path}: cannot be read ({error}); give a Markdown file") from error


def _judging(run: Run, settings: Settings, calibration: Sequence[Path]) -> list[tuple[Path, int]]:
    """The run's test pictures, with their labels; then others, which only tell whether decisions stay.

    The others are those of `data`, which get at least half, or else what is left of the run's own pictures.
    """
    limit = settings.at_most
    chosen = run.labelled("test", limit if settings.data is None else limit - limit // 2)
    if settings.data is not None:
        others = find_pictures(settings.data, 2 * limit + len(calibration))
    else:
        others = [path for path, _ in (*run.labelled("validation", limit), *run.labelled("train", limit))]
    used = {path.resolve() for path in (*calibration, *(path for path, _ in chosen))}
    fresh = [(path, UNKNOWN) for path in others if path.resolve() not in used]
    chosen += fresh[: limit - len(chosen)]
    if not chosen:
        raise UsageError(f"the pictures of {run.folder} are gone; give others to compare on with --data FOLDER")
    return chosen


def _keras_asker(network: keras.Model) -> Ask:
    network.compile(jit_compile=False)
    return lambda pictures: np.asarray(network.predict_on_batch(pictures), np.float32)[:, 0]
