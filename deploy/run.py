"""A training run, as export reads it from disk (written by `rivereye train`). Its network is loaded by `deploy.convert`."""

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal

from models.card import Data, Metrics, Slim
from models.errors import UsageError, first_line

SCHEMA = "rivereye/run/1"
LABELS = ("ship", "no_ship")
Part = Literal["test", "validation", "train"]
DEPLOYED = "at the threshold"
"""What the calibrated Keras network is called beside the stages."""


@dataclass(frozen=True, slots=True)
class Run:
    """`record` is what run.json holds; `pictures` are the rows of pictures.csv."""

    folder: Path
    record: dict[str, Any]
    pictures: Sequence[dict[str, str]]

    @property
    def data(self) -> Data:
        """Pictures, and frames where there were any."""
        frames = self.record["frames"] if self.record["frames"]["frames"] else None
        return Data.model_validate(self.record["data"] | {"frames": frames})

    @property
    def stages(self) -> dict[str, Metrics]:
        """Figures on the test part: of each stage at a threshold of 0.5, and calibrated, at the threshold that was chosen."""
        stages = {stage["name"]: stage["test"] for stage in self.record["stages"]} | {DEPLOYED: self.decision["test"]}
        return {name: Metrics.model_validate(test) for name, test in stages.items()}

    @property
    def looks(self) -> dict[str, tuple[float, float]] | None:
        """What is usual among the training pictures (see `models.looks`)."""
        return dict(self.record["data"]["looks"]) if "looks" in self.record["data"] else None

    @property
    def slim(self) -> Slim | None:
        """None where the network has all its channels."""
        return Slim.model_validate(self.record["slim"]) if "slim" in self.record else None

    @property
    def decision(self) -> dict[str, Any]:
        """`threshold`, `temperature`, `shift` (0 in runs that are older than it), the `aim` of the threshold (None: the paper's), `test` figures, and other `aims`."""
        return {"shift": 0.0, **self.record["decision"]}

    def labelled(self, part: Part, at_most: int) -> list[tuple[Path, int]]:
        """Pictures of a part that still exist, with their labels (1 for a ship): as many of one class as of the other where there are
        enough, shuffled by a fixed seed."""
        draw = random.Random(0)
        classes: dict[str, list[tuple[Path, int]]] = {label: [] for label in LABELS}
        for row in self.pictures:
            if row["part"] == part and Path(row["path"]).is_file():
                classes[row["label"]].append((Path(row["path"]), int(row["label"] == "ship")))
        for paths in classes.values():
            draw.shuffle(paths)
        fewer, more = sorted(classes.values(), key=len)
        half = min(len(fewer), at_most // 2)
        chosen = fewer[:half] + more[: at_most - half]
        draw.shuffle(chosen)
        return chosen


def open_run(folder: Path) -> Run:
    """Raises UsageError: no finished run at `folder`."""
    try:
        record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        with (folder / "pictures.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            run = Run(folder, record, list(csv.DictReader(file)))
        _check(run)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise UsageError(
            f"no finished training run at {folder}: {first_line(error)}; give the folder that `rivereye train --out` wrote"
        ) from error
    return run


def _check(run: Run) -> None:
    """Now, rather than after minutes of conversion. Raises ValueError, KeyError or TypeError."""
    if run.record["schema"] != SCHEMA:
        raise ValueError(f"unknown schema {run.record['schema']!r}")
    missing = [
        key for key in ("network", "weights", "recipe", "frames", "decision", "versions") if key not in run.record
    ]
    if missing:
        raise ValueError(f"run.json lacks {', '.join(missing)}")
    _ = run.data, run.stages, run.slim
    threshold, temperature, *_ = (run.decision[name] for name in ("threshold", "temperature", "aim", "aims"))
    shift = run.decision["shift"]
    if not (0 <= threshold <= 1 and 0 < temperature < inf and abs(shift) < inf):
        raise ValueError(f"no threshold, temperature and shift: {threshold!r}, {temperature!r}, {shift!r}")
    for row in run.pictures:
        if row["label"] not in LABELS or not row["path"] or not row["part"]:
            raise ValueError(f"pictures.csv has a row that names no picture, part or label: {row}")
