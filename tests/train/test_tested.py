"""What a run's report is made of."""

from pathlib import Path

import numpy as np
import pytest

from tests.pictures import draw, save
from train.answers import write_pictures, write_windows
from train.dataset import Dataset, Sample, read_samples
from train.split import Part
from train.tested import report_of

PARTS: list[Part] = ["test", "train", "test", "validation", "test", "test"]
DECISION = {"temperature": 2.0, "shift": 0.0, "threshold": 0.6, "aim": "balanced", "chosen_on": "validation pictures"}
RECORD = {"network": "vgg16", "stages": [{"name": "one"}, {"name": "two"}], "decision": DECISION}
FIRST = {0: 0.4, 2: 0.4, 4: 0.9, 5: 0.1}
LAST = {0: 0.9, 2: 0.2, 4: 0.4, 5: 0.1}
"""Of the test pictures by position; ships are even ones."""


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    samples = [
        Sample(save(draw(number % 2 == 0, number), tmp_path / f"{number}.png"), 1 - number % 2, f"camera{number // 3}")
        for number in range(len(PARTS))
    ]
    return read_samples(samples, 150, tmp_path / "store")


@pytest.fixture
def run(dataset: Dataset, tmp_path: Path) -> Path:
    write_pictures(tmp_path, dataset, PARTS, {"one": FIRST, "two": LAST})
    return tmp_path


def test_only_the_test_part_is_judged(run: Path) -> None:
    report = report_of(run, RECORD)
    assert (report["n"], report["ships"], report["ships_found"], report["false_alarms"]) == (4, 3, 1, 0)
    assert report["windows"] is None
    assert "judged_on" not in report  # or the page takes the pictures for somebody else's
    assert {row["group"]: row["n"] for row in report["groups"]} == {"camera0": 2, "camera1": 2}
    assert sum(row["n"] for row in report["conditions"]["light"]) == 4
    assert report["threshold_chosen"] == "on validation pictures, for the aim balanced"


def test_the_last_stage_is_calibrated_and_the_first_is_not(run: Path) -> None:
    """0.9 at a temperature of 2 is 0.75."""
    report = report_of(run, RECORD)
    shown = {row["probability"] for row in (*report["worst"], *report["examples"])}
    assert any(abs(each - 0.75) < 1e-6 for each in shown)
    first, last = report["stages"]
    assert (first["name"], first["ships_found"]) == ("one", 1)
    assert (last["name"], last["ships_found"], last["at_threshold"]["ships_found"]) == ("two", 1, 1)
    assert (report["mcnemar"]["only_first_right"], report["mcnemar"]["only_last_right"]) == (1, 1)


def test_windows_tell_of_sizes(run: Path) -> None:
    frame = save(draw(ship=True, seed=9, size=(320, 240)), run / "frame.png")
    windows = [
        Sample(frame, 1, "lock", crop=(80, 60, 200, 160), ship_share=0.1),
        Sample(frame, 1, "lock", crop=(0, 0, 320, 240), ship_share=0.4),
        Sample(frame, 0, "lock", crop=(0, 0, 90, 90)),
    ]
    shown = np.stack([draw(ship=True, seed=each) for each in range(3)])
    write_windows(run, windows, shown, "two", np.full(3, 0.9, np.float32))
    report = report_of(run, RECORD)
    found = report["windows"]
    assert (found["n"], found["ships"], found["recall"], found["false_alarm_rate"]) == (3, 2, 1.0, 1.0)
    assert {row["size"]: row["n"] for row in found["size"]} == {"under 1/8": 1, "1/4 to 1/2": 1}
    assert report["n"] == 4


def test_a_shift_moves_what_is_deployed_and_not_the_comparison_of_stages(run: Path) -> None:
    """0.9 at a temperature of 2, less 2, is 0.29: no ship is found, and stages are compared as before."""
    before, after = (report_of(run, RECORD | {"decision": DECISION | {"shift": shift}}) for shift in (0.0, 2.0))
    assert (before["ships_found"], after["ships_found"]) == (1, 0)
    assert before["mcnemar"] == after["mcnemar"]
    assert before["stages"][-1]["accuracy"] == after["stages"][-1]["accuracy"]
    assert after["stages"][-1]["at_threshold"]["ships_found"] == 0
