"""supervision's frame generator in the place of OpenCV's loop; the rest is that of `opencv_onnxruntime`.

python -m benchmarks.peers.supervision_onnxruntime CLIP MODEL
"""

import argparse
from collections.abc import Generator

import cv2
import onnxruntime as ort
import supervision as sv  # type: ignore[import-not-found]

from benchmarks.peers.timing import tell, timed

PACKAGES = ("supervision", "onnxruntime", "opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("model", help="takes uint8 (batch, height, width, 3), BGR")
    given = parser.parse_args()
    session = ort.InferenceSession(given.model, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    height, width = taken.shape[1:3]

    def loop() -> Generator[int]:
        for frame in sv.get_video_frames_generator(given.clip):
            session.run(None, {taken.name: cv2.resize(frame, (width, height))[None]})
            yield 1

    tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
