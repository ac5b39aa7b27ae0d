"""What is to be known about a deployable model: its card, `card.json`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from models.errors import UsageError
from models.picture import RESIZE

Probability = Annotated[float, Field(ge=0, le=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Some = Annotated[int, Field(ge=1, lt=2**53)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$")]
"""A bare name, so that no card can point outside its folder."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""Of a bundle."""
Precision = Literal["fp32", "fp16", "int8"]
LARGEST_FILE = 2**31 - 1
"""Bytes that an ONNX file may have: more it cannot hold."""


class _Part(BaseModel):
    """Unknown fields are let through: a later card with more to say still loads."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())


class Weights(_Part):
    """Where the base's weights come from, and under which licence they may be passed on."""

    source: str
    licence: str


class Network(_Part):
    architecture: str
    weights: Weights


class Slim(_Part):
    """Of a slim network: `of` which full one it was made (the name of the run), `keep`: the share of the channels that was asked for, `widths`: how
    many each convolution has."""

    of: str
    keep: Probability
    widths: dict[str, Some]


class Input(_Part):
    """What the ONNX file takes: `pictures`, with the batch axis first. Mean subtraction is inside the graph."""

    name: str = "pictures"
    width: Annotated[int, Field(ge=16, le=4096)]
    height: Annotated[int, Field(ge=16, le=4096)]
    layout: Literal["NHWC"] = "NHWC"
    dtype: Literal["uint8"] = "uint8"
    colour: Literal["BGR"] = "BGR"
    resize: str = RESIZE


class Threshold(_Part):
    """A probability of `value` or more is a ship."""

    value: Probability
    chosen: str


class Share(_Part):
    """`right` of `n`, with a 95 % interval (Wilson)."""

    right: Count
    n: Count
    share: Probability
    low: Probability
    high: Probability


class Metrics(_Part):
    """On test pictures of the training run, by the Keras network."""

    accuracy: Share
    recall: Share
    false_alarms: Share


class Aim(_Part):
    """A threshold that was chosen on validation pictures, and what it gives on test pictures."""

    threshold: Probability
    test: Metrics


class Frames(_Part):
    """Whole camera frames, out of which windows were cut for training. `windows` counts them by label."""

    sha256: str | None
    frames: Count
    windows: dict[str, Count]


class Data(_Part):
    """What the network was trained on. `sha256` is over labels and file contents."""

    sha256: str
    pictures: Count
    grouping: str
    parts: dict[str, dict[str, Count]]
    frames: Frames | None = None


class Parity(_Part):
    """The ONNX file against the card's reference, on real pictures.

    `largest_difference` and `mean_difference` are of probabilities; `flips` counts the pictures on
    which the two decide differently at the threshold.
    """

    n: Some
    largest_difference: Probability
    mean_difference: Probability
    flips: Count


class Throughput(_Part):
    """Pictures a second, in batches of `batch`, with as many threads, on a machine, by one provider."""

    pictures_per_second: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    batch: Some
    threads: Some
    provider: str
    machine: str


class Golden(_Part):
    """Answers that a sound runtime reproduces for `golden_pictures(seed, ...)`; `tolerance` is of their logits, see `apart`."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    probabilities: Annotated[tuple[Probability, ...], Field(min_length=1, max_length=64)]
    tolerance: Annotated[float, Field(gt=0, lt=1)]


class Reference(_Part):
    """What the bundle's files were compared with, such as the Keras network; `accuracy` and `throughput` as in Model."""

    what: str
    accuracy: Share | None = None
    throughput: Throughput | None = None


class Model(_Part):
    """One ONNX file of the bundle.

    `parity`: by provider. `accuracy`: on labelled pictures among those of the parity, None where there were none. `forced`: it was
    written although a limit of the export was passed. `in_float`: layers of int8 that stay in float, as in 8 bits they cost decisions.
    """

    file: FileName
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: Annotated[int, Field(gt=0, le=LARGEST_FILE)]
    opset: Some
    parity: Annotated[dict[str, Parity], Field(min_length=1)]
    accuracy: Share | None = None
    throughput: Throughput | None = None
    forced: bool = False
    in_float: tuple[str, ...] = ()
    golden: Golden


class Card(_Part):
    """All that is to be known about a bundle. JSON Schema: `schemas/card.schema.json`.

    `looks`: for brightness, contrast, sharpness and colourfulness (see `models.looks`) the 1st and the 99th
    percentile over the training pictures; None where they were not measured. `temperature` and `shift`: the network's
    logits were divided by the one, and the other was then taken off them. `data` and `stages`: None and
    empty for a model that somebody else trained. `slim`: None for a network with all its channels.
    """

    schema_: Annotated[Literal["rivereye/card/1"], Field(alias="schema")] = "rivereye/card/1"
    name: Annotated[str, Field(pattern=NAME)]
    version: str
    created: str
    network: Network
    slim: Slim | None = None
    labels: tuple[Literal["no_ship"], Literal["ship"]] = ("no_ship", "ship")
    input: Input
    output: str = "probabilities"
    threshold: Threshold
    aims: dict[str, Aim] = {}
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    shift: Finite = 0.0
    recipe: str = "paper"
    data: Data | None = None
    looks: dict[str, tuple[Finite, Finite]] | None = None
    stages: dict[str, Metrics] = {}
    reference: Reference
    precisions: Annotated[dict[Precision, Model], Field(min_length=1)]
    versions: dict[str, str]

    def threshold_named(self, text: str | None) -> float:
        """The model's own (None), a number from 0 to 1, or that for one of its `aims`.

        Raises:
            UsageError: none of these.
        """
        if text is None:
            return self.threshold.value
        if (aim := text.replace(" ", "")) in self.aims:
            return self.aims[aim].threshold
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise UsageError(
                f"no threshold {text!r}; give a number from 0 to 1, or an aim of model {self.name}: {', '.join(self.aims) or 'it has none'}"
            )
        return value
