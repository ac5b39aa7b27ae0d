"""What a run depends on besides the pictures; kept in run.json, so that it can be made from again."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from models.errors import UsageError
from train.recipe import Changes
from train.split import SHARES


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run depends on, besides the pictures.

    `changes`: of the recipe. `aim`: None for the recipe's own. `holdout`: groups that are the test part,
    and `test_share` its size where there are none. `validation_share`: see `train.split.split`.
    `mixed_precision`: None decides by the hardware. `features`: folder that keeps what frozen layers answered
    for later runs. `tensorboard`: folder for its logs.
    """

    network: str = "vgg16"
    weights: str = "imagenet"
    positive: str = "ship"
    groups: str = "name"
    recipe: str = "river"
    changes: Changes = field(default_factory=Changes)
    aim: str | None = None
    frames: tuple[Path, ...] = ()
    holdout: tuple[str, ...] = ()
    test_share: float = SHARES["test"]
    validation_share: float | None = None
    seed: int = 1
    cache: bool = True
    mixed_precision: bool | None = None
    features: Path | None = None
    tensorboard: Path | None = None


def recorded(folders: Sequence[Path], settings: Settings) -> dict[str, Any]:
    """What run.json holds as `settings`: all of them, and the folders; whole paths, as the next command may be given elsewhere."""
    groups = Path(settings.groups)
    whole = replace(
        settings,
        groups=str(groups.resolve()) if groups.is_file() else settings.groups,
        frames=tuple(each.resolve() for each in settings.frames),
    )
    settled: dict[str, Any] = TypeAdapter(Settings).dump_python(whole, mode="json")
    return {"folders": [str(each.resolve()) for each in folders], **settled}


def settings_of(record: dict[str, Any], run: Path) -> tuple[list[Path], Settings]:
    """The folders and settings of a run, from what its run.json holds.

    Raises:
        UsageError: it was written before settings were kept there.
    """
    try:
        said = dict(record["settings"])
        folders = [Path(each) for each in said.pop("folders")]
        return folders, TypeAdapter(Settings).validate_python(said)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise UsageError(
            f"{run / 'run.json'} does not say with what settings it was made, as those of an older version do not; train it again"
        ) from error
