"""Who takes part, and what has to be made before."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.bundle import DEFAULT, RELEASED

ROOT = Path(__file__).parents[2]
HERE = __package__ or "benchmarks.peers"
PEERS = ROOT / ".venv-peers" / "bin" / "python"
INSTALL = (
    ".uv/bin/uv venv --clear .venv-peers && .uv/bin/uv pip sync --python .venv-peers benchmarks/peers/requirements.txt"
)
FLOOR = "decode"
"""Everything else is put beside this: nobody who looks at every frame can be faster."""

Environment = Literal["ours", "peers"]
"""`ours`: what `make test` made, in which the runner itself runs; the libraries are then the very same as rivereye's."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Writes into the folder that it is given what several peers need."""

    module: str
    environment: Environment

    def command(self, work: Path) -> list[str]:
        return [python(self.environment), "-m", f"{HERE}.{self.module}", str(work)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One peer: `module` in `environment`, given the clip, and `options` after it. `model`: file or folder, in the working folder where `maker` makes it."""

    name: str
    what: str
    module: str
    environment: Environment
    options: tuple[str, ...] = ()
    model: Path | None = None
    maker: Maker | None = None

    def model_in(self, work: Path) -> Path | None:
        return None if self.model is None else work / self.model

    def command(self, clip: Path, work: Path) -> list[str]:
        model = self.model_in(work)
        given = [str(clip), *([] if model is None else [str(model)]), *self.options]
        return [python(self.environment), "-m", f"{HERE}.{self.module}", *given]


def python(environment: Environment) -> str:
    return sys.executable if environment == "ours" else str(PEERS)


def why_absent(environment: Environment) -> str | None:
    """None where it is there."""
    there = environment == "ours" or PEERS.is_file()
    return None if there else f"not installed: no {PEERS.relative_to(ROOT)} in {ROOT}; make it there: {INSTALL}"


VGG16 = Maker("make_vgg16", "ours")
YOLO11N = Maker("make_yolo11n", "peers")
INT8 = RELEASED / DEFAULT / "int8.onnx"
FP32 = Path("vgg16-fp32.onnx")
BOX, CLASS = "YOLO11n (boxes, 640 x 640)", "YOLO11n-cls (classes, 224 x 224)"

ENTRIES = (
    Entry(FLOOR, "OpenCV decodes, nothing else: the floor", "opencv_decode", "ours"),
    Entry("decode-convert", "OpenCV decodes and converts to BGR", "opencv_decode", "ours", ("--convert",)),
    Entry("rivereye", "rivereye's pipeline, released model (slim VGG16, 150 x 150, int8), as it comes", "ours", "ours"),
    Entry("rivereye-command", "`rivereye stream`, the whole command, start-up included", "ours_command", "ours"),
    Entry("opencv-onnxruntime-int8", "plain loop, the same model", "opencv_onnxruntime", "ours", (), INT8),
    Entry(
        "opencv-onnxruntime-fp32", "plain loop, a whole VGG16 in float32", "opencv_onnxruntime", "ours", (), FP32, VGG16
    ),
    Entry(
        "supervision-onnxruntime-int8", "supervision's, the same model", "supervision_onnxruntime", "peers", (), INT8
    ),
    Entry("opencv-keras", "plain loop, `predict` of a frame, a whole VGG16", "opencv_keras", "ours"),
    Entry(
        "opencv-keras-by-8",
        "plain loop, `predict` of 8 frames, a whole VGG16",
        "opencv_keras",
        "ours",
        ("--batch", "8"),
    ),
    Entry("yolo11n-cls-onnx", CLASS, "ultralytics_yolo", "peers", (), Path("yolo11n-cls.onnx"), YOLO11N),
    Entry("yolo11n-cls-openvino", CLASS, "ultralytics_yolo", "peers", (), Path("yolo11n-cls_openvino_model"), YOLO11N),
    Entry("yolo11n-onnx", BOX, "ultralytics_yolo", "peers", (), Path("yolo11n.onnx"), YOLO11N),
    Entry("yolo11n-openvino", BOX, "ultralytics_yolo", "peers", (), Path("yolo11n_openvino_model"), YOLO11N),
)
