"""Bundles that are damaged on purpose."""

import hashlib
import json
from pathlib import Path
from typing import Any

import onnx

from models.bundle import CARD


def change_card(folder: Path, where: str, value: object) -> None:
    """Sets the field at a path of the card, such as `threshold/value`."""
    path = folder / CARD
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    *parents, last = where.split("/")
    part = card
    for name in parents:
        part = part[name]
    part[last] = value
    path.write_text(json.dumps(card), encoding="utf-8")


def replace_model(folder: Path, precision: str, model: onnx.ModelProto) -> None:
    """Writes another file in the place of a bundle's, and has its card say so."""
    write_model(folder, precision, model.SerializeToString())


def write_model(folder: Path, precision: str, content: bytes) -> None:
    """The same of any bytes."""
    (folder / f"{precision}.onnx").write_bytes(content)
    change_card(folder, f"precisions/{precision}/sha256", hashlib.sha256(content).hexdigest())
    change_card(folder, f"precisions/{precision}/bytes", len(content))
