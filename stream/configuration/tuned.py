"""Settings that were the fastest on a machine: `rivereye bench --tune` writes them to a file, `rivereye stream` picks them up."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from models.card import NAME, Card, Precision
from models.errors import UsageError, reason
from models.outputs import check_file, replace_text
from stream.configuration.settings import LARGEST_BATCH, MOST_THREADS, Acceleration

FILE = Path("rivereye", "tuned.json")
Provider = Literal["cpu", "cuda", "tensorrt", "openvino"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PART = ConfigDict(frozen=True, extra="forbid")


class Choices(BaseModel):
    """What was the fastest. `provider`: by name, never auto. `threads`: on the CPU."""

    model_config = PART

    provider: Provider
    precision: Precision
    batch: Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)]
    hwaccel: Acceleration


class Entry(BaseModel):
    """Of one model on one machine. `machine`: its fingerprint. `fps`: frames a second that were measured.

    `files`: SHA-256 of the model's files. Another export under the same name is another model, and nothing is known of its speed.
    """

    model_config = PART

    machine: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    model: Annotated[str, Field(pattern=NAME)]
    files: dict[Precision, Sha256]
    choices: Choices
    fps: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    created: str

    @classmethod
    def of(cls, card: Card, machine: str, choices: Choices, fps: float, created: str) -> Self:
        """For the model of this card. Raises ValueError: it has no file of the precision."""
        return cls(machine=machine, model=card.name, files=_files(card), choices=choices, fps=fps, created=created)

    @property
    def about(self) -> tuple[object, ...]:
        """Model and machine."""
        return self.machine, self.model, self.files

    @model_validator(mode="after")
    def _of_a_file_that_is_there(self) -> Self:
        if self.choices.precision not in self.files:
            raise ValueError(f"no file of the precision {self.choices.precision}; there are {', '.join(self.files)}")
        return self


class Tuned(BaseModel):
    """All that was tuned: for each model and machine what was measured last."""

    model_config = PART

    schema_: Annotated[Literal["rivereye/tuned/1"], Field(alias="schema")] = "rivereye/tuned/1"
    entries: tuple[Entry, ...] = ()

    def of(self, card: Card) -> dict[str, Choices]:
        """For the model of this card, by fingerprint of the machine."""
        wanted = (card.name, _files(card))
        return {each.machine: each.choices for each in self.entries if (each.model, each.files) == wanted}


def place(environ: Mapping[str, str] = os.environ) -> Path:
    """Where the file is by itself: `rivereye/tuned.json` below $XDG_CONFIG_HOME, else below ~/.config.

    Raises:
        UsageError: neither is known.
    """
    folder = Path(environ.get("XDG_CONFIG_HOME", ""))
    if folder.is_absolute():  # any other is to be left alone, says the XDG specification
        return folder / FILE
    try:
        return Path.home() / ".config" / FILE
    except RuntimeError as error:
        raise UsageError("no place for tuned settings: this user has no home folder; set XDG_CONFIG_HOME") from error


def read_tuned(path: Path) -> Tuned:
    """What the file holds; where there is none, nothing.

    Raises:
        UsageError: it cannot be read or understood.
    """
    remedy = "delete it; `rivereye bench --tune` makes it anew"
    try:
        return Tuned.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return Tuned()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {reason(error)}; make it readable, or {remedy}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        what = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"cannot understand {path}: {where}: {what}; {remedy}") from error


def write_tuned(path: Path, entry: Entry) -> None:
    """Adds it to the file, in the place of the one for the same model and machine. A broken file is made anew.

    Raises:
        OutputError: the file cannot be written; it is as it was.
    """
    check_file(path, overwrite=True)
    before: tuple[Entry, ...] = ()
    with suppress(UsageError):
        before = read_tuned(path).entries
    others = [each for each in before if each.about != entry.about]
    replace_text(path, Tuned(entries=(*others, entry)).model_dump_json(by_alias=True, indent=2) + "\n")


def tuned_for(card: Card, machine: str, path: Path) -> Choices | None:
    """For the model of this card on the machine with this fingerprint; None where it was not tuned. Raises UsageError: see `read_tuned`."""
    return read_tuned(path).of(card).get(machine)


def _files(card: Card) -> dict[Precision, str]:
    return {precision: model.sha256 for precision, model in card.precisions.items()}
