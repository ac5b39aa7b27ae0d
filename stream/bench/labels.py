"""Labels of figures, and the values that they can have, as far as that is known before anything is measured."""

from collections.abc import Collection, Mapping

from models.bundle import Bundle
from stream.bench import accuracy, against, recorded, scenarios, stages, sweep, whole, yardstick
from stream.bench.capacity import FIGURES
from stream.bench.report import ModelUsed
from stream.bench.wanted import Wanted

Labels = Mapping[str, Collection[str]]


def labels(wanted: Wanted, bundle: Bundle, used: ModelUsed, other: Bundle | None = None) -> dict[str, Labels]:
    """By the name of a figure. `used`: how the model is run, unless tuning chooses otherwise; `other`: the model that it is measured beside."""
    swept = sweep.settings(wanted.providers, wanted.precisions(bundle), wanted.batches, wanted.threads)
    model = {key: {str(each.labels[key]) for each in swept} for key in ("provider", "precision", "batch", "threads")}
    one = {"provider": {used.provider}, "precision": {used.precision}}
    if wanted.tune:
        one = {key: one[key] | model[key] for key in one}
    floor: Labels = {"clip": wanted.names}
    main: Labels = {"clip": (wanted.main,)}
    limit: Labels = {"p99_ms": (f"{wanted.limit_ms:g}",)}
    none: Labels = {}
    return {
        **dict.fromkeys(yardstick.KINDS, none),
        **dict.fromkeys(sweep.KINDS, model),
        **dict.fromkeys(scenarios.KINDS, one),
        scenarios.SERVER: {**one, **limit},
        **dict.fromkeys(recorded.FLOOR, floor),
        **{name: {**floor, "gate": ("off", "on")} for name in (*recorded.PIPELINE, *recorded.ENERGY)},
        **{name: {"stage": tuple(stages.WAYS), **main} for name in stages.KINDS},
        **dict.fromkeys(whole.KINDS, main),
        **{name: {**main, "fps": (f"{wanted.fps:g}",), **limit} for name in FIGURES},
        **{name: {"precision": model["precision"]} for name in accuracy.NAMES},
        **dict.fromkeys(
            against.NAMES,
            none if other is None else {"model": {other.card.name}, "precision": tuple(other.card.precisions)},
        ),
    }
