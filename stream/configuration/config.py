"""The configuration file: TOML, and the environment over it, become Settings. `python -m stream.configuration.config` writes its JSON Schema."""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from models.errors import UsageError, first_line
from stream.configuration.mistakes import Origins, mistakes, nearest
from stream.configuration.resolving import in_place
from stream.configuration.settings import Defaults, Settings

PREFIX = "RIVEREYE_"
BETWEEN = "__"
SCHEMA = Path(__file__).parents[1] / "schemas" / "settings.schema.json"
EXAMPLE = Path(__file__).parents[1] / "example.toml"
Table = dict[str, Any]


class File(Settings):
    """What a configuration file may hold."""

    model_config = ConfigDict(title="Configuration of rivereye")

    defaults: Annotated[Defaults, Field(description="For every camera that does not say otherwise.")] = Defaults()


class _Keys(File, BaseSettings):
    """What pydantic-settings looks for in the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter=BETWEEN)


TABLES = ("cameras", "defaults", "passages", "outputs", "retention", "mqtt", "webhook", "outbox", "web")


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Reads a configuration file, `RIVEREYE_...` of the environment over it, and the secrets that it names.

    Relative paths begin in the folder of the file.

    Raises:
        UsageError: the file cannot be read, a key or value is wrong, or a secret is missing. No message shows a secret.
    """
    return in_place(read_settings(path, environ), environ, path)


def read_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """As `load_settings`, but secrets and paths stay as they are written."""
    table = read_table(path)
    origins = _put_over(table, environ, path)
    try:
        Defaults.model_validate(table.get("defaults", {}))
        file = File.model_validate(_with_defaults(table))
    except ValidationError as error:  # it holds what was read, secrets too: it must not be the cause of what is raised
        told = mistakes(error, File, ("defaults",) if error.title == Defaults.__name__ else (), origins)
        raise UsageError("\n".join(f"{path}: {each}" for each in told)) from None
    return Settings(**{name: getattr(file, name) for name in Settings.model_fields})


def read_table(path: Path) -> Table:
    """The file as it is written.

    Raises:
        UsageError: it cannot be read, or is no TOML; the message names the line.
    """
    if not path.is_file():
        raise UsageError(f"no configuration at {path}: {'it is no file' if path.exists() else 'no such file'}")
    try:
        return dict(TomlConfigSettingsSource(_Keys, path).toml_data)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"cannot read {path}: it is no UTF-8 text; save it as such") from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"cannot understand {path}: {first_line(error)}; text stands in quotes, and each key once"
        ) from error


def schema() -> str:
    """JSON Schema (2020-12) of a configuration, as `schemas/settings.schema.json` holds it."""
    return json.dumps(File.model_json_schema(), indent=2) + "\n"


def _put_over(table: Table, environ: Mapping[str, str], path: Path) -> Origins:
    """Puts what the environment says over what the file says; gives the variable for each key that comes from one."""
    source = EnvSettingsSource(_Keys)
    origins: Origins = {}
    for name in sorted(each for each in environ if each.upper().startswith(PREFIX) and environ[each]):
        head, nested, _ = name[len(PREFIX) :].lower().partition(BETWEEN)
        if nested and head not in TABLES:
            raise UsageError(f"{path}: the environment variable {name} names no table{nearest(head, TABLES)}")
        source.env_vars = {name.lower(): environ[name]}  # one by one, so that a message can name it
        try:
            given = source()
        except ValueError:  # it holds the value
            raise UsageError(
                f"{path}: the environment variable {name} is no JSON; tables and lists have to be"
            ) from None
        for key, value in given.items():
            origins |= dict.fromkeys(_put(table, key, value, f"{path}: {name}"), name)
    return origins


def _put(table: Table, key: str, value: object, where: str) -> list[tuple[str, ...]]:
    """Puts one value into the table; of a table, its keys. Says which keys were set."""
    if not isinstance(value, dict) or not isinstance(table.setdefault(key, {}), dict):
        table[key] = value
        return [(key,)]
    if key != "cameras":
        table[key] = table[key] | value
        return [(key, each) for each in value]
    paths = []
    for name, camera in value.items():
        known = _camera_named(name, table[key], where)
        paths += [(key, known, *rest) for rest in (zip(camera) if isinstance(camera, dict) else [()])]
        both = isinstance(camera, dict) and isinstance(table[key].get(known, {}), dict)
        table[key][known] = table[key].get(known, {}) | camera if both else camera
    return paths


def _camera_named(name: str, cameras: Table, where: str) -> str:
    """The camera of the file that a variable means: capitals, and whether it is - or . or _, do not count."""
    alike = [each for each in cameras if _plain(each) == _plain(name)]
    if name in alike or not alike:
        return name
    if len(alike) > 1:
        raise UsageError(f"{where} may mean any of the cameras {', '.join(alike)}; give them names that differ more")
    return alike[0]


def _plain(name: str) -> str:
    return re.sub("[-.]", "_", name).lower()


def _with_defaults(table: Table) -> Table:
    cameras, defaults = table.get("cameras"), table.get("defaults", {})
    if not isinstance(cameras, dict):
        return table
    return table | {
        "cameras": {name: defaults | each if isinstance(each, dict) else each for name, each in cameras.items()}
    }


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8")
