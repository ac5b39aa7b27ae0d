"""What is wrong with a configuration, for people: pydantic's errors as sentences. Values that may be secret are never among them."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stream.configuration.settings import Camera, Defaults
from stream.sources.url import without_secrets

Origins = dict[tuple[str, ...], str]
"""For keys that come from the environment, the variable."""
TABLES = ("model_type", "model_attributes_type", "dict_type")
"""Errors where a value stands for a table: it may be an address, put one level too high."""
SECRETS = ("user", "password", "secret", "url", "store")
"""Keys whose values are never shown, whatever is wrong with them. Of a camera's source, what is secret in it."""
KINDS = {
    **dict.fromkeys(TABLES, "must be a table"),
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "path_type": "must be a text",
    "string_type": "must be a text",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
}
"""What pydantic says in its own terms."""


def mistakes(error: ValidationError, model: type[BaseModel], prefix: tuple[str, ...], origins: Origins) -> list[str]:
    """A sentence for each error.

    Args:
        error: of the whole file, or of the part of it at `prefix`.
        model: of the whole file.
        prefix: keys that lead to the part.
        origins: see Origins.
    """
    told = []
    for each in error.errors(include_url=False):
        place = prefix + tuple(str(part) for part in each["loc"])
        if "threshold" in place:  # pydantic adds which kind of value it tried
            place = place[: place.index("threshold") + 1]
        told.append(_sentence(each, place, model) + _origin(place, origins))
    return list(dict.fromkeys(told))


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the likeliest of the known ones, and all of them."""
    names = list(known)
    close = difflib.get_close_matches(word, names, 1)
    return f"{f'; did you mean {close[0]}?' if close else ';'} known: {', '.join(names)}"


def _sentence(error: ErrorDetails, place: tuple[str, ...], model: type[BaseModel]) -> str:
    place = tuple(_safe(part) for part in place)
    key, kind, message = ".".join(place), error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return (
            f"{key} is no known key{_elsewhere(place, model) or nearest(place[-1], _table(place, model).model_fields)}"
        )
    if kind == "missing" or (place == ("cameras",) and kind == "too_short"):
        return (
            "there is no camera; give one: a table [cameras.NAME] with a source"
            if place == ("cameras",)
            else f"{key} is missing"
        )
    if place[-1] == "[key]":
        return f"{'.'.join(place[:-1])} is no name; it begins with a letter or digit, and has at most 64 of these and . _ -"
    value, given = _value(error, place[-1]), error["input"]
    if isinstance(given, str) and given:
        message = message.replace(repr(given), value)
    if kind == "value_error":
        return f"{key}: {message}"
    if place[-1] == "threshold":
        return f"{key} is {value}; it must be a number from 0 to 1, or an aim of the model"
    return f"{key} is {value}; it {KINDS.get(kind) or re.sub(r'^[A-Z][a-z]+ should', 'must', message)}"


def _value(error: ErrorDetails, key: str) -> str:
    given = error["input"]
    if isinstance(given, Mapping | list | tuple):
        return "a table" if isinstance(given, Mapping) else "a list"
    if key in SECRETS:
        return "a text" if isinstance(given, str) else "a number"
    if isinstance(given, bool):
        return json.dumps(given)
    if not isinstance(given, str):
        return str(given)
    if error["type"] in TABLES:
        return "a text"
    return repr(_safe(given))


def _safe(text: str) -> str:
    return without_secrets(text) if "://" in text else text


def _table(place: tuple[str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """The model that holds the last key of this place."""
    if len(place) == 1:
        return model
    annotation: Any = model.model_fields[place[0]].annotation
    kinds = (annotation, *get_args(annotation))  # or None, of a table that may be missing
    return Camera if place[0] == "cameras" else next(each for each in kinds if hasattr(each, "model_fields"))


def _elsewhere(place: tuple[str, ...], model: type[BaseModel]) -> str:
    """Where a key belongs that stands in the wrong table; TOML takes all below a [table] for a part of it."""
    if len(place) > 1 and place[-1] in model.model_fields:
        return "; it is one of the whole file: put it above the first [table]"
    if len(place) == 1 and place[-1] in Camera.model_fields:
        return "; it is one of a camera: put it into [cameras.NAME]" + (
            ", or into [defaults] for all" if place[-1] in Defaults.model_fields else ""
        )
    return ""


def _origin(place: tuple[str, ...], origins: Origins) -> str:
    for end in range(len(place), 0, -1):
        if place[:end] in origins:
            return f" (from the environment variable {origins[place[:end]]})"
    camera = [name for key, name in origins.items() if key[:2] == place[:2] and place[2:] == ("source",)]
    return f" (the environment variable {camera[0]} names this camera)" if camera else ""
