"""A deployable model: a folder with `card.json` and an ONNX file. Needs neither Keras nor ONNX Runtime."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from models.card import Card, Model, Precision
from models.errors import BundleError, UsageError, reason

CARD = "card.json"
SCHEMA = Path(__file__).parent / "schemas" / "card.schema.json"
RELEASED = Path(__file__).parent / "released"
DEFAULT = "vgg16-river-slim"
SUREST = 1e-6
"""Probabilities beyond are taken for this: what is left is noise."""
LARGEST_CARD = 2**20
"""Bytes."""
LARGEST_GOLDEN = 64_000_000
"""Bytes of golden pictures that are made for a card."""
ON_GPU: tuple[Precision, ...] = ("fp16", "fp32", "int8")
"""From the likeliest to be the fastest."""
EXACT: tuple[Precision, ...] = ("fp32", "fp16", "int8")
"""The first that there is, is what the others are held against."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose card was read. `precision` is the one to run."""

    folder: Path
    card: Card
    precision: Precision

    @property
    def model(self) -> Model:
        return self.card.precisions[self.precision]

    def read_model(self) -> bytes:
        """The ONNX file's bytes, once they match the card.

        Raises:
            BundleError: the file is missing or has other contents than the card says.
        """
        path = self.folder / self.model.file
        try:
            if path.resolve().parent != self.folder.resolve():
                raise BundleError(f"{path} is a link that leaves its bundle; copy the file itself")
            if path.stat().st_size != self.model.bytes:
                raise BundleError(
                    f"{path} has {path.stat().st_size} bytes, its card says {self.model.bytes}; copy the bundle again"
                )
            content = path.read_bytes()
        except (OSError, RuntimeError) as error:  # the latter: links in a circle, before Python 3.13
            raise BundleError(f"cannot read {path}: {reason(error)}; copy the bundle again") from error
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.model.sha256:
            raise BundleError(
                f"{path} is not the file its card describes: sha256 {digest}, expected {self.model.sha256}; copy the bundle again"
            )
        return content


def open_bundle(place: str, precision: str | None = None, provider: str = "cpu") -> Bundle:
    """Opens a bundle by its folder, or a released one by its name.

    Args:
        place: folder or name.
        precision: the one to run; None: on a GPU the first of fp16, fp32 and int8 that it has, else the card's first, which was
            the fastest where it was made.
        provider: what it will run on.

    Raises:
        BundleError: no bundle there, or its card cannot be understood.
        UsageError: it has no file of this precision.
    """
    folder = Path(place)
    try:
        folder.exists()
    except (OSError, ValueError) as error:
        raise BundleError(f"no model bundle at {place}: {error}") from error
    if not folder.exists() and (RELEASED / place / CARD).is_file():
        folder = RELEASED / place
    card_path = folder / CARD
    if not card_path.is_file():
        names = ", ".join(sorted(path.parent.name for path in RELEASED.glob(f"*/{CARD}")))
        if (folder / "run.json").is_file():
            raise BundleError(
                f"no model bundle at {place}: it is a training run; make one of it: rivereye export {place} --out BUNDLE"
            )
        found = "a file" if folder.is_file() else f"a folder without {CARD}" if folder.is_dir() else "nothing"
        raise BundleError(
            f"no model bundle at {place}: found {found}; a bundle is a folder with {CARD} and an .onnx file, or a released model: {names or 'none here'}"
        )
    try:
        if card_path.stat().st_size > LARGEST_CARD:
            raise BundleError(
                f"{card_path} has {card_path.stat().st_size} bytes; no card needs more than {LARGEST_CARD}"
            )
        card = Card.model_validate_json(card_path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BundleError(
            f"cannot understand {card_path}: {where}: {first['msg']}; was it written by a newer rivereye, or by hand?"
        ) from error
    except OSError as error:
        raise BundleError(f"cannot read {card_path}: {reason(error)}; copy the bundle again") from error
    _check_golden(card, card_path)
    return Bundle(folder, card, _chosen(card, precision, provider))


def _check_golden(card: Card, path: Path) -> None:
    for precision, model in card.precisions.items():
        n, size = len(model.golden.probabilities), (card.input.width, card.input.height)
        if n > most_golden(*size):
            raise BundleError(
                f"{path} asks for {n} golden pictures of {size[0]} x {size[1]} pixels ({precision}); no more than {LARGEST_GOLDEN} bytes of them "
                f"are made, and no bundle needs more"
            )


def _chosen(card: Card, wanted: str | None, provider: str) -> Precision:
    order = sorted(card.precisions, key=ON_GPU.index) if provider in ("cuda", "tensorrt") else list(card.precisions)
    for each in order:
        if wanted in (None, each):
            return each
    raise UsageError(f"model {card.name} has no precision {wanted!r}; it has {', '.join(card.precisions)}")


def apart(answers: NDArray[np.float32], golden: Sequence[float] | NDArray[np.float32]) -> float:
    """How far probabilities are from golden ones, as the largest difference of logits: a network that is sure of all of them shows there, too."""
    found, expected = (np.clip(np.asarray(each, np.float64), SUREST, 1 - SUREST) for each in (answers, golden))
    return float(np.abs(np.log(found / (1 - found)) - np.log(expected / (1 - expected))).max())


def most_golden(width: int, height: int) -> int:
    """How many golden pictures of this size a card may ask for."""
    return LARGEST_GOLDEN // (width * height * 3)


def golden_pictures(seed: int, n: int, width: int, height: int) -> NDArray[np.uint8]:
    """Test pictures that anyone can make again: coarse coloured tiles.

    Raw words of PCG64, since NumPy promises those for all versions, unlike drawn distributions.

    Returns:
        uint8, (n, height, width, 3), BGR.
    """
    tiles = 5
    words = np.random.PCG64(seed).random_raw(n * tiles * tiles * 3)
    colours = (words >> np.uint64(56)).astype(np.uint8).reshape(n, tiles, tiles, 3)
    rows = np.arange(height) * tiles // height
    columns = np.arange(width) * tiles // width
    return np.ascontiguousarray(colours[:, rows][:, :, columns])


def schema() -> str:
    """JSON Schema (2020-12) of a card, as `schemas/card.schema.json` holds it."""
    return json.dumps(Card.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8")
