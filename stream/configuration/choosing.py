"""What the command line says, as settings."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.errors import UsageError
from stream.configuration.config import load_settings
from stream.configuration.naming import name_for
from stream.configuration.settings import Settings
from stream.sources.source import default_name


def chosen(sources: Sequence[str], camera: Mapping[str, Any], watch: Mapping[str, Any]) -> Settings:
    """Sources from the command line, all looked at in the same way. An option that is None was not given.

    Raises:
        UsageError: there is none, or an option makes no sense.
    """
    if not sources:
        raise UsageError(
            "no source given; name a video, a folder of pictures, a URL or a camera, or give --config FILE"
        )
    if not all(text.strip() for text in sources):
        raise UsageError("no source given: a name is empty; is a variable unset?")
    camera, watch = ({name: value for name, value in each.items() if value is not None} for each in (camera, watch))
    cameras: dict[str, Any] = {}
    for text in sources:
        cameras[name_for(default_name(text), list(cameras))] = {"source": text, **camera}
    try:
        return Settings.model_validate({"cameras": cameras, **watch})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise UsageError(
            _complaint(first["loc"], first["msg"].removeprefix("Value error, "), {**camera, **watch})
        ) from error


def _complaint(where: tuple[int | str, ...], what: str, given: Mapping[str, Any]) -> str:
    """Of one option, its value besides; or of several together, which the message names."""
    name = str(where[-1])
    if name not in given:
        return what
    told = isinstance(given[name], Mapping) or (isinstance(given[name], str) and f"{given[name]!r}" in what)
    value = "" if told else f" {given[name]}"
    return f"--{name.replace('_', '-')}{value}: {what}"


def from_file(
    path: Path, sources: Sequence[str], options: Sequence[str] = ()
) -> tuple[Settings, Callable[[], Settings]]:
    """The settings of a file, and what reads them anew. `options`: names of those that stand beside it on the command line.

    Raises:
        UsageError: the file is wrong, or sources or options are given besides.
    """
    if sources:
        raise UsageError(
            f"{', '.join(sources)} besides --config {path}; name sources in the file, or leave --config out"
        )
    if options:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in options)
        raise UsageError(f"{named} besides --config {path}; set this in the file, or leave --config out")
    return load_settings(path), lambda: load_settings(path)
