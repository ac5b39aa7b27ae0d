"""`rivereye verify`: is a bundle whole, and does it answer on this machine as it did where it was made? Needs no TensorFlow."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from deploy.parity import beyond, compare
from deploy.pictures import UNKNOWN, find_pictures, read
from models.binding import BUCKETS
from models.bundle import EXACT, Bundle, open_bundle
from models.card import Parity
from models.classifier import Classifier
from models.errors import GateNotMet
from models.machine import machine, usable_cores
from models.providers import nodes_of, open_session, provider_named
from models.say import say

SCHEMA = "rivereye/verify/1"
WARMED = [size for size in BUCKETS if size <= 32]
BATCH = 16


def verify(
    place: str,
    data: Path | None,
    provider: str,
    precision: str | None,
    at_most: int,
    as_json: bool,
    console: Console,
) -> dict[str, Any]:
    """Opens every file of the bundle, which checks hash, signature and golden answers; runs each batch size; compares.

    Args:
        place: folder of the bundle, or the name of a released one.
        data: folder of pictures, on which every file is compared on the CPU with the most exact one (fp32, else fp16).
        provider: see `models.providers.provider_named`.
        precision: of the file to look at; None: all.
        at_most: how many of the pictures.
        as_json: what is returned to standard output as well, instead of a table.
        console: for progress and the table.

    Returns:
        `files`: for each what ran its nodes, milliseconds by batch size, and parity where there are pictures.

    Raises:
        BundleError: the bundle is broken, or answers otherwise here.
        UsageError: there is no such provider here, or no picture.
        GateNotMet: more decisions flip than the export allows.
    """
    provider = provider_named(provider)
    first = open_bundle(place, precision)
    card = first.card
    bundles = [Bundle(first.folder, card, precision) for precision in card.precisions]
    pictures = None if data is None else _pictures(data, card.input.width, card.input.height, at_most, console)
    expected = None if pictures is None else _expected(bundles, pictures)
    files = []
    reasons: list[str] = []
    for bundle in bundles if precision is None else [first]:
        with console.status(f"running {bundle.model.file} on {provider}"), Classifier(bundle, provider) as classifier:
            found: dict[str, Any] = {
                "precision": bundle.precision,
                "file": bundle.model.file,
                "sha256": bundle.model.sha256,
                "nodes": _nodes(bundle, provider),
                "milliseconds": {size: _milliseconds(classifier, size) for size in WARMED},
                "parity": None,
            }
            itself = provider == "cpu" and bundle.precision == _judge(bundles).precision
            if pictures is not None and expected is not None and not itself:
                parity = compare(expected, _answers(classifier, pictures), card.threshold.value)
                found["parity"] = parity.model_dump()
                reasons += filter(None, [beyond(parity, bundle.precision, provider, _reference(bundles))])
        files.append(found)
    report = {
        "schema": SCHEMA,
        "bundle": str(first.folder),
        "name": card.name,
        "provider": provider,
        "onnxruntime": ort.__version__,
        "machine": machine(),
        "ok": not reasons,
        "reasons": reasons,
        "files": files,
    }
    _show(report, as_json, console)
    if data is not None and not any(file["parity"] for file in files):
        say(
            console,
            "nothing to compare: the bundle has one file, and it ran on cpu; `rivereye evaluate` judges it by labels",
            "yellow",
        )
    if reasons:
        raise GateNotMet("; ".join(reasons))
    return report


def _pictures(folder: Path, width: int, height: int, at_most: int, console: Console) -> NDArray[np.uint8]:
    paths = [(path, UNKNOWN) for path in find_pictures(folder, at_most)]
    return read(paths, (width, height), console, "reading pictures").pictures


def _judge(bundles: Sequence[Bundle]) -> Bundle:
    """The one that the others are compared with."""
    return min(bundles, key=lambda bundle: EXACT.index(bundle.precision))


def _reference(bundles: Sequence[Bundle]) -> str:
    return f"{_judge(bundles).model.file} on cpu"


def _expected(bundles: Sequence[Bundle], pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    with Classifier(_judge(bundles), "cpu") as classifier:
        return _answers(classifier, pictures)


def _answers(classifier: Classifier, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    starts = range(0, len(pictures), BATCH)
    return np.concatenate([classifier.probabilities(pictures[start : start + BATCH]) for start in starts])


def _milliseconds(classifier: Classifier, size: int) -> float:
    """Of one batch, after one to warm up."""
    batch = np.zeros((size, classifier.input.height, classifier.input.width, 3), np.uint8)
    classifier.probabilities(batch)
    began = perf_counter()
    classifier.probabilities(batch)
    return round(1000 * (perf_counter() - began), 2)


def _nodes(bundle: Bundle, provider: str) -> dict[str, int]:
    """What really ran, by ONNX Runtime's own profile of one batch."""
    wanted = bundle.card.input
    with tempfile.TemporaryDirectory(prefix="rivereye-") as folder:
        session = open_session(bundle.read_model(), provider, usable_cores(), str(Path(folder) / "profile"))
        session.run(None, {wanted.name: np.zeros((1, wanted.height, wanted.width, 3), np.uint8)})
        return nodes_of(json.loads(Path(session.end_profiling()).read_text(encoding="utf-8")))


def _show(report: dict[str, Any], as_json: bool, console: Console) -> None:
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
        return
    table = Table(
        "file", "nodes", f"ms of {WARMED[0]}", f"ms of {WARMED[-1]}", "n", "flips", "largest",
        title=f"{report['name']} on {report['provider']} ({report['machine']}, ONNX Runtime {report['onnxruntime']})",
    )  # fmt: skip
    for file in report["files"]:
        parity = file["parity"] and Parity.model_validate(file["parity"])
        table.add_row(
            file["file"],
            ", ".join(f"{name}: {count}" for name, count in file["nodes"].items()),
            *(f"{file['milliseconds'][size]:.1f}" for size in (WARMED[0], WARMED[-1])),
            *((str(parity.n), str(parity.flips), f"{parity.largest_difference:.2g}") if parity else ("", "", "")),
        )  # fmt: skip
    console.print(table)
    if report["ok"]:
        say(console, "whole: hashes, signature and golden answers are as the card says", "green")
