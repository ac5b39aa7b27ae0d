"""What a run found, as tables for people."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from train.dataset import LABELS

LARGEST = 12
"""Groups that are shown by name."""


def parts_table(data: dict[str, Any]) -> Table:
    table = Table("part", *LABELS, "groups", title=f"{data['pictures']} pictures")
    for part, counts in data["parts"].items():
        table.add_row(part, *(str(counts[name]) for name in (*LABELS, "groups")))
    return table


def groups_table(data: dict[str, Any]) -> Table:
    """The largest groups and where they went, from what `train.run.describe_groups` returns; the rest are counted."""
    groups = list(data["groups"].items())
    alone = sum(data["alone"].values())
    table = Table("group", "pictures", *LABELS, "part", title=f"{len(groups) + alone} groups")
    for name, group in groups[:LARGEST]:
        table.add_row(escape(name), str(_size(group)), *(str(group[label]) for label in LABELS), group["part"])
    sizes = [_size(group) for _, group in groups[LARGEST:]] + [1] * alone
    if sizes:
        few, many = min(sizes), max(sizes)
        of = f"{few} to {many} pictures" if few < many else f"{many} picture{'s' * (many > 1)}"
        table.caption = f"... and {len(sizes)} more of {of}" if groups else f"{len(sizes)} of {of}"
    return table


def _size(group: dict[str, Any]) -> int:
    return sum(int(group[label]) for label in LABELS)


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
