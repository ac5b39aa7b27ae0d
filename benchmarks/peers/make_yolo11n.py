"""YOLO11n and YOLO11n-cls with random weights, exported by ultralytics to ONNX and OpenVINO, with its settings. Nothing is fetched.

    python -m benchmarks.peers.make_yolo11n FOLDER

Random weights find next to nothing, so that suppressing boxes costs less than it would; the rest hangs on shapes alone.
"""

import argparse
import os
from pathlib import Path

from benchmarks.peers.offline import stay_offline

SIZES = {"yolo11n-cls": 224, "yolo11n": 640}
"""Pixels a side: ultralytics' own of each task."""
FORMATS = ("onnx", "openvino")
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    stay_offline()
    import torch  # type: ignore[import-not-found]
    from ultralytics import YOLO, settings  # type: ignore[import-not-found]

    os.chdir(given.folder)  # exports are written where one stands
    settings.update(sync=False)
    for name, size in SIZES.items():
        torch.manual_seed(SEED)
        model = YOLO(f"{name}.yaml")
        for kind in FORMATS:
            model.export(format=kind, imgsz=size)


if __name__ == "__main__":
    main()
