"""Drawn pictures of ships and of water without any, and the one VGG16 that several tests look at."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.picture import Picture
from tests.factories import rivereye, write_corrupt

SIZES = ((200, 150), (160, 90), (96, 128), (320, 240), (150, 150))
"""(width, height), in turn."""
DRAWN = 20
"""Pictures of `vgg16_run`: five sources of two ships and two stretches of water each. Three of them train."""
SEED = 1

Rectangle = tuple[int, int, int, int]
"""x_min, y_min, x_max, y_max in pixels."""


def draw(ship: bool, seed: int, size: tuple[int, int] = SIZES[0]) -> Picture:
    """Blue water with ripples; with a ship, a dark hull and a white cabin on it.

    Returns:
        uint8, (height, width, 3), BGR.
    """
    width, height = size
    random = np.random.default_rng(seed)
    depth = np.linspace(60, 0, height)[:, None, None]
    ripples = random.normal(0, 8, (height, width, 1))
    picture = np.array([150, 100, 60]) + depth + ripples
    if ship:
        x, y = random.integers(width // 8, width // 3), random.integers(height // 3, height // 2)
        picture[y - height // 8 : y, x + width // 16 : x + width // 6] = (235, 240, 245)
        picture[y : y + height // 6, x : x + width // 2] = (30, 25, 35)
    return picture.clip(0, 255).astype(np.uint8)


def save(picture: Picture, path: Path) -> Path:
    """Writes a BGR picture, in the format that the suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).save(path)
    return path


def save_frame(path: Path, boxes: Sequence[Rectangle], size: tuple[int, int] = SIZES[3]) -> Path:
    """A black frame with white vessels, its label file beside it.

    Args:
        path: of the picture; best a format that loses nothing.
        boxes: x_min, y_min, x_max, y_max in pixels; may stick out of the frame.
        size: width and height.
    """
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    lines = []
    for x_min, y_min, x_max, y_max in boxes:
        picture[max(0, y_min) : max(0, y_max), max(0, x_min) : max(0, x_max)] = 255
        shares = (
            (x_min + x_max) / 2 / width,
            (y_min + y_max) / 2 / height,
            (x_max - x_min) / width,
            (y_max - y_min) / height,
        )
        lines.append(f"0 {' '.join(f'{share:.6f}' for share in shares)}\n")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".txt").write_text("".join(lines), encoding="ascii")
    return save(picture, path)


def draw_dataset(folder: Path, pictures: int) -> Path:
    """`ship` and `no_ship`, half of the pictures each; four pictures a source, of which two show a ship."""
    for index in range(pictures):
        ship, number = index % 2 == 0, index // 2
        name = f"source{number // 2:02d}-view_{number:03d}.{('jpg', 'png')[number % 2]}"
        save(draw(ship, index, SIZES[number % len(SIZES)]), folder / ("ship" if ship else "no_ship") / name)
    return folder


def vgg16_run(factory: pytest.TempPathFactory) -> Path:
    """A folder with `pictures` (two of them broken) and the `run` that `rivereye train` made of them.

    Training is dear: it is done once a session, for tests of every folder. `said.txt` is what the
    command wrote to its standard error.
    """
    folder = factory.getbasetemp() / "vgg16"
    if not folder.exists():
        pictures = draw_dataset(folder / "pictures", DRAWN)
        write_corrupt(pictures / "ship" / "cut.jpg", "truncated")
        write_corrupt(pictures / "no_ship" / "page.png", "text")
        settings = ("--weights", "none", "--recipe", "paper", "--no-mixed-precision")
        done = rivereye("train", pictures, *settings, "--out", folder / "run", timeout=500)
        (folder / "said.txt").write_text(done.stderr, encoding="utf-8")
    assert (folder / "run" / "run.json").is_file(), (folder / "said.txt").read_text(encoding="utf-8")
    return folder


def shared(name: str) -> Path:
    """A file of the data folder beside the repository ($RIVEREYE_DATA, else ../shared); skips where it is missing."""
    root = Path(os.environ.get("RIVEREYE_DATA") or Path(__file__).parents[2] / "shared")
    if not (root / name).exists():
        pytest.skip(f"no {name} in {root}; set RIVEREYE_DATA to the folder that holds it")
    return root / name
