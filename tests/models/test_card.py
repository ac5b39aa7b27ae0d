"""The card and its published schema."""

import json

import jsonschema

from models.bundle import CARD, DEFAULT, RELEASED, SCHEMA, schema
from tests.factories import brightness_model, golden_answers, make_card


def test_the_published_schema_is_the_generated_one() -> None:
    """`python -m models.bundle` writes it again."""
    assert SCHEMA.read_text(encoding="utf-8") == schema()


def test_cards_are_what_the_schema_says() -> None:
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    content = brightness_model()
    card = make_card(content, golden_answers(content))
    jsonschema.validate(json.loads(card.model_dump_json(by_alias=True)), published)
    jsonschema.validate(json.loads((RELEASED / DEFAULT / CARD).read_text(encoding="utf-8")), published)
