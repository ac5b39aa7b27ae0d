"""Real inputs whose answer is known beforehand: bundles, clips, pictures, and the command line that meets them.

The network of `write_bundle` answers with a picture's mean brightness, so that a bright frame is a
ship, a dark one is none, and the confidence can be foretold.
"""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import cv2
import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image

from models.bundle import CARD, Bundle, golden_pictures, open_bundle
from models.card import (
    Aim,
    Card,
    Data,
    Golden,
    Input,
    Metrics,
    Model,
    Network,
    Parity,
    Reference,
    Share,
    Threshold,
    Weights,
)
from models.picture import Box, Picture
from stream.looking.detection import Detection, ModelId, View, blind, seen
from stream.sources.frame import Frame, Reason
from stream.sources.source import Source

SIDE = 16
GOLDEN_SEED, GOLDEN_PICTURES = 7, 3
OPSET = 17
BRIGHT, DARK = 230, 45
"""Levels of grey far enough from the threshold that a video encoder cannot carry them over it, and so light that it is no night."""
RIPPLES = (-15, 5, 15, -5, -15, 5, 15, -5)
"""Added to stripes of a picture, from left to right: they stand out, and leave its mean brightness, and that of each half, as it is."""
FAST_START = {"movflags": "faststart"}
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
COMMAND = Path(sys.executable).with_name("rivereye")


def grey(level: int, width: int = 32, height: int = 24) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def rippled(level: int, width: int = 32, height: int = 24, turn: int = 0) -> Picture:
    """Grey of this mean, if the width is a multiple of 8, on which something is to be seen; `turn` moves the stripes on."""
    stripes = np.roll(RIPPLES, turn)[np.arange(width) * len(RIPPLES) // width]
    return np.broadcast_to((level + stripes).clip(0, 255).astype(np.uint8)[None, :, None], (height, width, 3)).copy()


def patched(box: Box, level: int = BRIGHT, size: tuple[int, int] = (64, 48)) -> Picture:
    """A dark picture of this width and height, of another grey within the box."""
    picture = rippled(DARK, *size)
    left, top, right, bottom = box
    picture[top:bottom, left:right] = level
    return picture


def brightness_model(
    take: str = "pictures",
    give: str = "probabilities",
    side: int = SIDE,
    batch: str | int = "batch",
    divisor: float = 255.0,
) -> bytes:
    """An ONNX file: mean of all pixels / `divisor` is the probability of a ship. A divisor of 0 answers NaN or infinity."""
    one = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
    scale = helper.make_tensor("scale", TensorProto.FLOAT, [1], [divisor])
    return _model(
        [
            helper.make_node("Cast", [take], ["pixels"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
            helper.make_node("Div", ["column", "scale"], ["ship"]),
            helper.make_node("Sub", ["one", "ship"], ["no_ship"]),
            helper.make_node("Concat", ["no_ship", "ship"], [give], axis=1),
        ],
        [one, scale, helper.make_tensor("last", TensorProto.INT64, [1], [1])],
        (take, [batch, side, side, 3]),
        (give, [batch, 2]),
    )


def contrast_model() -> bytes:
    """An ONNX file: mean / maximum of all pixels; right for every picture but a black one, where it answers NaN."""
    return _model(
        [
            helper.make_node("Cast", ["pictures"], ["pixels"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("ReduceMax", ["pixels"], ["most"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Div", ["mean", "most"], ["share"]),
            helper.make_node("Unsqueeze", ["share", "last"], ["ship"]),
            helper.make_node("Sub", ["one", "ship"], ["no_ship"]),
            helper.make_node("Concat", ["no_ship", "ship"], ["probabilities"], axis=1),
        ],
        [
            helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
        ],
        ("pictures", ["batch", SIDE, SIDE, 3]),
        ("probabilities", ["batch", 2]),
    )


def _model(
    nodes: list[object],
    constants: list[object],
    take: tuple[str, list[str | int]],
    give: tuple[str, list[str | int]],
) -> bytes:
    graph = helper.make_graph(
        nodes,
        "known-answer",
        [helper.make_tensor_value_info(take[0], TensorProto.UINT8, take[1])],
        [helper.make_tensor_value_info(give[0], TensorProto.FLOAT, give[1])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def golden_answers(content: bytes) -> tuple[float, ...]:
    """What ONNX Runtime answers for the golden pictures."""
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    pictures = golden_pictures(GOLDEN_SEED, GOLDEN_PICTURES, SIDE, SIDE)
    answers: NDArray[np.float32] = session.run(["probabilities"], {"pictures": pictures})[0]
    return tuple(answers[:, 1].tolist())


def make_card(content: bytes, golden: Sequence[float], threshold: float = 0.5) -> Card:
    """A card that is true of the ONNX file `content`, save for `golden`, which is the caller's affair."""
    share = Share(right=9, n=10, share=0.9, low=0.6, high=0.98)
    metrics = Metrics(accuracy=share, recall=share, false_alarms=share)
    return Card(
        name="brightness",
        version="1",
        created="2026-01-01",
        network=Network(architecture="mean", weights=Weights(source="none", licence="Apache-2.0")),
        input=Input(width=SIDE, height=SIDE),
        threshold=Threshold(value=threshold, chosen="by hand"),
        data=Data(sha256="0" * 64, pictures=0, grouping="picture", parts={}),
        stages={"one": metrics},
        reference=Reference(what="arithmetic"),
        aims={"miss<=2%": Aim(threshold=0.05, test=metrics)},
        precisions={
            "fp32": Model(
                file="model.onnx",
                sha256=hashlib.sha256(content).hexdigest(),
                bytes=len(content),
                opset=OPSET,
                parity={"cpu": Parity(n=1, largest_difference=0, mean_difference=0, flips=0)},
                golden=Golden(seed=GOLDEN_SEED, probabilities=tuple(golden), tolerance=1e-4),
            )
        },
        versions={},
    )


def write_bundle(folder: Path, content: bytes | None = None, golden: Sequence[float] | None = None) -> Path:
    """A folder with an ONNX file and its card; by itself one that opens and answers with the mean brightness."""
    content = brightness_model() if content is None else content
    card = make_card(content, golden_answers(content) if golden is None else golden)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(content)
    (folder / CARD).write_text(card.model_dump_json(by_alias=True), encoding="utf-8")
    return folder


def opened_bundle(folder: Path, content: bytes | None = None, golden: Sequence[float] | None = None) -> Bundle:
    return open_bundle(str(write_bundle(folder, content, golden)))


def write_clip(
    path: Path,
    levels: Sequence[int],
    fps: int | Fraction = 10,
    options: dict[str, str] = FAST_START,
    size: tuple[int, int] = (64, 48),
    ticks: Sequence[int] | None = None,
    container: str = "mp4",
) -> Path:
    """An H.264 MP4, a frame a level of grey, a key frame a second. `ticks`: times of the frames, in 1/fps of a second."""
    with av.open(str(path), "w", format=container, options=options if container == "mp4" else {}) as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size = max(1, round(fps))
        stream.codec_context.time_base = 1 / Fraction(fps)
        for index, level in enumerate(levels):
            frame = av.VideoFrame.from_ndarray(rippled(level, *size), format="bgr24")
            frame.pts = index if ticks is None else ticks[index]
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def frames_of(source: Source) -> list[Frame]:
    """Those that are looked at, to the end."""
    with closing(source):
        return [frame for frame in source.frames() if frame is not None]


def cut_short(path: Path) -> Path:
    """Takes the second half of its frames off a clip that has its index at the start."""
    content = path.read_bytes()
    frames = content.index(b"mdat")
    path.write_bytes(content[: (frames + len(content)) // 2])
    return path


def write_picture(path: Path, level: int) -> Path:
    Image.fromarray(rippled(level)).save(path)
    return path


def write_pictures(folder: Path, levels: Sequence[int]) -> Path:
    """A folder of `0.png`, `1.png` and so on, one a level of grey."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, level in enumerate(levels):
        write_picture(folder / f"{index}.png", level)
    return folder


def noisy_jpeg(path: Path) -> bytes:
    """A JPEG large enough that half of it still looks like one."""
    noise = np.random.PCG64(1).random_raw(96 * 128 * 3).astype(np.uint8).reshape(96, 128, 3)
    Image.fromarray(noise).save(path, format="JPEG")
    return path.read_bytes()


def write_corrupt(path: Path, kind: str) -> Path:
    """A file that bears the name of a picture and is none: `truncated`, `text`, `empty` or `header`."""
    whole = noisy_jpeg(path)
    contents = {
        "truncated": whole[: len(whole) // 2],
        "text": b"404 Not Found\n",
        "empty": b"",
        "header": whole[:20],
    }
    path.write_bytes(contents[kind])
    return path


def make_detection(
    media_time: float | None,
    score: float | None,
    index: int | None = 0,
    reason: Reason = "corrupt",
    time: float | None = None,
    camera: str = "north",
) -> Detection:
    """The record of a frame with this score, at a threshold of 0.5; without a score it was blind, for this reason.

    `index` None: no frame came. `time`: of a live frame, seconds since 1970.
    """
    model = ModelId(name="brightness", sha256="0" * 64, precision="fp32")
    if score is None:
        return blind(Frame(index, None, media_time, arrived=0.0, time=time, reason=reason), camera, model, 0.5)
    frame = Frame(index, grey(0), media_time, arrived=0.0, time=time)
    return seen(frame, camera, model, (View(box=(0, 0, 32, 24), confidence=score),), 0.5, None)


def rivereye(
    *arguments: str | Path, timeout: float = 60, stdin: BinaryIO | int = subprocess.DEVNULL
) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end, as a user would."""
    return subprocess.run(
        [COMMAND, *arguments], capture_output=True, text=True, timeout=timeout, check=False, stdin=stdin
    )


@contextmanager
def start(
    *arguments: str | Path, limit: int | None = None, stdout: BinaryIO | int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """Starts the command and lets it run; what still runs when the block ends is killed.

    A small launcher becomes the command, as it can do what Popen cannot once there are threads: set the
    `limit` of bytes of every file, beyond which writing fails as on a full disk.
    """
    launcher = "import os, resource, sys"
    if limit is not None:
        launcher += f"; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    launcher += "; os.execv(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", launcher, COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def lines_of(text: str) -> list[dict[str, Any]]:
    """JSON Lines, parsed; the last one must be whole too."""
    assert text == "" or text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def decode(path: Path) -> list[Picture]:
    """All frames of a video, by OpenCV."""
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    frames = []
    while (answer := capture.read())[0]:
        frames.append(np.asarray(answer[1], np.uint8))
    capture.release()
    return frames
