"""The page: whole, of one file, and harmless whatever groups and files are called."""

import base64
import json
import os
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.errors import OutputError
from tests.pictures import draw, save
from tests.train.test_evaluation import judged
from tests.train.test_plots import HISTORY
from train.decision import decide
from train.evaluation import evaluate
from train.report import gain, percent, write_report
from train.thumbnails import SIDE, thumbnail

MALICIOUS = "<script>alert('river')</script><img src=x onerror=alert(1)>"
EMPTY = {"meta", "img", "br", "path", "use", "rect", "link"}


class Reader(HTMLParser):
    """What a browser would do: elements opened and closed in turn, and addresses that it would go to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in EMPTY:
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag


def read(folder: Path) -> tuple[str, Reader]:
    page = (folder / "report.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return page, reader


def words(page: str) -> str:
    plain = re.sub(r"<[^>]*>", " ", re.sub(r"<style.*?</style>", "", page, flags=re.DOTALL))
    return " ".join(unescape(plain).split())


def run_record(**changes: Any) -> dict[str, Any]:
    part = judged()
    decision = decide({"validation": (part.labels, part.deployed), "test": (part.labels, part.deployed)}, "balanced")
    record: dict[str, Any] = {
        "schema": "rivereye/run/1",
        "command": "rivereye train 'my pictures' --out run",
        "network": "vgg16",
        "weights": "none",
        "recipe": {"name": "paper", "copies": 0, "stages": [], "hidden": [256], "aim": None},
        "seed": 7,
        "cache": True,
        "versions": {"python": "3.11.7", "keras": "3.15.1"},
        "data": {
            "folders": ["my pictures"],
            "sha256": "ab" * 32,
            "pictures": 40,
            "grouping": "name",
            "parts": {part: {"no_ship": 10, "ship": 5, "groups": 3} for part in ("train", "validation", "test")},
            "quarantined": [{"path": "bad.jpg", "reason": "cut short"}],
            "groups": {"camera": {"part": "train", "no_ship": 3, "ship": 4}},
            "duplicates": {
                "count": 1,
                "parts": {"train and test": 1},
                "pairs": [
                    {
                        "paths": ["twin1.jpg", "twin2.jpg"],
                        "parts": ["train", "test"],
                        "distance": 2,
                        "labels_agree": False,
                    }
                ],
                "contradictions": [[{"path": "c1.jpg", "label": "ship"}, {"path": "c2.jpg", "label": "no_ship"}]],
            },
        },
        "frames": {
            "folders": ["frames"],
            "sha256": "cd" * 32,
            "frames": 2,
            "windows": {"no_ship": 6, "ship": 5},
            "quarantined": [{"path": "frame9.jpg", "reason": "no boxes"}],
        },
        "stages": [
            {"name": name, "epochs": 2, "learning_rate": 1e-5, "history": HISTORY, "test": {}}
            for name in ("first", "last")
        ],
        "decision": decision,
    }
    return record | changes


def test_the_page_says_what_the_figures_say(tmp_path: Path) -> None:
    report = evaluate(judged(), 0.58)
    write_report(tmp_path, report)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8")) == report | {"run": None}
    said = words(read(tmp_path)[0])
    for each in (
        "Judged on 10 pictures, 4 of them with a ship",
        "right 80.0 % 95 % interval 49.0 to 94.3 %",
        "ships found 75.0 % 3 of 4",
        "false alarms 16.7 % in 1 of 6 pictures without a ship",
        "from a probability of 0.580 on. How this threshold was chosen: by whoever asked",
        "From first to last, accuracy changes by +10.00 percentage points: 3 pictures are right only after last, 2 only after first",
        "so that may be chance",
        "last, from 0.580 on",
    ):
        assert each in said
    assert "learnt" not in said


def test_it_fetches_nothing_and_runs_nothing(tmp_path: Path) -> None:
    save(draw(ship=True, seed=1), tmp_path / "9.jpg")
    report = evaluate(judged(paths=tuple(tmp_path / f"{row}.jpg" for row in range(10))), 0.58)
    write_report(tmp_path, report, run_record())
    page, reader = read(tmp_path)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", page)
    assert all(each.startswith(("data:image/jpeg;base64,", "#")) for each in reader.addresses)
    assert sum(each.startswith("data:") for each in reader.addresses) == 1
    assert not {"script", "link", "iframe", "object"} & set(reader.tags)
    assert [each.name for each in sorted(tmp_path.iterdir())] == ["9.jpg", "report.html", "report.json"]


def test_the_run_is_told(tmp_path: Path) -> None:
    run = run_record()
    write_report(tmp_path, evaluate(judged(), run["decision"]["threshold"]), run)
    said = words(read(tmp_path)[0])
    for each in (
        "the test part, from which nothing was learnt",
        "on validation pictures, for the aim balanced",
        "my pictures",
        "5 windows with a ship and 6 without, cut out of 2 whole frames from frames",
        "ab" * 32,
        "cd" * 32,
        "bad.jpg : cut short",
        "frame9.jpg : no boxes",
        "Pairs in different parts: 1 ( 1 between train and test ). twin1.jpg (train) and twin2.jpg (test) , with different labels",
        "1 pictures lie in both classes: c1.jpg (ship) , c2.jpg (no_ship)",
        "rivereye train 'my pictures' --out run",
        "seed 7",
        "recipe: hidden 256",
        "keras 3.15.1",
        "learning rate 1e-05",
        "camera train 4 3",
    ):
        assert re.sub(r"\s+(?=[,:.)])|(?<=\()\s+", "", each) in re.sub(r"\s+(?=[,:.)])|(?<=\()\s+", "", said)


def test_a_run_that_an_earlier_version_wrote(tmp_path: Path) -> None:
    """Its run.json says less."""
    run = run_record()
    for name in ("quarantined", "groups", "duplicates"):
        del run["data"][name]
    del run["command"], run["frames"]["quarantined"]
    run["data"]["unreadable"] = [{"path": "old.jpg", "reason": "empty"}]
    write_report(tmp_path, evaluate(judged(), 0.5), run)
    assert "old.jpg" in read(tmp_path)[0]


def test_names_are_text(tmp_path: Path) -> None:
    """Of groups, files, folders and models, in the page and in its figures."""
    paths = tuple(tmp_path / f"{row}{MALICIOUS.replace('/', ' ')}.jpg" for row in range(10))
    report = evaluate(judged(groups=(MALICIOUS,) * 10, paths=paths), 0.58)
    report |= {"model": MALICIOUS, "judged_on": MALICIOUS, "quarantined": [{"path": MALICIOUS, "reason": MALICIOUS}]}
    run = run_record(command=MALICIOUS)
    run["data"]["folders"] = [MALICIOUS]
    write_report(tmp_path, report, run)
    page, reader = read(tmp_path)
    assert "<script" not in page
    assert not {"script"} & set(reader.tags)
    assert reader.handlers == []
    assert page.count("&lt;script&gt;") > 10


@pytest.mark.skipif(os.name == "nt", reason="file names are UTF-16 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    name = os.fsdecode("причал".encode("cp1251"))
    report = evaluate(judged(groups=(name,) * 10, paths=(Path(name),) * 10), 0.58)
    write_report(tmp_path, report)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["groups"][0]["group"] == name
    assert "?????? 10 4 80.0 %" in words(read(tmp_path)[0])


def test_a_picture_that_is_gone_is_named(tmp_path: Path) -> None:
    write_report(tmp_path, evaluate(judged(paths=(Path("/gone/away.jpg"),) * 10), 0.58))
    page, reader = read(tmp_path)
    assert "this picture is gone" in page
    assert "/gone/away.jpg" in words(page)
    assert "img" not in reader.tags


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only(tmp_path: Path, label: int) -> None:
    write_report(tmp_path, evaluate(judged((label,) * 10), 0.58), run_record())
    assert "Curves need pictures with a ship and without" in words(read(tmp_path)[0])


def test_all_right(tmp_path: Path) -> None:
    report = evaluate(judged((1, 1), probabilities={"one": judged().probabilities["last"][:2]}), 0.5)
    write_report(tmp_path, report)
    said = words(read(tmp_path)[0])
    assert "None: every picture was decided rightly" in said
    assert "Stages of training" not in said


def test_small_groups_are_counted_together(tmp_path: Path) -> None:
    groups = ("camera",) * 6 + ("w", "x", "y", "z")
    write_report(tmp_path, evaluate(judged(groups=groups), 0.58))
    said = words(read(tmp_path)[0])
    assert "camera 6 4 83.3 %" in said
    assert "4 other groups, most of one picture 4 0 75.0 %" in said


def test_gain_in_words() -> None:
    report = evaluate(judged(), 0.58)
    report["mcnemar"] |= {"only_last_right": 30, "only_first_right": 5, "p": 2.3e-5}
    assert "p = 2.3e-05), so it is hardly chance" in str(gain(report))
    report["mcnemar"] |= {"only_last_right": 0, "only_first_right": 0, "p": 1.0}
    assert "No picture is decided differently" in str(gain(report))
    assert gain(report | {"mcnemar": None}) is None


def test_percent() -> None:
    assert [percent(share) for share in (0.0, 0.12345, 1.0, None)] == ["0.0\xa0%", "12.3\xa0%", "100.0\xa0%", "\u2013"]


def test_a_thumbnail_is_small_and_keeps_proportions(tmp_path: Path) -> None:
    address = thumbnail(save(draw(ship=True, seed=1, size=(960, 480)), tmp_path / "large.png"))
    assert address is not None
    content = np.frombuffer(base64.b64decode(address.removeprefix("data:image/jpeg;base64,")), np.uint8)
    assert cv2.imdecode(content, cv2.IMREAD_COLOR).shape == (SIDE // 2, SIDE, 3)  # type: ignore[union-attr]
    tiny = thumbnail(save(draw(ship=True, seed=1, size=(40, 32)), tmp_path / "tiny.png"))
    assert tiny is not None
    assert thumbnail(tmp_path / "none.png") is None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"report\.json"):
        write_report(tmp_path / "none", evaluate(judged(), 0.5))
