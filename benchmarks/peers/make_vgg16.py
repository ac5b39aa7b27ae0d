"""rivereye's network with random weights, in float32, as ONNX: how fast it is does not hang on what it learnt.

python -m benchmarks.peers.make_vgg16 FOLDER
"""

import argparse
from pathlib import Path

import keras
import onnx

from deploy.convert import to_onnx
from models.networks import build

FILE = "vgg16-fp32.onnx"
SEED = 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    keras.utils.set_random_seed(SEED)
    onnx.save(to_onnx(build("vgg16", "none"), "vgg16"), given.folder / FILE)


if __name__ == "__main__":
    main()
