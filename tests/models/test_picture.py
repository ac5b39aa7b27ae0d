import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.errors import PictureError
from models.picture import Picture, fit, read_picture
from tests.factories import grey, write_corrupt

WIDTH, HEIGHT = 16, 12


def noise(height: int, width: int) -> Picture:
    words = np.random.PCG64(3).random_raw(height * width * 3)
    return (words >> np.uint64(56)).astype(np.uint8).reshape(height, width, 3)


def checkerboard(height: int, width: int) -> Picture:
    squares = (np.indices((height, width)).sum(axis=0) % 2 * 255).astype(np.uint8)
    return np.repeat(squares[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("name", "mode", "colour", "bgr"),
    [
        ("a.jpg", "RGB", (200, 100, 50), (50, 100, 200)),
        ("a.JPEG", "L", 77, (77, 77, 77)),
        ("a.jpg", "CMYK", (0, 0, 0, 55), (200, 200, 200)),
        ("a.png", "RGB", (200, 100, 50), (50, 100, 200)),
        ("a.png", "RGBA", (200, 100, 50, 10), (50, 100, 200)),
        ("a.png", "L", 77, (77, 77, 77)),
        ("a.png", "LA", (77, 3), (77, 77, 77)),
        ("a.png", "1", 1, (255, 255, 255)),
        ("a.png", "I;16", 128 * 257, (128, 128, 128)),
        ("a.tif", "RGB", (200, 100, 50), (50, 100, 200)),
        ("a.bmp", "RGB", (200, 100, 50), (50, 100, 200)),
        ("a.webp", "RGB", (200, 100, 50), (50, 100, 200)),
    ],
)
def test_reads_every_kind_as_bgr(
    tmp_path: Path, name: str, mode: str, colour: int | tuple[int, ...], bgr: tuple[int, int, int]
) -> None:
    Image.new(mode, (10, 6), colour).save(tmp_path / name)
    picture = read_picture(tmp_path / name)
    assert picture.shape == (6, 10, 3)
    assert picture.dtype == np.uint8
    assert picture.flags["C_CONTIGUOUS"]
    # JPEG and WebP lose a little.
    np.testing.assert_allclose(picture.reshape(-1, 3), np.tile(bgr, (60, 1)), atol=4)


def test_reads_a_palette(tmp_path: Path) -> None:
    Image.new("RGB", (10, 6), (200, 100, 50)).quantize(4).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png")[3, 3].tolist() == [50, 100, 200]


@pytest.mark.parametrize(
    ("orientation", "shape", "corner"),
    [(1, (6, 10), (0, 0)), (3, (6, 10), (-1, -1)), (6, (10, 6), (0, -1)), (8, (10, 6), (-1, 0))],
)
def test_turns_a_picture_upright(
    tmp_path: Path, orientation: int, shape: tuple[int, int], corner: tuple[int, int]
) -> None:
    stored = grey(0, 10, 6)
    stored[0, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "a.png", exif=exif)
    picture = read_picture(tmp_path / "a.png")
    assert picture.shape[:2] == shape
    assert picture[corner].tolist() == [255, 255, 255]
    assert picture.sum() == 3 * 255


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "header"])
def test_a_corrupt_picture_is_told_by_name(tmp_path: Path, kind: str) -> None:
    path = write_corrupt(tmp_path / "broken.jpg", kind)
    with pytest.raises(PictureError, match=r"cannot read picture .*broken\.jpg"):
        read_picture(path)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp"])
def test_half_a_picture_is_no_picture(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"broken{suffix}"
    Image.fromarray(noise(40, 60)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(PictureError):
        read_picture(path)


def test_a_missing_picture_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="nowhere"):
        read_picture(tmp_path / "nowhere.jpg")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        read_picture(tmp_path)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    header = b"IHDR" + (30_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big"))
    file.write((0).to_bytes(4, "big") + b"IDAT" + zlib.crc32(b"IDAT").to_bytes(4, "big"))
    path = tmp_path / "bomb.png"
    path.write_bytes(file.getvalue())
    with pytest.raises(PictureError, match="bomb"):
        read_picture(path)


@pytest.mark.parametrize(
    "shape", [(12, 16), (1, 1), (5, 7), (24, 32), (25, 33), (37, 91), (480, 640), (641, 479), (12, 700), (700, 16)]
)
def test_fit_keeps_the_average_brightness(shape: tuple[int, int]) -> None:
    picture = noise(*shape)
    fitted = fit(picture, WIDTH, HEIGHT)
    assert fitted.shape == (HEIGHT, WIDTH, 3)
    assert fitted.dtype == np.uint8
    assert fitted.flags["C_CONTIGUOUS"]
    # Bilinear enlarging counts border pixels more often than others.
    allowed = 1 if min(shape[0] / HEIGHT, shape[1] / WIDTH) >= 1 else 12
    np.testing.assert_allclose(fitted.mean(axis=(0, 1)), picture.mean(axis=(0, 1)), atol=allowed)


def test_fit_leaves_the_right_size_alone() -> None:
    picture = noise(HEIGHT, WIDTH)
    np.testing.assert_array_equal(fit(picture, WIDTH, HEIGHT), picture)


@pytest.mark.parametrize("shape", [(5, 7), (40, 60)])
def test_fit_keeps_the_order_of_colours(shape: tuple[int, int]) -> None:
    picture = np.tile(np.array([10, 120, 240], np.uint8), (*shape, 1))
    assert (fit(picture, WIDTH, HEIGHT) == [10, 120, 240]).all()


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((24, 32), (16, 12)),
        ((480, 640), (16, 12)),
        ((640, 480), (16, 12)),
        ((481, 639), (16, 12)),
        ((36, 700), (16, 12)),
        ((700, 48), (16, 12)),
        # Wider than the network's input and less high: one side shrinks, the other grows.
        ((8, 1280), (16, 12)),
        ((1280, 8), (16, 12)),
        ((140, 320), (150, 150)),
    ],
)
def test_fit_does_not_alias_a_checkerboard(shape: tuple[int, int], size: tuple[int, int]) -> None:
    fitted = fit(checkerboard(*shape), *size).astype(int)
    assert np.ptp(fitted) <= 64
    assert abs(fitted.mean() - 127.5) <= 2


def test_fit_sees_a_ship_of_one_pixel() -> None:
    picture = grey(0, 320, 240)
    picture[101, 203] = 255
    assert fit(picture, 160, 120).max() > 30
