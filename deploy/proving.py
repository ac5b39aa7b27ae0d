"""A network in every precision that is wanted, each compared with the original on real pictures, and timed beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from rich.console import Console
from scipy.stats import binomtest

from deploy.asking import ask_all, asker
from deploy.half import to_fp16
from deploy.keeping import int8_that_decides_alike
from deploy.parity import Flip, beyond, compare, few, flipped
from deploy.pictures import UNKNOWN, Shown
from deploy.speed import BATCH, Ask, pictures_per_second
from models.card import Parity, Precision, Reference, Share, Throughput
from models.errors import GateNotMet
from models.machine import machine, usable_cores
from models.providers import provider_named, providers_here


@dataclass(frozen=True, slots=True)
class Original:
    """What is converted. `model`: fp32, from `pictures` (uint8 BGR) to `probabilities` ([no_ship, ship]); `ask`: the network that it was
    made from, called `name`; `threshold`: from which probability on it decides for a ship; `runtime`: what answers."""

    model: onnx.ModelProto
    ask: Ask
    name: str
    threshold: float
    runtime: str = "keras"


@dataclass(slots=True)
class Proven:
    """A converted model, and what was found out about it. `in_float`: layers of int8 that stay in float. `beyond`: limits that it
    passes, in words."""

    model: onnx.ModelProto
    ask: Ask
    in_float: tuple[str, ...] = ()
    parity: dict[str, Parity] = field(default_factory=dict)
    accuracy: Share | None = None
    throughput: Throughput | None = None
    flips: list[Flip] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)


def prove(
    original: Original,
    precisions: Sequence[Precision],
    calibration: NDArray[np.uint8],
    shown: Shown,
    console: Console,
) -> tuple[dict[Precision, Proven], Reference]:
    """Converts, compares on every provider of this machine, and times.

    Args:
        original: see Original.
        precisions: that are wanted.
        calibration: uint8, (n, height, width, 3), BGR: what ranges of layers are taken from; none of them is in `shown`.
        shown: what is compared on.
        console: for progress.

    Returns:
        By precision, the fastest first; and the original's own figures.

    Raises:
        GateNotMet: the original, or a converted model, gives answers that are no numbers.
    """
    expected = ask_all(original.ask, shown.pictures, original.name, console)
    if not np.isfinite(expected).all():
        raise GateNotMet(f"{original.name} gives answers that are no numbers; train it again")
    found: dict[Precision, Proven] = {}
    for precision in precisions:
        model, in_float = _convert(original, precision, calibration, console)
        found[precision] = _compare(model, precision, original, expected, shown, console)
        found[precision].in_float = in_float
    speeds = _throughputs(original, found, shown.pictures, console)
    for precision, proven in found.items():
        proven.throughput = speeds[precision]
    if (int8 := found.get("int8")) and speeds["int8"].pictures_per_second < speeds["fp32"].pictures_per_second:
        int8.beyond.append(
            f"the int8 model is slower than fp32 on this machine: {speeds['int8'].pictures_per_second:.1f} and "
            f"{speeds['fp32'].pictures_per_second:.1f} pictures a second"
        )
    reference = Reference(
        what=original.name,
        accuracy=accuracy(expected, shown.labels, original.threshold),
        throughput=speeds[original.name],
    )
    return dict(sorted(found.items(), key=lambda item: -speeds[item[0]].pictures_per_second)), reference


def accuracy(probabilities: NDArray[np.float32], labels: NDArray[np.int64], threshold: float) -> Share | None:
    """Share of labelled pictures that are decided rightly; None where there are none."""
    known = labels != UNKNOWN
    n = int(known.sum())
    if not n:
        return None
    right = int(((probabilities >= threshold) == (labels == 1))[known].sum())
    interval = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return Share(right=right, n=n, share=right / n, low=float(interval.low), high=float(interval.high))


def _convert(
    original: Original, precision: Precision, calibration: NDArray[np.uint8], console: Console
) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The model, and the names of layers that were kept in float."""
    if precision == "int8":
        return int8_that_decides_alike(original.model, calibration, original.threshold, console)
    with console.status(f"converting to {precision}"):
        return (original.model if precision == "fp32" else to_fp16(original.model, calibration)), ()


def _compare(
    model: onnx.ModelProto,
    precision: Precision,
    original: Original,
    expected: NDArray[np.float32],
    shown: Shown,
    console: Console,
) -> Proven:
    chosen = provider_named("auto")
    proven = Proven(model, asker(model, chosen))
    if said := few(len(shown.paths)):
        proven.beyond.append(said)
    for provider in providers_here():
        ask = proven.ask if provider == chosen else asker(model, provider)
        answers = ask_all(ask, shown.pictures, f"{precision} on {provider}", console)
        if not np.isfinite(answers).all():
            raise GateNotMet(f"the {precision} model on {provider} gives answers that are no numbers; leave it out")
        proven.parity[provider] = compare(expected, answers, original.threshold)
        if said := beyond(proven.parity[provider], precision, provider, original.name):
            proven.beyond.append(said)
        proven.flips += [
            Flip(shown.paths[at], shown.pictures[at], precision, provider, float(expected[at]), float(answers[at]))
            for at in np.flatnonzero(flipped(expected, answers, original.threshold))
        ]
        if provider == chosen:
            proven.accuracy = accuracy(answers, shown.labels, original.threshold)
    return proven


def _throughputs(
    original: Original, found: Mapping[Precision, Proven], pictures: NDArray[np.uint8], console: Console
) -> dict[str, Throughput]:
    """Of the original by its name, of each precision, and of fp32 whether it is wanted or not."""
    provider = provider_named("auto")
    models = {original.name: original.ask} | {precision: proven.ask for precision, proven in found.items()}
    models.setdefault("fp32", asker(original.model, provider))
    with console.status("timing"):
        speeds = pictures_per_second(models, pictures)
    return {
        name: Throughput(
            pictures_per_second=round(speed, 2),
            batch=BATCH,
            threads=usable_cores(),
            provider=original.runtime if name == original.name else provider,
            machine=machine(),
        )
        for name, speed in speeds.items()
    }
