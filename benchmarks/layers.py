"""Where a network's time goes: microseconds a picture of each step of its graph, as ONNX Runtime profiles itself.

    python -m benchmarks.layers vgg16-river-slim
    python -m benchmarks.layers --front

`--front`: instead, the first convolution of a slim network as it stands and with pixels side by side (see `deploy.bytesin`).
"""

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console
from rich.table import Table

from deploy.bytesin import KERNEL, side_by_side
from models.bundle import open_bundle
from models.machine import usable_cores

TIMES, BATCH, SIDE, CHANNELS, LAID = 60, 8, 150, 8, 38
"""`LAID`: columns of four pixels that a row of SIDE pixels, filled up to 152, makes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="vgg16-river-slim", help="folder of a bundle, or a released model")
    parser.add_argument("--precision")
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--front", action="store_true")
    asked = parser.parse_args()
    models = _fronts() if asked.front else {asked.model: open_bundle(asked.model, asked.precision).read_model()}
    for name, content in models.items():
        _show(name, profile(content, asked.threads), asked.threads)


def profile(content: bytes, threads: int) -> dict[str, tuple[str, float]]:
    """Of each node its operator, and microseconds a picture (median), in the order of the graph."""
    with tempfile.TemporaryDirectory() as folder:
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.enable_profiling = threads, True
        options.profile_file_prefix = str(Path(folder) / "profile")
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        shape = [BATCH, *session.get_inputs()[0].shape[1:]]
        pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        for _ in range(TIMES):
            session.run(None, {session.get_inputs()[0].name: pictures})
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in events:
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["name"], event["args"]["op_name"]].append(event["dur"] / BATCH)
    return {name.removesuffix("_kernel_time"): (kind, median(each)) for (name, kind), each in times.items()}


def _fronts() -> dict[str, bytes]:
    kernel = np.random.default_rng(0).integers(-127, 128, (CHANNELS, 3, KERNEL, KERNEL)).astype(np.int8)
    return {"as it stands": _front(kernel, SIDE), "side by side": _front(side_by_side(kernel), LAID)}


def _front(kernel: np.ndarray[tuple[int, ...], np.dtype[np.int8]], columns: int) -> bytes:
    """Bytes to bytes, one convolution between."""
    given, taken = kernel.shape[:2]
    values = {
        "x/scale": np.float32(1),
        "x/zero": np.uint8(115),
        "w": kernel,
        "w/scale": np.full(given, 0.01, np.float32),
        "w/zero": np.zeros(given, np.int8),
        "y/scale": np.float32(20),
        "y/zero": np.uint8(0),
    }
    nodes = [
        helper.make_node("Transpose", ["pictures"], ["x"], perm=[0, 3, 1, 2]),
        helper.make_node("QLinearConv", ["x", *values], ["y"], "first", pads=[1] * 4, kernel_shape=[KERNEL] * 2),
        helper.make_node("Transpose", ["y"], ["rows"], perm=[0, 2, 3, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "front",
        [helper.make_tensor_value_info("pictures", TensorProto.UINT8, ["batch", SIDE, columns, taken])],
        [helper.make_tensor_value_info("rows", TensorProto.UINT8, ["batch", SIDE, columns, given])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    content: bytes = model.SerializeToString()
    return content


def _show(name: str, found: dict[str, tuple[str, float]], threads: int) -> None:
    total = sum(time for _, time in found.values())
    table = Table(
        "step", "operator", "\N{MICRO SIGN}s a picture", "share", title=f"{name}, {threads} threads, batch {BATCH}"
    )
    for step, (kind, time) in found.items():
        table.add_row(step.split("_token")[0], kind, f"{time:.1f}", f"{time / total:.0%}")
    table.add_row("all", "", f"{total:.1f}", f"{1e6 / total:.0f} pictures/s")
    Console().print(table)


if __name__ == "__main__":
    main()
