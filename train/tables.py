"""What a run found, as tables for people."""

from typing import Any

from rich.table import Table

from train.dataset import LABELS


def parts_table(data: dict[str, Any]) -> Table:
    table = Table("part", *LABELS, "groups", title=f"{data['pictures']} pictures")
    for part, counts in data["parts"].items():
        table.add_row(part, *(str(counts[name]) for name in (*LABELS, "groups")))
    return table


def stages_table(record: dict[str, Any]) -> Table:
    table = Table(
        "stage",
        "accuracy",
        "95 % interval",
        "right",
        "ships found",
        "false alarms",
        title="on the test part, at a threshold of 0.5",
    )
    for stage in record["stages"]:
        accuracy, recall, alarms = (stage["test"][name] for name in ("accuracy", "recall", "false_alarms"))
        table.add_row(
            stage["name"],
            f"{accuracy['share']:.2%}",
            f"{accuracy['low']:.2%} to {accuracy['high']:.2%}",
            f"{accuracy['right']} of {accuracy['n']}",
            f"{recall['share']:.1%} of {recall['n']}",
            f"{alarms['share']:.1%} of {alarms['n']}",
        )
    return table
