"""Answers of networks to many pictures, in batches."""

from collections.abc import Iterable
from functools import partial

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from rich.console import Console

from deploy.speed import BATCH, Ask
from models.machine import usable_cores
from models.progress import track
from models.providers import open_session


def asker(model: onnx.ModelProto, provider: str) -> Ask:
    """Answers of a converted model, as the stream would get them."""
    return partial(_answer, open_session(model.SerializeToString(), provider, usable_cores()))


def answers(ask: Ask, pictures: NDArray[np.uint8], starts: Iterable[int] | None = None) -> NDArray[np.float32]:
    """As `ask_all`, without a bar."""
    return np.concatenate([ask(pictures[start : start + BATCH]) for start in starts or _starts(pictures)])


def ask_all(ask: Ask, pictures: NDArray[np.uint8], name: str, console: Console) -> NDArray[np.float32]:
    """To pictures, uint8 (n, height, width, 3) BGR, with a bar that says whose answers they are: float32, (n,)."""
    return answers(ask, pictures, track(_starts(pictures), f"asking {name}", console=console))


def _starts(pictures: NDArray[np.uint8]) -> range:
    return range(0, len(pictures), BATCH)


def _answer(session: ort.InferenceSession, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(session.run(None, {session.get_inputs()[0].name: pictures})[0], np.float32)[:, 1]
