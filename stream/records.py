"""JSON Schemas (2020-12) of the records that are written."""

import json
from pathlib import Path

from pydantic import BaseModel

from stream.bench.report import Report
from stream.following.coverage import Hour
from stream.following.passage import PassageEvent
from stream.looking.detection import Detection

FOLDER = Path(__file__).parent / "schemas"
RECORDS: dict[str, type[BaseModel]] = {"detection": Detection, "passage": PassageEvent, "hour": Hour, "bench": Report}


def schema(name: str) -> str:
    """As `schemas/NAME.schema.json` holds it."""
    return json.dumps(RECORDS[name].model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


def path(name: str) -> Path:
    return FOLDER / f"{name}.schema.json"


if __name__ == "__main__":
    for each in RECORDS:
        path(each).write_text(schema(each), encoding="utf-8")
