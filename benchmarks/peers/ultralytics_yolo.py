"""ultralytics' own way through a video: `predict(source=..., stream=True)`, everything else as it comes.

python -m benchmarks.peers.ultralytics_yolo CLIP MODEL
"""

import argparse
from collections.abc import Generator

from benchmarks.peers.offline import stay_offline
from benchmarks.peers.timing import tell, timed

PACKAGES = ("ultralytics", "torch", "onnxruntime", "openvino", "opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("model", help="file or folder of `make_yolo11n`")
    given = parser.parse_args()
    stay_offline()
    from ultralytics import YOLO  # type: ignore[import-not-found]

    model = YOLO(given.model)

    def loop() -> Generator[int]:
        for _ in model.predict(source=given.clip, stream=True, verbose=False):
            yield 1

    tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
