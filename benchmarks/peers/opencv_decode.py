"""The floor: OpenCV decodes the clip, and nobody looks at it.

python -m benchmarks.peers.opencv_decode CLIP [--convert]
"""

import argparse
from collections.abc import Generator

import cv2

from benchmarks.peers.timing import tell, timed

PACKAGES = ("opencv-python-headless", "numpy")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("--convert", action="store_true", help="to BGR, in memory, as every loop over frames does")
    given = parser.parse_args()

    def loop() -> Generator[int]:
        capture = cv2.VideoCapture(given.clip)
        while capture.read()[0] if given.convert else capture.grab():
            yield 1
        capture.release()

    tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
