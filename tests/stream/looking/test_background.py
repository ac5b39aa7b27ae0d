"""What a camera always shows."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from models.errors import OutputError, UsageError
from stream.looking.background import (
    FEWEST,
    HALF_LIFE,
    MARGIN,
    QUANTILE,
    STEP,
    Background,
    BackgroundView,
    Learner,
    log_odds,
    read_background,
)
from stream.looking.views import Layout, Views, Zones

MODEL = "ab" * 32
THRESHOLD = 0.6
ZONES = Zones.of({"lock": ((0.0, 0.0), (0.5, 0.0), (0.5, 0.3)), "quay": ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0))})


def learnt(*confidences: Iterable[float], layout: Layout | None = None, half_life: float = HALF_LIFE) -> Background:
    """From the confidences of each view in turn; of zones by itself, one for each sequence."""
    learner = Learner(layout or (Views() if len(confidences) == 1 else ZONES), MODEL, half_life)
    for number, each in enumerate(confidences):
        for confidence in each:
            learner.add(number, confidence)
    return learner.background()


def odds(*values: float) -> list[float]:
    """Their probabilities."""
    return [1 / (1 + math.exp(-value)) for value in values]


def test_a_jetty_taken_for_a_ship_in_every_frame_is_one_no_longer_and_a_ship_before_it_still_is() -> None:
    background = learnt(odds(*np.linspace(1.5, 2.5, 100)))
    for usual in odds(*np.linspace(1.5, 2.5, 20)):
        assert usual >= THRESHOLD > background.adapted(usual, 0, THRESHOLD)
    assert background.adapted(odds(4.5)[0], 0, THRESHOLD) >= THRESHOLD


@pytest.mark.parametrize(("seen", "share"), [((3.0, -3.0), 0.5), ((3.0, -3.0), 0.7), ((0.3, 0.1), 1.0)])
def test_ships_that_come_and_go_and_a_quiet_view_change_nothing(seen: tuple[float, float], share: float) -> None:
    """Of 1000 looks so many are of a ship: less than 1 - QUANTILE of the time, or none that reaches the threshold."""
    ships = round(1000 * share)
    background = learnt([*odds(seen[0]) * ships, *odds(seen[1]) * (1000 - ships)])
    for confidence in (0.0, 0.1, 0.59, 0.6, 0.99, 1.0):
        assert background.adapted(confidence, 0, THRESHOLD) == confidence
    assert background.lowered(0, THRESHOLD) == 0


def test_a_moored_vessel_becomes_background_unless_its_view_is_kept() -> None:
    moored = learnt([0.95] * 100, [0.95] * 100)
    assert moored.adapted(0.95, 0, THRESHOLD) < THRESHOLD
    kept = moored.keeping(["quay"])
    assert kept.keep == (1,)
    assert kept.adapted(0.95, 0, THRESHOLD) < THRESHOLD
    assert kept.adapted(0.95, 1, THRESHOLD) == 0.95
    assert kept.keeping([]) == moored


@pytest.mark.parametrize(
    ("layout", "view", "number"), [(Views(1, 2), "2", 2), (Views(1, 2), "0", 0), (ZONES, "lock", 0)]
)
def test_views_are_kept_by_name_or_number(layout: Layout, view: str, number: int) -> None:
    assert learnt(layout=layout).keeping([view, view]).keep == (number,)


@pytest.mark.parametrize(
    ("layout", "view", "known"), [(Views(1, 2), "3", "0, 1, 2"), (ZONES, "0", "lock, quay"), (ZONES, "", "lock, quay")]
)
def test_a_view_that_is_not_there_cannot_be_kept(layout: Layout, view: str, known: str) -> None:
    with pytest.raises(UsageError, match=f"no view {view!r} to keep as it is; there are {known}"):
        learnt(layout=layout).keeping([view])


@pytest.mark.parametrize("threshold", [0.0, 0.05, 0.5, 0.686, 0.95, 1.0])
@pytest.mark.parametrize("usual", [0.0, 0.3, 0.7, 0.9999, 1.0])
def test_adapting_keeps_order_and_never_raises(threshold: float, usual: float) -> None:
    background = learnt([usual] * FEWEST)
    adapted = [background.adapted(each, 0, threshold) for each in np.linspace(0, 1, 101).tolist()]
    assert adapted == sorted(adapted)
    assert all(0 <= after <= before for after, before in zip(adapted, np.linspace(0, 1, 101).tolist(), strict=True))


def test_what_counts_lies_a_margin_over_what_is_usual() -> None:
    background = learnt(odds(2.0) * 50)
    below, above = odds(2.0 + MARGIN - STEP, 2.0 + MARGIN + STEP)
    assert background.adapted(below, 0, THRESHOLD) < THRESHOLD <= background.adapted(above, 0, THRESHOLD)
    assert background.lowered(0, THRESHOLD) == pytest.approx(2.0 - log_odds(THRESHOLD) + MARGIN, abs=STEP)


@pytest.mark.parametrize("looks", [0, 1, FEWEST - 1, FEWEST])
def test_few_looks_say_nothing(looks: int) -> None:
    background = learnt([0.99] * looks)
    assert background.views[0].looks == looks
    assert (background.views[0].usual is None) == (looks < FEWEST)
    assert (background.adapted(0.99, 0, THRESHOLD) == 0.99) == (looks < FEWEST)


def test_the_quantile_is_that_of_all_looks() -> None:
    values = np.random.default_rng(3).normal(1, 2, 5000)
    usual = learnt(odds(*values.tolist())).views[0].usual
    assert usual == pytest.approx(float(np.quantile(values, QUANTILE)), abs=STEP)


def test_memory_does_not_grow_with_looks() -> None:
    learner = Learner(Views(8, 8), MODEL)
    sizes = set()
    for rounds in (1, 1000):
        for number in range(rounds):
            learner.add(number % 65, number % 100 / 100)
        sizes.add(sum(getattr(each, "nbytes", 0) for each in vars(learner).values()))
    assert len(sizes) == 1
    assert sizes.pop() < 2**19


@pytest.mark.parametrize(("half_lives", "background"), [(0.2, False), (1.5, False), (2.5, True), (6.0, True)])
def test_what_comes_to_stay_becomes_background_after_two_half_lives(half_lives: float, background: bool) -> None:
    half_life = 500
    learner = Learner(Views(), MODEL, half_life)
    for confidence in [0.1] * 20 * half_life + [0.95] * int(half_lives * half_life):
        learner.add(0, confidence)
    assert (learner.background().adapted(0.95, 0, THRESHOLD) < THRESHOLD) is background


@pytest.mark.parametrize(("half_lives", "background"), [(0.3, True), (0.6, False)])
def test_what_leaves_is_background_no_more_after_half_of_one(half_lives: float, background: bool) -> None:
    half_life = 500
    learner = Learner(Views(), MODEL, half_life)
    for confidence in [0.95] * 20 * half_life + [0.1] * int(half_lives * half_life):
        learner.add(0, confidence)
    assert (learner.background().lowered(0, THRESHOLD) > 0) is background


@pytest.mark.parametrize("half_life", [0.0, -1.0, float("nan")])
def test_a_half_life_is_positive(half_life: float) -> None:
    with pytest.raises(ValueError, match="a half-life is more than 0 looks; received"):
        Learner(Views(), MODEL, half_life)


def test_a_file_gives_back_what_was_learnt(tmp_path: Path) -> None:
    path = tmp_path / "north.json"
    background = learnt([0.9] * 40, [0.2] * 5).keeping(["quay"])
    background.write(path)
    background.write(path)
    assert read_background(path) == background
    assert json.loads(path.read_text())["schema"] == "rivereye/background/1"
    assert [each.name for each in tmp_path.iterdir()] == ["north.json"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        learnt([0.9]).write(tmp_path / "missing" / "north.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot read background .*north.json: No such file or directory; make one with `rivereye adapt`"),
        ("", "cannot understand background .*north.json: the file: "),
        ("[]", "cannot understand background .*north.json: the file: "),
        ("{}", "cannot understand background .*north.json: schema: |cannot understand background .*: model: "),
        ('{"schema": "rivereye/background/2", "model": "", "layout": "", "views": []}', "cannot understand .*north.json: schema: "),
        ('{"schema": "rivereye/background/1", "model": "", "layout": "", "views": [{"box": [0, 0, 1, 1], "name": null, "usual": NaN, "looks": 9}]}', "usual"),
        ('{"schema": "rivereye/background/1", "model": "", "layout": "", "views": [{"box": [0, 0, 9, 1], "name": null, "usual": 1, "looks": 9}]}', "box"),
        ('{"schema": "rivereye/background/1", "model": "", "layout": "", "views": [], "secret": 1}', "secret"),
        ('{"schema": "rivereye/background/1", "model": "", "layout": "", "views": [], "keep": [0]}', "keep"),
    ],
)  # fmt: skip
def test_what_is_no_background_is_told_by_its_name(tmp_path: Path, content: str | None, said: str) -> None:
    path = tmp_path / "north.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=said):
        read_background(path)


def test_a_folder_is_no_background(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read background .*: Is a directory"):
        read_background(tmp_path)


@pytest.mark.parametrize("layout", [Views(), Views(2, 3), ZONES])
def test_the_views_it_was_learnt_of_fit(layout: Layout) -> None:
    background = Background.model_validate_json(learnt(layout=layout).model_dump_json(by_alias=True))
    background.check("north.json", MODEL, layout)


def test_another_model_is_refused() -> None:
    with pytest.raises(
        UsageError,
        match=f"north.json was learnt with another model: sha256 {MODEL}, in use is cd; run `rivereye adapt` again",
    ):
        learnt([0.9]).check("north.json", "cd", Views())


@pytest.mark.parametrize(
    ("learnt_of", "in_use"),
    [
        (Views(2, 3), Views(3, 2)),
        (Views(2, 3), Views()),
        (Views(), Views(1, 2)),
        (Views(), Zones.of({"all": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))})),
        (ZONES, Zones(ZONES.zones[::-1])),
        (ZONES, Zones.of({"lock": ZONES.zones[0][1], "mole": ZONES.zones[1][1]})),
        (ZONES, Zones.of({"lock": ZONES.zones[0][1], "quay": ((0.51, 0.5), (1.0, 0.5), (1.0, 1.0))})),
        (ZONES, Zones.of({"lock": ((0.0, 0.0), (0.5, 0.0), (0.2, 0.3), (0.0, 0.3)), "quay": ZONES.zones[1][1]})),
    ],
)
def test_other_views_are_refused(learnt_of: Layout, in_use: Layout) -> None:
    with pytest.raises(UsageError, match="north.json was learnt of other views: .*; run `rivereye adapt` again"):
        learnt(layout=learnt_of).check("north.json", MODEL, in_use)


def test_the_text_of_a_view_is_that_of_its_frame_whatever_its_size() -> None:
    """Shares, so that a camera may change its resolution."""
    assert learnt(layout=Views(1, 2)).views == tuple(
        BackgroundView(box=box, name=None, usual=None, looks=0)
        for box in [(0.0, 0.0, 1.0, 1.0), (0.0, 0.0, 0.5714, 1.0), (0.4286, 0.0, 1.0, 1.0)]
    )
