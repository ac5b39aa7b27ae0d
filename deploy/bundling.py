"""Writes a bundle: proven models as files, the card that is true of them, and the page for people."""

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from deploy.card import describe
from deploy.domains import drop_unused
from deploy.metadata import write_metadata
from deploy.parity import FLIPS, save_flips
from deploy.proving import Proven
from deploy.request import flips_of
from deploy.speed import Ask
from models.bundle import CARD, Bundle, apart, golden_pictures, most_golden
from models.card import Card, Golden, Model, Precision, Reference
from models.classifier import Classifier
from models.errors import GateNotMet
from models.outputs import new_folder
from models.say import say

GOLDEN_PICTURES = 8
"""Fewer where they are large."""
GOLDEN_SEEDS = range(2026, 2034)
GOLDEN_TOLERANCE: dict[Precision, float] = {"fp32": 0.02, "fp16": 0.1, "int8": 0.5}
UNSAID = "0" * 64
"""In place of a hash that is not known yet."""

Proofs = tuple[dict[Precision, Proven], Reference]
MakeCard = Callable[[dict[Precision, Model], Reference], Card]


def bundle(
    out: Path, proofs: Proofs, make_card: MakeCard, notes: str, force: bool, overwrite: bool, console: Console
) -> Card:
    """Writes the bundle whole, or refuses.

    Args:
        out: its folder. Pictures that were decided otherwise go into a neighbour of it, `OUT-flips`.
        proofs: what `deploy.proving.prove` found.
        make_card: from the files and the reference.
        notes: Markdown for the end of the page.
        force: write it although a limit is passed; its card says so.
        overwrite: replace a bundle that is there.
        console: for the table, and what is to be known.

    Raises:
        GateNotMet: a limit is passed; nothing is left at `out`.
        OutputError: `out` exists or cannot be written.
    """
    found, reference = proofs
    console.print(proofs_table(found, reference))
    kept = _keep_flips(out, found, console)
    passed = list(dict.fromkeys(reason for proven in found.values() for reason in proven.beyond))
    if passed and not force:
        raise GateNotMet(f"export refused: {'; '.join(passed)}. Leave that precision out, or give --force")
    for reason in passed:
        say(console, f"forced: {reason}", "yellow")
    with new_folder(out, overwrite, marker=CARD) as draft:
        card = make_card({precision: _model(precision, proven) for precision, proven in found.items()}, reference)
        card = _with_golden(card, found, console)
        for precision, proven in found.items():
            drop_unused(proven.model)
            write_metadata(proven.model, card, precision)
            card = _with_file(card, precision, proven.model, draft)
        (draft / CARD).write_text(card.model_dump_json(indent=2, by_alias=True) + "\n", encoding="utf-8")
        (draft / "README.md").write_text(describe(card, notes), encoding="utf-8")
        for precision in found:
            Classifier(Bundle(draft, card, precision)).close()  # opens as it will for the user
    if not kept and (flips_of(out) / FLIPS).is_file():
        shutil.rmtree(flips_of(out))  # of an export before this one
    say(console, f"bundle written to {out}")
    return card


def _model(precision: Precision, proven: Proven) -> Model:
    return Model(
        file=f"{precision}.onnx",
        sha256=UNSAID,
        bytes=1,
        opset=next(each.version for each in proven.model.opset_import if not each.domain),
        parity=proven.parity,
        accuracy=proven.accuracy,
        throughput=proven.throughput,
        forced=bool(proven.beyond),
        in_float=proven.in_float,
        golden=Golden(seed=GOLDEN_SEEDS[0], probabilities=(0.0,), tolerance=GOLDEN_TOLERANCE[precision]),
    )


def _with_golden(card: Card, found: Mapping[Precision, Proven], console: Console) -> Card:
    """The same golden pictures for all files: those for which swapped colours would change the answers most."""
    asks = {precision: proven.ask for precision, proven in found.items()}
    betrayed = {seed: _betrays(next(iter(asks.values())), seed, card) for seed in GOLDEN_SEEDS}
    seed = max(betrayed, key=betrayed.__getitem__)
    if betrayed[seed] < max(model.golden.tolerance for model in card.precisions.values()):
        say(console, "golden answers would not tell swapped colours: this network hardly minds them", "yellow")
    pictures = _golden(seed, card)
    models = {}
    for precision, model in card.precisions.items():
        answers = tuple(float(f"{answer:.6g}") for answer in asks[precision](pictures))
        golden = model.golden.model_copy(update={"seed": seed, "probabilities": answers})
        models[precision] = model.model_copy(update={"golden": golden})
    return card.model_copy(update={"precisions": models})


def _betrays(ask: Ask, seed: int, card: Card) -> float:
    pictures = _golden(seed, card)
    return apart(ask(pictures), ask(np.ascontiguousarray(pictures[..., ::-1])))


def _golden(seed: int, card: Card) -> NDArray[np.uint8]:
    size = (card.input.width, card.input.height)
    return golden_pictures(seed, min(GOLDEN_PICTURES, most_golden(*size)), *size)


def _with_file(card: Card, precision: Precision, proto: onnx.ModelProto, folder: Path) -> Card:
    content = proto.SerializeToString()
    model = card.precisions[precision]
    (folder / model.file).write_bytes(content)
    known = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return card.model_copy(update={"precisions": card.precisions | {precision: model.model_copy(update=known)}})


def _keep_flips(out: Path, found: Mapping[Precision, Proven], console: Console) -> bool:
    """Whether there were any."""
    flips = [flip for proven in found.values() for flip in proven.flips]
    if flips:
        with new_folder(flips_of(out), True, marker=FLIPS) as draft:
            save_flips(flips, draft)
        say(console, f"pictures that are decided otherwise: {flips_of(out)}")
    return bool(flips)


def proofs_table(found: Mapping[Precision, Proven], reference: Reference) -> Table:
    """What was measured, the original first."""
    table = Table(
        "file", "on", "n", "largest", "mean", "flips", "right", "per s",
        title=f"converted, against {reference.what}: differences of probability on n pictures",
    )  # fmt: skip
    right = "" if reference.accuracy is None else f"{reference.accuracy.share:.2%}"
    speed = "" if reference.throughput is None else f"{reference.throughput.pictures_per_second:.1f}"
    table.add_row("original", "", "", "", "", "", right, speed)
    for precision, proven in found.items():
        for provider, parity in proven.parity.items():
            timed = proven.throughput if proven.throughput and proven.throughput.provider == provider else None
            table.add_row(
                precision,
                provider,
                str(parity.n),
                f"{parity.largest_difference:.2g}",
                f"{parity.mean_difference:.2g}",
                str(parity.flips),
                f"{proven.accuracy.share:.2%}" if timed and proven.accuracy else "",
                f"{timed.pictures_per_second:.1f}" if timed else "",
            )
    return table
