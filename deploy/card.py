"""The bundle's card, and the page for people that is made from it."""

from datetime import UTC, datetime
from importlib.metadata import version

import onnxruntime as ort

from deploy.parity import ENOUGH
from deploy.run import Run
from models.card import Aim, Card, Data, Input, Model, Network, Precision, Reference, Share, Threshold, Weights
from models.choosing import how_chosen

VGG = Weights(
    source="ImageNet weights of the Visual Geometry Group, University of Oxford (arXiv:1409.1556)", licence="CC BY 4.0"
)
RANDOM = Weights(source="random", licence="none needed")


def make_card(run: Run, name: str, size: tuple[int, int], models: dict[Precision, Model], reference: Reference) -> Card:
    """All that is known about a model.

    Args:
        run: it was trained in.
        name: of the bundle.
        size: of the input, (width, height).
        models: the bundle's files, the fastest first.
        reference: what they were compared with.
    """
    return Card(
        name=name,
        version=version("rivereye"),
        created=now(),
        network=Network(architecture=run.record["network"], weights=RANDOM if run.record["weights"] == "none" else VGG),
        input=Input(width=size[0], height=size[1]),
        slim=run.slim,
        threshold=Threshold(value=run.decision["threshold"], chosen=how_chosen(run.decision)),
        temperature=run.decision["temperature"],
        shift=run.decision["shift"],
        aims={aim: Aim.model_validate(point) for aim, point in run.decision["aims"].items()},
        recipe=run.record["recipe"]["name"],
        data=run.data,
        looks=run.looks,
        stages=run.stages,
        reference=reference,
        precisions=models,
        versions=run.record["versions"] | exporters(),
    )


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exporters() -> dict[str, str]:
    """Versions of what converts."""
    return {name: version(name) for name in ("rivereye", "onnx", "tf2onnx")} | {"onnxruntime": ort.__version__}


def describe(card: Card, notes: str) -> str:
    """The card as a Markdown page, with `notes` (Markdown) at its end."""
    return "\n".join(part for part in (_head(card), _training(card), _aims(card), _files(card), notes) if part)


def _head(card: Card) -> str:
    return f"""# {card.name}

{card.network.architecture}{_slim(card)}: says whether a picture shows a ship. Base weights:
{card.network.weights.source}, {card.network.weights.licence}.

A picture of any size is brought to {card.input.width} x {card.input.height} pixels ({card.input.resize}); {card.input.dtype},
{card.input.colour}. A probability of {card.threshold.value:.3g} or more is a ship (threshold: {card.threshold.chosen}). The network's logits were
divided by {card.temperature:.3g}, the temperature (1: its probabilities were not calibrated){_shift(card)}.
"""


def _slim(card: Card) -> str:
    if card.slim is None:
        return ""
    widths = " ".join(str(width) for width in card.slim.widths.values())
    return f", made slim out of `{card.slim.of}` (channels of its convolutions: {widths})"


def _training(card: Card) -> str:
    if card.data is None:
        return ""
    parts = "\n".join(
        f"| {part} | {counts['ship']} | {counts['no_ship']} | {counts['groups']} |"
        for part, counts in card.data.parts.items()
    )
    stages = "\n".join(
        f"| {stage} | {_share(m.accuracy)} | {_share(m.recall)} | {_share(m.false_alarms)} |"
        for stage, m in card.stages.items()
    )
    return f"""## Trained on
{card.data.pictures} pictures, sha256 {card.data.sha256[:16]}, by the recipe `{card.recipe}`. No group of pictures straddles two
parts.{_frames(card.data)}

| part | ship | no ship | groups |
|---|---|---|---|
{parts}

## On the test part (the Keras network, 95 % intervals)
The stages at a threshold of 0.5; the last line calibrated, at the threshold above.

| stage | accuracy | ships found | false alarms |
|---|---|---|---|
{stages}
"""


def _aims(card: Card) -> str:
    if not card.aims:
        return ""
    aims = "\n".join(
        f"| {aim} | {point.threshold:.3g} | {_share(point.test.recall)} | {_share(point.test.false_alarms)} |"
        for aim, point in card.aims.items()
    )
    return f"""## Other thresholds
Chosen as the one above, for other aims (`rivereye stream --threshold "AIM"`), which are kept on those pictures; elsewhere they may be missed.
The figures are of the test part, calibrated, and of whole pictures: each further view is one more occasion for a false alarm.

| aim | threshold | ships found | false alarms |
|---|---|---|---|
{aims}
"""


def _files(card: Card) -> str:
    lines = [f"| {card.reference.what} | | | | | | {_right(card.reference)} | {_speed(card.reference)} |"]
    for model in card.precisions.values():
        for provider, parity in model.parity.items():
            timed = model.throughput is not None and model.throughput.provider == provider
            lines.append(
                f"| {model.file}{' (forced)' if model.forced else ''} | {model.bytes / 1e6:.1f} MB | {provider} | {parity.n} | "
                f"{parity.largest_difference:.2g} | {parity.flips} | {_right(model) if timed else ''} | {_speed(model) if timed else ''} |"
            )
    table = "\n".join(lines)
    few = (
        ""
        if all(p.n >= ENOUGH for m in card.precisions.values() for p in m.parity.values())
        else f" Forced: fewer than {ENOUGH} pictures do not say whether decisions stay."
    )
    return f"""## The ONNX files against {card.reference.what}, on real pictures
The first file is taken by itself on a processor, fp16 on a GPU; `--precision` takes another.{_where(card)}{few}

| file | size | provider | pictures | largest difference of probability | decisions that flip | right (test part) | pictures/s |
|---|---|---|---|---|---|---|---|
{table}
{_in_float(card)}"""


def _in_float(card: Card) -> str:
    return "".join(
        f"\nOf {model.file} these layers stay in float, as in 8 bits they cost decisions on calibration pictures: "
        f"{', '.join(f'`{name}`' for name in model.in_float)}. A program of your own that runs it by ONNX Runtime has to leave out the optimizer "
        "that would undo this: `disabled_optimizers=['WeightBiasQuantization']`.\n"
        for model in card.precisions.values()
        if model.in_float
    )


def _right(measured: Model | Reference) -> str:
    return "" if measured.accuracy is None else _share(measured.accuracy)


def _speed(measured: Model | Reference) -> str:
    return "" if measured.throughput is None else f"{measured.throughput.pictures_per_second:.1f}"


def _where(card: Card) -> str:
    timed = card.reference.throughput
    return "" if timed is None else f" Timed in batches of {timed.batch}, on {timed.threads} cores ({timed.machine})."


def _shift(card: Card) -> str:
    if not card.shift:
        return ""
    return f", and {abs(card.shift):.3g} was {'taken off' if card.shift > 0 else 'added to'} them"


def _frames(data: Data) -> str:
    if data.frames is None:
        return ""
    ships, others = (data.frames.windows[label] for label in ("ship", "no_ship"))
    return (
        f" The training part was joined by {ships} windows with a ship and {others} without, cut out of {data.frames.frames} whole "
        f"frames (sha256 {(data.frames.sha256 or '')[:16]}); none of a camera that validation or test knows."
    )


def _share(share: Share) -> str:
    return f"{share.share:.1%} ({share.low:.1%} to {share.high:.1%}, n = {share.n})"
