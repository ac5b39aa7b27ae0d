"""`rivereye table`: the paper's table, and beside it what our pictures give."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from models.errors import OutputError, UsageError
from models.networks import BASES
from models.outputs import replace_text
from models.say import say
from train.dataset import list_samples
from train.groups import Grouping
from train.report import percent
from train.run import write_json
from train.settings import Settings, recorded, settings_of
from train.train import train

SCHEMA = "rivereye/table/1"
PUBLISHED = {"vgg16": (0.9438, 0.9521), "vgg19": (0.9297, 0.9639)}
"""Share of test pictures right after stage 1 and stage 2: D. I. Konarev, A. A. Gulamov, "Increasing the Accuracy of
Pre-trained Neural Networks by Fine Adjustments"."""
TEST_PICTURES = 2048
"""Of which all four published figures are whole multiples: inferred, the paper gives no number."""
NAMED_WEIGHTS = ("imagenet", "none")
SAME_RESULT = ("cache", "features", "tensorboard")
"""Settings with which a run comes out as without."""
COLUMNS = ("network", "source", "stage 1", "stage 2", "gain", "p (McNemar)", "test pictures")


def tabulate(
    folders: Sequence[Path], out: Path, settings: Settings, overwrite: bool, console: Console
) -> list[dict[str, Any]]:
    """Trains both networks in both stages, each into a run of its own, and writes the table.

    Runs that are finished are taken as they are; interrupted ones go on.

    Args:
        folders: each with one sub-folder a class.
        out: folder for the runs `vgg16` and `vgg19`, `table.json` and `table.md`.
        settings: of both runs; `{network}` in `weights` stands for the network's name.
        overwrite: train again what is there.
        console: for progress and the table.

    Returns:
        One row a network, as in table.json.

    Raises:
        UsageError, DataError, OutputError: see train; or the weights are not there for both.
    """
    _check_weights(settings.weights)
    rows = []
    for network in BASES:
        run = out / network
        own = replace(settings, network=network, weights=settings.weights.replace("{network}", network))
        if overwrite or not _finished(run, folders, own):
            console.rule(network)
            train(folders, run, own, overwrite, console)
        rows.append(row_of(network, json.loads((run / "report.json").read_text(encoding="utf-8"))))
    write_json(out / "table.json", {"schema": SCHEMA, "rows": rows})
    replace_text(out / "table.md", markdown(rows))
    table = Table(*COLUMNS, title="share of test pictures right, at a threshold of 0.5, with 95 % intervals")
    for line in lines(rows):
        table.add_row(*line)
    console.print(table)
    say(console, f"written to {out / 'table.md'} and {out / 'table.json'}; each run has its report.html")
    return rows


def _check_weights(weights: str) -> None:
    """Before hours are spent on the first network. Raises UsageError."""
    if weights in NAMED_WEIGHTS:
        return
    for network in BASES:
        file = Path(weights.replace("{network}", network))
        if not file.is_file():
            raise UsageError(f"no weights of {network} at {file}; give files whose names differ by {{network}} alone")
    if "{network}" not in weights:
        raise UsageError(f"{weights} can be the weights of one network only; write {{network}} where its name stands")


def _finished(run: Path, folders: Sequence[Path], settings: Settings) -> bool:
    """Whether it was made before, as it would be made now: with the same settings, from as many pictures. Raises OutputError where it was made otherwise,
    UsageError where it does not say how."""
    if not (run / "run.json").is_file():
        return False
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    was, now = recorded(*settings_of(record, run)), recorded(folders, settings)
    was["pictures"] = record["data"]["pictures"] + len(record["data"]["quarantined"])
    now["pictures"] = len(list_samples(folders, settings.positive, Grouping(settings.groups)))
    for name, wanted in now.items():
        if name not in SAME_RESULT and was[name] != wanted:
            raise OutputError(
                f"{run} was made with {name.replace('_', ' ')} {was[name]}, not {wanted}; choose another --out, or give --overwrite to train again"
            )
    return True


def row_of(network: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """What a run's report.json says of its first and its last stage, and what was published."""
    first, last = report["stages"][0], report["stages"][-1]
    names = ("accuracy", "accuracy_low", "accuracy_high")
    return {
        "network": network,
        "published": dict(zip(("stage 1", "stage 2"), PUBLISHED[network], strict=True)),
        "stage 1": {name: first[name] for name in names},
        "stage 2": {name: last[name] for name in names},
        "gain": last["accuracy"] - first["accuracy"],
        "mcnemar": report["mcnemar"],
        "n": report["n"],
    }


def lines(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """The table as text, two lines a network: the paper's and ours."""
    found: list[tuple[str, ...]] = []
    for row in rows:
        before, after = row["published"].values()
        found.append(
            (
                row["network"],
                "paper",
                percent(before, 2),
                percent(after, 2),
                _points(after - before),
                "",
                f"({TEST_PICTURES})",
            )
        )
        stages = [
            f"{percent(s['accuracy'], 2)} ({percent(s['accuracy_low'], 2)} to {percent(s['accuracy_high'], 2)})"
            for s in (row["stage 1"], row["stage 2"])
        ]
        found.append(
            (row["network"], "ours", *stages, _points(row["gain"]), f"{row['mcnemar']['p']:.2g}", str(row["n"]))
        )
    return found


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The same as a table in Markdown."""
    head = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
    return "\n".join([*head, *(f"| {' | '.join(line)} |" for line in lines(rows))]) + "\n"


def _points(difference: float) -> str:
    return f"{100 * difference:+.2f}"
