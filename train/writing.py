"""Writes a run, once its network is trained."""

import resource
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
from rich.console import Console

from models.networks import SIZE
from models.picture import fit
from models.say import say
from train.answers import Answers, read_answers, write_pictures, write_windows
from train.dataset import load
from train.decision import in_words
from train.gathering import Gathered
from train.inputs import pictures_as, probabilities
from train.report import gain, write_report
from train.run import write_json
from train.tables import stages_table
from train.tested import report_of


def write_run(
    draft: Path,
    network: keras.Model,
    gathered: Gathered,
    answers: Mapping[str, Mapping[int, float]],
    record: dict[str, Any],
    decide: Callable[[Answers], dict[str, Any]],
) -> dict[str, Any]:
    """The files of the run; completes the record. Returns what report.json holds.

    Args:
        draft: folder that is there.
        network: trained.
        gathered: what it was trained and judged on.
        answers: for each stage the probabilities of judged pictures, by their numbers.
        record: what run.json is to hold; here come its `decision` and `peak_memory_bytes`.
        decide: makes the decision from the answers of the last stage.
    """
    network.save(draft / "network.keras")
    write_pictures(draft, gathered.dataset, gathered.parts, answers)
    last = record["stages"][-1]["name"]
    if windows := gathered.windows.tested:
        shown = np.stack([fit(load(window), SIZE, SIZE) for window in windows])
        write_windows(draft, windows, shown, last, probabilities(network, pictures_as(shown)))
    record["decision"] = decide(read_answers(draft, last))
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    record["peak_memory_bytes"] = kibibytes * (1 if sys.platform == "darwin" else 1024)
    report = report_of(draft, record)
    write_report(draft, report, record)
    write_json(draft / "run.json", record)
    return report


def tell(record: Mapping[str, Any], report: Mapping[str, Any], out: Path, console: Console) -> None:
    """How well the run at `out` does, for people. `record`, `report`: what its run.json and report.json hold."""
    console.print(stages_table(dict(record)))
    if said := gain(report):
        say(console, said)
    say(console, in_words(record["decision"]))
    say(console, f"run written to {out}; look at {out / 'report.html'}")
