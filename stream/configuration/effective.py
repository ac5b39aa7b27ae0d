"""What runs: what was set, else what was tuned for this machine, else what is usual."""

import shlex
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from models.bundle import Bundle
from models.errors import UsageError
from models.machine import fingerprint
from models.providers import AUTO, provider_named
from models.say import say
from stream.configuration.settings import Settings
from stream.configuration.tuned import Choices, place, read_tuned
from stream.looking.pipeline import BATCH


def picked_up(settings: Settings, opened: Bundle, console: Console) -> Choices | None:
    """What the file says of this model on this machine, and tells people what is taken of it, or why nothing is.

    Whatever is wrong with the file costs a line, and no watch. `opened`: see `taken`.
    """
    if not settings.tuned:
        return None
    try:
        path = place()
    except UsageError:  # then there is no file either
        return None
    try:
        machines = read_tuned(path).of(opened.card)
    except UsageError as error:
        say(console, f"nothing is tuned for this machine: {error}", "yellow")
        return None
    again = f"`rivereye bench --tune {shlex.quote(settings.model)}`"
    choices = machines.get(fingerprint()) if machines else None
    if choices is None:
        if machines:
            say(console, f"{path} was tuned on another machine and is left alone; {again} does it for this one", "dim")
        return None
    try:
        if _open(settings, choices, opened):
            provider_named(choices.provider)
    except UsageError as error:
        say(
            console, f"{path} is left alone, as what it was tuned for has gone: {error}; {again} does it anew", "yellow"
        )
        return None
    if found := taken(settings, choices, opened):
        say(console, f"tuned for this machine: {_sentence(found)} ({path})")
    return choices


def taken(settings: Settings, choices: Choices, opened: Bundle) -> dict[str, Any]:
    """Those of the settings that nobody made, as they were tuned.

    A tuned precision and provider are taken together, and only where neither was set: one without the other was not measured. Batch and
    threads were measured on this pair, and are taken where it runs, whoever chose it. A background was learnt of what one file of the model
    answers: beside one, no other precision is taken.

    Args:
        settings: as they were made.
        choices: what was tuned.
        opened: the bundle, as it is opened without any tuning: its precision runs where none was set.
    """
    pair: dict[str, Any] = {"precision": choices.precision, "provider": choices.provider}
    found = pair if _open(settings, choices, opened) else {}
    provider = provider_named(AUTO) if settings.provider == AUTO else settings.provider
    if found or pair == {"precision": settings.precision or opened.precision, "provider": provider}:
        found = found | {n: getattr(choices, n) for n in ("batch", "threads") if getattr(settings, n) is None}
    # By name, hardware that does not know a camera's codec would fail where software can; `auto` goes on without it.
    unset = {name: each for name, each in settings.cameras.items() if "hwaccel" not in each.model_fields_set}
    if unset and choices.hwaccel != "none":
        found["cameras"] = settings.cameras | {
            name: each.model_copy(update={"hwaccel": "auto"}) for name, each in unset.items()
        }
    return found


def resolved(settings: Settings, choices: Choices | None, opened: Bundle) -> Settings:
    """What runs: what was set, else what was tuned, else what is usual. Arguments: see `taken`."""
    usual = {"batch": BATCH, "threads": 0}
    given = {name: value for name in usual if (value := getattr(settings, name)) is not None}
    found = {} if choices is None else taken(settings, choices, opened)
    return settings.model_copy(update=usual | given | found)


def _open(settings: Settings, choices: Choices, opened: Bundle) -> bool:
    """Whether nothing says what shall run the network, and which file of it."""
    learnt = any(each.background is not None for each in settings.cameras.values() if each.enabled)
    same = choices.precision == opened.precision
    return settings.precision is None and settings.provider == AUTO and (same or not learnt)


def _sentence(found: Mapping[str, Any]) -> str:
    parts = [f"{found['precision']} on {found['provider']}"] if "precision" in found else []
    parts += [f"batch {found['batch']}"] if "batch" in found else []
    parts += [f"{found['threads']} thread{'s' * (found['threads'] > 1)}"] if "threads" in found else []
    return ", ".join([*parts, *(["decoding by hardware where it can"] if "cameras" in found else [])])
