"""How wide slim networks are."""

import pytest

from models.narrow import widths_of
from models.networks import BASES, build
from train.widths import widths_at

VGG16 = (8, 16, 16, 16, 32, 32, 32, 64, 64, 64, 80, 80, 80)


@pytest.fixture(scope="module", params=BASES)
def full(request: pytest.FixtureRequest) -> dict[str, int]:
    return widths_of(build(request.param, "none"))


def test_an_eighth_of_vgg16() -> None:
    assert tuple(widths_at(widths_of(build("vgg16", "none")), 0.125).values()) == VGG16


@pytest.mark.parametrize("keep", [0.01, 0.0625, 0.125, 0.3, 0.5, 0.99])
def test_as_kernels_take_them(full: dict[str, int], keep: float) -> None:
    first, *others = widths_at(full, keep).values()
    assert first % 8 == 0
    assert all(width % 16 == 0 for width in others)
    assert all(0 < width <= full[name] for name, width in widths_at(full, keep).items())


def test_early_blocks_are_cut_hardest(full: dict[str, int]) -> None:
    shares = {name: width / full[name] for name, width in widths_at(full, 0.35).items()}
    early = {share for name, share in shares.items() if name.startswith(("block1", "block2"))}
    assert early == {0.25}
    assert min(shares[name] for name in shares if not name.startswith(("block1", "block2"))) > 0.34


def test_all_is_all(full: dict[str, int]) -> None:
    assert widths_at(full, 1) == full
