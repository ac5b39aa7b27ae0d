"""`rivereye export`: from a run to a bundle that was proven to decide the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from rich.console import Console

from deploy.bundling import bundle
from deploy.card import make_card
from deploy.convert import load_network, to_onnx
from deploy.parity import ENOUGH
from deploy.pictures import UNKNOWN, find_pictures, read
from deploy.proving import Original, prove
from deploy.quantize import CALIBRATION_PICTURES
from deploy.request import ALL, check_number, check_out, read_notes
from deploy.run import Run, open_run
from deploy.speed import Ask
from models.card import Card, Precision
from models.errors import UsageError
from models.networks import cool

KERAS = "the Keras network"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to export.

    `data`: more pictures to compare on. `at_most`: how many in all. `force`: write the bundle although a limit is
    passed. `notes`: a Markdown file for the end of the bundle's README.
    """

    precisions: tuple[Precision, ...] = ALL
    data: Path | None = None
    at_most: int = ENOUGH
    force: bool = False
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
        GateNotMet: there are too few pictures, a converted model decides otherwise, or int8 is slower; nothing is left at `out`.
    """
    run, notes = open_run(folder), read_notes(settings.notes)
    check_out(out, overwrite)
    network = load_network(folder)
    cool(network, run.decision["temperature"], run.decision["shift"])
    _, height, width, _ = network.input_shape
    ranges = run.labelled("validation", CALIBRATION_PICTURES)
    if not ranges and settings.precisions != ("fp32",):
        raise UsageError(
            f"fp16 and int8 need the validation pictures of {folder}, which are gone; put them back, or give --precision fp32"
        )
    judging = _judging(run, settings, [path for path, _ in ranges])
    shown = read(judging, (width, height), console, "reading pictures", settings.at_most)
    check_number(len(shown.paths), settings.at_most, settings.force)
    calibration = (
        read(ranges, (width, height), console, "reading validation pictures").pictures
        if settings.precisions != ("fp32",)
        else np.empty((0, height, width, 3), np.uint8)
    )
    with console.status("converting to ONNX"):
        model = to_onnx(network, run.record["network"])
    original = Original(model, _keras_asker(network), KERAS, run.decision["threshold"])
    proofs = prove(original, settings.precisions, calibration, shown, console)
    return bundle(
        out,
        proofs,
        lambda models, reference: make_card(run, out.name, (width, height), models, reference),
        notes,
        settings.force,
        overwrite,
        console,
    )


def _judging(run: Run, settings: Settings, calibration: Sequence[Path]) -> list[tuple[Path, int]]:
    """In the order in which they are wanted, and more than are, as some may be unreadable.

    The run's test pictures, with their labels; then its others, which only tell whether decisions stay. Those of `data`, which only
    tell that too, come when half are chosen. None that gave ranges.
    """
    limit = settings.at_most
    test = run.labelled("test", limit)
    own = [(path, UNKNOWN) for part in ("validation", "train") for path, _ in run.labelled(part, 2 * limit)]
    half = limit - limit // 2
    given = (
        []
        if settings.data is None
        else [(path, UNKNOWN) for path in find_pictures(settings.data, 2 * limit + len(calibration))]
    )
    used, known = {path.resolve() for path in calibration}, {path.resolve(): label for path, label in test}
    chosen: dict[Path, tuple[Path, int]] = {}
    for path, label in (*test[:half], *given, *test[half:], *own):
        if (real := path.resolve()) not in used:
            chosen.setdefault(real, (path, known.get(real, label)))
    if not chosen:
        raise UsageError(f"the pictures of {run.folder} are gone; give others to compare on with --data FOLDER")
    return list(chosen.values())


def _keras_asker(network: keras.Model) -> Ask:
    network.compile(jit_compile=False)
    return lambda pictures: np.asarray(network.predict_on_batch(pictures), np.float32)[:, 0]
