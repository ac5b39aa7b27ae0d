"""The JSON Schemas beside the code are those of the code."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from stream import records
from stream.configuration.settings import PassageSettings
from stream.following.coverage import Coverage
from stream.following.watch import Watch
from stream.records import RECORDS, path, schema
from tests.factories import make_detection


@pytest.mark.parametrize("name", RECORDS)
def test_the_published_schema_is_the_generated_one(name: str) -> None:
    """`python -m stream.records` writes them anew."""
    assert path(name).read_text(encoding="utf-8") == schema(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(schema(name)))


def test_all_records_that_a_watch_writes_fit_their_schemas() -> None:
    watch = Watch("north", PassageSettings())
    for second, score in enumerate([0.1, 0.9, 0.9, None, 0.9, 0.1, 0.1, 0.1, 0.1]):
        detection = make_detection(float(second), score, second)
        jsonschema.validate(json.loads(detection.model_dump_json(by_alias=True)), json.loads(schema("detection")))
        for news in watch.follow(detection):
            jsonschema.validate(json.loads(news.event.model_dump_json(by_alias=True)), json.loads(schema("passage")))
    (hour,) = watch.coverage.hours()
    record = json.loads(hour.model_dump_json(by_alias=True))
    jsonschema.validate(record, json.loads(schema("hour")))
    assert record["coverage"] == 0.875
    empty = Coverage("north").total()
    jsonschema.validate(json.loads(empty.model_dump_json(by_alias=True)), json.loads(schema("hour")))


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_with_another_field_does_not_fit(name: str) -> None:
    with pytest.raises(jsonschema.ValidationError, match="additional"):
        jsonschema.validate({"schema": "rivereye/other/1", "more": 1}, json.loads(schema(name)))


def test_the_command_writes_them(tmp_path: Path) -> None:
    """Into a copy of the package, as the files of the checkout are what the test above judges."""
    root = Path(records.__file__).parent.parent
    for folder in ("stream", "models"):
        shutil.copytree(
            root / folder, tmp_path / folder, ignore=lambda _, names: {"schemas", "released", "demo"} & set(names)
        )
    (tmp_path / "stream" / "schemas").mkdir()
    subprocess.run([sys.executable, "-m", "stream.records"], cwd=tmp_path, check=True)
    written = {each.name: each.read_text(encoding="utf-8") for each in (tmp_path / "stream" / "schemas").iterdir()}
    assert written == {path(name).name: schema(name) for name in RECORDS}
