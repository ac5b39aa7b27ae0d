"""How the model is run where nothing else is said: as `rivereye stream` would run it on this machine."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from models.bundle import Bundle
from models.classifier import Choice
from models.machine import fingerprint, usable_cores
from models.providers import provider_named
from models.say import say
from stream.bench.report import ModelUsed, Tried
from stream.configuration.effective import picked_up, resolved
from stream.configuration.settings import Settings
from stream.configuration.tuned import Choices, Entry, place, write_tuned


def used(choice: Choice, bundle: Bundle, batches: Sequence[int], threads: Sequence[int], console: Console) -> ModelUsed:
    """What was set, else what was tuned, else what is usual. `batches`, `threads`: those are set of which there is one."""
    given = {
        "model": choice.model,
        "precision": choice.precision,
        "provider": choice.provider,
        "batch": batches[0] if len(batches) == 1 else None,
        "threads": threads[0] if len(threads) == 1 else None,
    }
    settings = Settings.model_validate({"cameras": {"clip": {"source": "clip"}}, **given})
    choices = picked_up(settings, bundle, console)
    runs = resolved(settings, choices, bundle)
    precision = runs.precision or bundle.precision
    return ModelUsed(
        name=bundle.card.name,
        sha256=bundle.card.precisions[precision].sha256,
        precisions=tuple(bundle.card.precisions),
        precision=precision,
        provider=provider_named(runs.provider),
        batch=runs.batch or 1,
        threads=runs.threads or usable_cores(),
        hwaccel=runs.cameras["clip"].hwaccel,
        tuned=choices is not None,
    )


def chosen(before: ModelUsed, bundle: Bundle, tried: Sequence[Tried]) -> ModelUsed:
    """As the chosen one of these was."""
    best = next(each for each in tried if each.chosen)
    fields = {name: getattr(best, name) for name in ("provider", "precision", "batch", "threads", "hwaccel")}
    digest = next(model.sha256 for name, model in bundle.card.precisions.items() if name == best.precision)
    return before.model_copy(update={**fields, "sha256": digest, "tuned": True})


def remember(runs: ModelUsed, bundle: Bundle, tried: Sequence[Tried], console: Console) -> None:
    """Writes it where `rivereye stream` looks. Raises OutputError, UsageError: there is no place that can be written."""
    fields = {name: getattr(runs, name) for name in ("provider", "precision", "batch", "threads", "hwaccel")}
    fps = next(each.fps.value for each in tried if each.chosen)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    entry = Entry.of(bundle.card, fingerprint(), Choices.model_validate(fields), fps, created)
    write_tuned(place(), entry)
    say(console, f"tuned: {place()}; `rivereye stream` picks it up for {shlex.quote(runs.name)} on this machine")
