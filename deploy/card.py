"""The bundle's card, and the page for people that is made from it."""

import hashlib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.convert import OPSET
from deploy.run import Run
from models.card import (
    Aim,
    Card,
    Data,
    Golden,
    Input,
    Model,
    Network,
    Parity,
    Precision,
    Share,
    Threshold,
    Weights,
    how_chosen,
)

GOLDEN_SEED, GOLDEN_PICTURES = 2026, 8
GOLDEN_TOLERANCE: dict[Precision, float] = {"fp32": 1e-3, "int8": 0.05}

VGG = Weights(
    source="ImageNet weights of the Visual Geometry Group, University of Oxford (arXiv:1409.1556)", licence="CC BY 4.0"
)
RANDOM = Weights(source="random", licence="none needed")


def make_card(
    run: Run,
    name: str,
    precision: Precision,
    file: Path,
    size: tuple[int, int],
    parity: Parity,
    golden: NDArray[np.float32],
) -> Card:
    """All that is known about a model.

    Args:
        run: it was trained in.
        name: of the bundle.
        precision: of `file`.
        file: the ONNX file.
        size: of the input, (width, height).
        parity: against the Keras network.
        golden: answers of `file` for the golden pictures, float32, (n,).
    """
    content = file.read_bytes()
    model = Model(
        file=file.name,
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        opset=OPSET,
        parity=parity,
        golden=Golden(
            seed=GOLDEN_SEED,
            probabilities=tuple(round(float(p), 6) for p in golden),
            tolerance=GOLDEN_TOLERANCE[precision],
        ),
    )
    return Card(
        name=name,
        version=version("rivereye"),
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        network=Network(architecture=run.record["network"], weights=RANDOM if run.record["weights"] == "none" else VGG),
        input=Input(width=size[0], height=size[1]),
        threshold=Threshold(value=run.decision["threshold"], chosen=how_chosen(run.decision)),
        temperature=run.decision["temperature"],
        shift=run.decision["shift"],
        aims={aim: Aim.model_validate(point) for aim, point in run.decision["aims"].items()},
        recipe=run.record["recipe"]["name"],
        data=run.data,
        looks=run.looks,
        stages=run.stages,
        precisions={precision: model},
        versions=run.record["versions"] | {name: version(name) for name in ("onnx", "tf2onnx")},
    )


def describe(card: Card, notes: str) -> str:
    """The card as a Markdown page, with `notes` (Markdown) at its end."""
    parts = "\n".join(
        f"| {part} | {counts['ship']} | {counts['no_ship']} | {counts['groups']} |"
        for part, counts in card.data.parts.items()
    )
    stages = "\n".join(
        f"| {stage} | {_share(m.accuracy)} | {_share(m.recall)} | {_share(m.false_alarms)} |"
        for stage, m in card.stages.items()
    )
    files = "\n".join(
        f"| {model.file} | {precision} | {model.bytes / 1e6:.1f} MB | {model.parity.n} | {model.parity.largest_difference:.2g} | {model.parity.flips} |"
        for precision, model in card.precisions.items()
    )
    aims = "\n".join(
        f"| {aim} | {point.threshold:.3f} | {_share(point.test.recall)} | {_share(point.test.false_alarms)} |"
        for aim, point in card.aims.items()
    )
    return f"""# {card.name}

{card.network.architecture} with a classifier head, fine-tuned to say whether a picture shows a ship. Base weights:
{card.network.weights.source}, {card.network.weights.licence}.

A picture of any size is brought to {card.input.width} x {card.input.height} pixels ({card.input.resize}); {card.input.dtype},
{card.input.colour}. A probability of {card.threshold.value:.3g} or more is a ship (threshold: {card.threshold.chosen}). The network's logits were
divided by {card.temperature:.3g}, the temperature (1: its probabilities were not calibrated){_shift(card)}.

## Trained on
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

## Other thresholds
Chosen as the one above, for other aims (`rivereye stream --threshold "AIM"`), which are kept on those pictures; elsewhere they may be missed.
The figures are of the test part, calibrated, and of whole pictures: each further view is one more occasion for a false alarm.

| aim | threshold | ships found | false alarms |
|---|---|---|---|
{aims}

## The ONNX file against the Keras network, on real pictures
| file | precision | size | pictures | largest difference of probability | decisions that flip |
|---|---|---|---|---|---|
{files}
{notes and chr(10) + notes}"""


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
