"""`rivereye import`: anybody's image classifier, an ONNX or a Keras file, as a bundle."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from deploy.adapter import wrap
from deploy.asked import Asked
from deploy.bundling import bundle
from deploy.card import exporters, now
from deploy.foreignfile import describe, open_file
from deploy.parity import ENOUGH
from deploy.pictures import UNKNOWN, check_folder_of_pictures, find_pictures, read
from deploy.proving import Original, prove
from deploy.quantize import CALIBRATION_PICTURES
from deploy.request import check_number, check_out, read_notes
from models.card import Card, Input, Model, Network, Precision, Reference, Threshold, Weights
from models.errors import UsageError
from models.say import say


@dataclass(frozen=True, slots=True)
class Settings:
    """How to import. `source` and `licence`: of the weights. The rest as in `deploy.export.Settings`."""

    data: Path
    precisions: tuple[Precision, ...] = ("fp32",)
    threshold: float = 0.5
    source: str = "as given by whoever imported it"
    licence: str = "not stated"
    at_most: int = ENOUGH
    force: bool = False
    notes: Path | None = None


def import_model(path: Path, out: Path, asked: Asked, settings: Settings, overwrite: bool, console: Console) -> Card:
    """Wraps a classifier, compares it with the original file on real pictures, and writes the bundle.

    Args:
        path: an .onnx, .keras or .h5 file. Nothing in it is executed or unpickled, and no other file is read for it.
        out: folder of the bundle; written whole, or not at all.
        asked: what its user says of it; what is left open is read from the file.
        settings: see Settings.
        overwrite: replace a bundle that is there.
        console: for progress, and for what was taken from the file.

    Raises:
        UsageError: the file is no such classifier, something about it has to be said, or there are no pictures.
        OutputError: `out` exists or cannot be written.
        GateNotMet: there are too few pictures, or a converted model decides otherwise; nothing is left at `out`.
    """
    if not 0 <= settings.threshold <= 1:
        raise UsageError(f"--threshold {settings.threshold}: give a probability, from 0 to 1")
    notes = read_notes(settings.notes)
    check_out(out, overwrite)
    check_folder_of_pictures(settings.data)
    file = open_file(path, asked)
    say(console, f"{path.name}: {describe(file)}")
    size = (file.takes.width, file.takes.height)
    paths = find_pictures(settings.data, 2 * settings.at_most + CALIBRATION_PICTURES)  # some may be unreadable
    # No picture that ranges are taken from may judge them; where only fp32 is made, there are none.
    wanted = min(CALIBRATION_PICTURES, max(1, len(paths) // 4))
    ranges = paths[:wanted] if settings.precisions != ("fp32",) else []
    judging = [(each, _label(each, settings.data, set(asked.positive))) for each in paths[len(ranges) :]]
    shown = read(judging, size, console, "reading pictures", settings.at_most)
    check_number(len(shown.paths), settings.at_most, settings.force)
    calibration = shown.pictures[:0]
    if ranges:
        say(console, f"{len(ranges)} of {len(paths)} pictures give the ranges of layers, and are not compared on")
        calibration = read([(each, UNKNOWN) for each in ranges], size, console, "reading pictures for ranges").pictures
    model = wrap(file.model, file.takes, file.gives)
    original = Original(
        model,
        file.ask,
        f"the file {path.name}",
        settings.threshold,
        "onnxruntime" if path.suffix.lower() == ".onnx" else "keras",
    )
    proofs = prove(original, settings.precisions, calibration, shown, console)

    def make_card(models: dict[Precision, Model], reference: Reference) -> Card:
        return Card(
            name=out.name,
            version=exporters()["rivereye"],
            created=now(),
            network=Network(architecture=path.stem, weights=Weights(source=settings.source, licence=settings.licence)),
            input=Input(width=size[0], height=size[1]),
            threshold=Threshold(value=settings.threshold, chosen="by whoever imported it"),
            recipe="imported",
            reference=reference,
            precisions=models,
            versions=exporters(),
        )

    return bundle(out, proofs, make_card, notes, settings.force, overwrite, console)


def _label(path: Path, data: Path, positive: set[str]) -> int:
    """By the folders below `data`: those of ships, and `no_ship`; any others say nothing."""
    folders = set(path.relative_to(data).parts[:-1])
    return 1 if folders & {"ship", *positive} else 0 if "no_ship" in folders else UNKNOWN
