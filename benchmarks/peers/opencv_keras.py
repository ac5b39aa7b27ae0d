"""The loop of most tutorials: OpenCV reads and shrinks, Keras' `predict` answers. The network is rivereye's, with random weights.

python -m benchmarks.peers.opencv_keras CLIP [--batch 8]
"""

import argparse
from collections.abc import Generator

import cv2
import numpy as np

from benchmarks.peers.timing import tell, timed
from models.networks import SIZE, build

PACKAGES = ("keras", "tensorflow", "opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("--batch", type=int, default=1, help="frames that are gathered for one call")
    given = parser.parse_args()
    network = build("vgg16", "none")

    def loop() -> Generator[int]:
        capture = cv2.VideoCapture(given.clip)
        pictures = []
        while True:
            there, frame = capture.read()
            if there:
                pictures.append(cv2.resize(frame, (SIZE, SIZE)))
            if len(pictures) == given.batch or (pictures and not there):
                network.predict(np.stack(pictures), verbose=0)
                yield len(pictures)
                pictures = []
            if not there:
                break
        capture.release()

    tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
