"""The plain loop for a box without TensorFlow: OpenCV reads and shrinks, ONNX Runtime answers, frame by frame.

python -m benchmarks.peers.opencv_onnxruntime CLIP MODEL
"""

import argparse
from collections.abc import Generator

import cv2
import onnxruntime as ort

from benchmarks.peers.timing import tell, timed

PACKAGES = ("onnxruntime", "onnxruntime-gpu", "opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("model", help="takes uint8 (batch, height, width, 3), BGR")
    given = parser.parse_args()
    session = ort.InferenceSession(given.model, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    height, width = taken.shape[1:3]

    def loop() -> Generator[int]:
        capture = cv2.VideoCapture(given.clip)
        while (answer := capture.read())[0]:
            session.run(None, {taken.name: cv2.resize(answer[1], (width, height))[None]})
            yield 1
        capture.release()

    tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
