"""No source straddles two parts, whatever the seed and the sizes of the sources."""

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from models.errors import DataError, UsageError
from train.dataset import Sample
from train.split import SHARES, Part, split

SEEDS = range(8)


def samples(groups: Sequence[tuple[str, int, int]]) -> list[Sample]:
    """Groups given as (name, pictures with a ship, pictures without)."""
    return [
        Sample(Path(f"{name}-{label}-{number}.jpg"), label, name)
        for name, ships, others in groups
        for label, count in ((1, ships), (0, others))
        for number in range(count)
    ]


def singles(ships: int, others: int) -> list[Sample]:
    """Every picture a group of its own."""
    return samples([*((f"s{n}", 1, 0) for n in range(ships)), *((f"o{n}", 0, 1) for n in range(others))])


def uneven(seed: int) -> list[Sample]:
    """Forty sources of 1 to 30 pictures; a third of them of one class only."""
    draw = random.Random(seed)
    return samples(
        [
            (f"g{n}", *((draw.randint(1, 30), 0) if n % 3 else (draw.randint(0, 9), draw.randint(1, 20))))
            for n in range(40)
        ]
    )


def counts(found: Sequence[Sample], parts: Sequence[Part]) -> Counter[tuple[Part, int]]:
    return Counter((part, sample.label) for part, sample in zip(parts, found, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_group_straddles(seed: int) -> None:
    found = uneven(seed)
    homes = {(sample.group, part) for sample, part in zip(found, split(found, seed), strict=True)}
    assert len(homes) == 40


@pytest.mark.parametrize("seed", SEEDS)
def test_every_part_gets_both_classes(seed: int) -> None:
    found = uneven(seed)
    assert set(counts(found, split(found, seed))) == {(part, label) for part in SHARES for label in (0, 1)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("ships", "others"), [(5, 5), (20, 20), (50, 200), (333, 77)])
def test_shares_of_single_pictures(ships: int, others: int, seed: int) -> None:
    found = singles(ships, others)
    got = counts(found, split(found, seed))
    for label, total in ((1, ships), (0, others)):
        for part, share in SHARES.items():
            assert abs(got[part, label] - share * total) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_many_sources(seed: int) -> None:
    found = uneven(seed)
    parts = Counter(split(found, seed))
    for part, share in SHARES.items():
        assert abs(parts[part] / len(found) - share) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_giants_train(seed: int) -> None:
    found = samples([("canal", 60, 40), ("river", 5, 30)]) + singles(40, 40)
    homes = {sample.group: part for sample, part in zip(found, split(found, seed), strict=True)}
    assert homes["canal"] == homes["river"] == "train"


def test_the_seed_decides() -> None:
    found = singles(30, 30)
    assert split(found, 1) == split(found, 1)
    assert len({tuple(split(found, seed)) for seed in SEEDS}) == len(SEEDS)


def test_the_order_of_the_samples_says_nothing_of_the_parts() -> None:
    """Otherwise files that sort first would always train."""
    found = singles(100, 100)
    first = Counter(part for seed in SEEDS for part in split(found, seed)[:10])
    assert set(first) == set(SHARES)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            samples([("a", 5, 5), ("b", 5, 5)]),
            r"gets no picture of class no_ship: all 10 of that class form 2 groups \(a, b\)",
        ),
        (samples([("a", 9, 0)]) + singles(0, 30), r"class ship: all 9 of that class form 1 group \(a\)"),
        (singles(2, 30), r"class ship: all 2 of that class form 2 groups"),
    ],
    ids=["two-sources", "ships-of-one-source", "two-ships"],
)
def test_too_few_groups(found: list[Sample], said: str) -> None:
    with pytest.raises(DataError, match=f"{said}.*add sources.*--groups FILE.csv.*--groups picture"):
        split(found, seed=1)


@pytest.mark.parametrize(("ships", "others", "missing"), [(0, 9, "ship"), (9, 0, "no_ship")])
def test_a_class_without_pictures(ships: int, others: int, missing: str) -> None:
    """As when none of its files could be read: grouping them otherwise would not help."""
    with pytest.raises(DataError, match=rf"no picture of class {missing}\b") as caught:
        split(singles(ships, others), seed=1)
    assert "--groups" not in str(caught.value)


@pytest.mark.parametrize(
    ("seed", "dealt"),
    [
        (0, "7e9826938c149339d513495f23d1dbfac5ff53895a91f89ec9c7eb76c9704012"),
        (1, "30e7b52b1dd359ca2e9344403b66b9b5818b45abbd05c9fcc72e364cc2a88dc6"),
        (2, "01c1515320adcae9a34f222ebba21087038c004033f4392edccc774b2d625223"),
        (3, "ca871a948a69fe5abd289b8a12909f960079db111d75a5c05566202ad85b8904"),
    ],
)
def test_the_parts_stay_what_they_were(seed: int, dealt: str) -> None:
    """As kept from the first release: runs of one seed must stay comparable."""
    assert hashlib.sha256(" ".join(split(uneven(seed), seed)).encode()).hexdigest() == dealt


def homes(found: Sequence[Sample], parts: Sequence[Part]) -> dict[str, Part]:
    return {sample.group: part for sample, part in zip(found, parts, strict=True)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("holdout", "tested"), [(["g0"], {"g0"}), (["g3", "g1?"], {"g3", *(f"g1{n}" for n in range(10))})]
)
def test_the_test_part_is_what_is_held_out(holdout: list[str], tested: set[str], seed: int) -> None:
    """And the others are dealt in the proportion of their shares."""
    found = [*uneven(seed), *samples([("g0", 3, 3), ("g3", 3, 3)])]
    parts = split(found, seed, holdout)
    assert {group for group, part in homes(found, parts).items() if part == "test"} == tested
    assert len(set(zip((sample.group for sample in found), parts, strict=True))) == 40
    sizes = Counter(parts)
    assert abs(sizes["train"] / (sizes["train"] + sizes["validation"]) - 70 / 85) < 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_single_pictures_beside_a_holdout(seed: int) -> None:
    found = samples([("dock", 30, 30)]) + singles(170, 255)
    got = counts(found, split(found, seed, ["dock"]))
    for label, total in ((1, 170), (0, 255)):
        assert abs(got["train", label] - total * 70 / 85) <= 1
        assert abs(got["validation", label] - total * 15 / 85) <= 1


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_out_moves_few_others(seed: int) -> None:
    """Training and validation keep what they have without a holdout; only the former test part is dealt out."""
    cameras = [(f"cam{n}", 15, 12) for n in range(4)]
    found = samples(cameras) + uneven(seed) + singles(60, 60)
    before = homes(found, split(found, seed))
    for camera, _, _ in cameras:
        now = homes(found, split(found, seed, [camera]))
        moved = {group for group in before if group != camera and before[group] != now[group]}
        assert {before[group] for group in moved} == {"test"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_holdout_leaves_the_proportions(seed: int) -> None:
    """Though more than a test part is taken from training."""
    found = samples([("river", 300, 300)]) + singles(200, 200)
    got = Counter(split(found, seed, ["river"]))
    assert got["test"] == 600
    assert abs(got["validation"] - 400 * 15 / 85) <= 2


def test_too_few_groups_beside_a_holdout() -> None:
    found = samples([("a", 5, 5), ("b", 5, 5), ("c", 5, 5)])
    with pytest.raises(DataError, match=r"validation part gets no .*all 5 of that class form 1 group \(c\)"):
        split(found, 1, ["a", "b"])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("test", "validation", "wanted"), [(0.15, 0.05, 0.05), (0.3, 0.1, 0.1), (0.32, None, 0.12)], ids=str
)
def test_shares_that_are_asked_for(test: float, validation: float | None, wanted: float, seed: int) -> None:
    got = Counter(split(singles(500, 500), seed, test_share=test, validation_share=validation))
    assert abs(got["test"] - 1000 * test) <= 2
    assert abs(got["validation"] - 1000 * wanted) <= 2
    assert got.total() == 1000


@pytest.mark.parametrize("seed", SEEDS)
def test_a_small_validation_part_leaves_large_groups_to_training(seed: int) -> None:
    """A camera is worth more there; beside a holdout, too."""
    found = samples([("river", 150, 150), ("lock", 40, 40), ("coast", 30, 30)]) + singles(100, 100)
    assert homes(found, split(found, seed, ["lock"]))["coast"] == "validation"
    parts = split(found, seed, ["lock"], validation_share=0.05)
    assert homes(found, parts)["coast"] == "train"
    assert abs(Counter(parts)["validation"] - 560 * 0.05 / 0.85) <= 2


@pytest.mark.parametrize(
    ("test", "validation", "why"),
    [
        (0.0, None, "--test-share 0.0: give a share of the pictures from 0.01 to 0.9"),
        (0.15, 0.0, "--validation-share 0.0: give a share"),
        (0.6, 0.5, "--test-share 0.6 and --validation-share 0.5 leave too little to train on"),
    ],
)
def test_shares_that_cannot_be(test: float, validation: float | None, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        split(singles(50, 50), 1, test_share=test, validation_share=validation)
