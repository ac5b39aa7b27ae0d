"""Why pictures were collected: what the table says that `rivereye collect` leaves beside them."""

import csv
from contextlib import suppress
from pathlib import Path

TABLE = "collected.csv"
WORDS = {
    "uncertain": "the model was uncertain",
    "flipped": "the model's decision turned",
    "changed": "the scene had changed",
    "unlike": "it looks unlike what the model was trained on",
}


def read_reasons(folder: Path) -> dict[str, str]:
    """A sentence for people about each picture, by file name.

    The table is a help and no need: where it is missing or cannot be read there are no sentences, and a line that
    cannot be understood is left out.
    """
    try:
        with (folder / TABLE).open(newline="", encoding="utf-8", errors="replace") as file:
            rows = list(csv.DictReader(file))
    except (OSError, csv.Error):
        return {}
    return {row["file"]: said for row in rows if row.get("file") and (said := _sentence(row))}


def _sentence(row: dict[str, str | None]) -> str:
    reasons = [WORDS.get(each, each) for each in (row.get("reasons") or "").split()]
    said = [f"kept because {' and '.join(reasons)}"] if reasons else []
    with suppress(ValueError):
        said.append(f"probability of a ship {float(row.get('probability') or ''):.0%}")
    return "; ".join(said)
