"""A deployable model: a folder with `card.json` and an ONNX file. Needs neither Keras nor ONNX Runtime."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import BundleError, UsageError
from models.picture import RESIZE

CARD = "card.json"
RELEASED = Path(__file__).parent / "released"
DEFAULT = "vgg16-river"

Probability = Annotated[float, Field(ge=0, le=1)]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*\.onnx$")]
"""A bare name, so that no card can point outside its folder."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
Precision = Literal["fp32", "int8"]


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

    right: int
    n: int
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


class Data(_Part):
    """What the network was trained on. `sha256` is over labels and file contents."""

    sha256: str
    pictures: int
    grouping: str
    parts: dict[str, dict[str, int]]


class Parity(_Part):
    """The ONNX file against the Keras network, on real pictures.

    `largest_difference` and `mean_difference` are of probabilities; `flips` counts the pictures on
    which the two decide differently at the threshold.
    """

    n: int
    largest_difference: float
    mean_difference: float
    flips: int


class Golden(_Part):
    """Answers that a sound runtime reproduces for `golden_pictures(seed, ...)`."""

    seed: int
    probabilities: Annotated[tuple[Probability, ...], Field(min_length=1, max_length=64)]
    tolerance: Annotated[float, Field(gt=0, lt=1)]


class Model(_Part):
    """One ONNX file of the bundle."""

    file: FileName
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    bytes: int
    opset: int
    parity: Parity
    golden: Golden


class Card(_Part):
    """All that is to be known about a bundle. JSON Schema: `Card.model_json_schema()`."""

    schema_: Annotated[Literal["rivereye/card/1"], Field(alias="schema")] = "rivereye/card/1"
    name: Annotated[str, Field(pattern=NAME)]
    version: str
    created: str
    network: Network
    labels: tuple[Literal["no_ship"], Literal["ship"]] = ("no_ship", "ship")
    input: Input
    output: str = "probabilities"
    threshold: Threshold
    aims: dict[str, Aim] = {}
    temperature: float = 1.0
    data: Data
    stages: dict[str, Metrics]
    precisions: Annotated[dict[Precision, Model], Field(min_length=1)]
    versions: dict[str, str]

    def threshold_named(self, text: str | None) -> float:
        """The model's own (None), a number from 0 to 1, or that for one of its `aims`.

        Raises:
            UsageError: none of these.
        """
        if text is None:
            return self.threshold.value
        if text in self.aims:
            return self.aims[text].threshold
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise UsageError(
                f"no threshold {text!r}; give a number from 0 to 1, or an aim of model {self.name}: {', '.join(self.aims) or 'it has none'}"
            )
        return value


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle whose card was read. `precision` is the one to run."""

    folder: Path
    card: Card
    precision: Precision

    @property
    def model(self) -> Model:
        return self.card.precisions[self.precision]

    def read_model(self) -> bytes:
        """The ONNX file's bytes, once they match the card.

        Raises:
            BundleError: the file is missing or has other contents than the card says.
        """
        path = self.folder / self.model.file
        try:
            if path.stat().st_size != self.model.bytes:
                raise BundleError(
                    f"{path} has {path.stat().st_size} bytes, its card says {self.model.bytes}; copy the bundle again"
                )
            content = path.read_bytes()
        except OSError as error:
            raise BundleError(f"cannot read {path}: {error.strerror}; copy the bundle again") from error
        digest = hashlib.sha256(content).hexdigest()
        if digest != self.model.sha256:
            raise BundleError(
                f"{path} is not the file its card describes: sha256 {digest}, expected {self.model.sha256}; copy the bundle again"
            )
        return content


def open_bundle(place: str) -> Bundle:
    """Opens a bundle by its folder, or a released one by its name.

    Raises:
        BundleError: no bundle there, or its card cannot be understood.
    """
    folder = Path(place)
    try:
        folder.exists()
    except (OSError, ValueError) as error:
        raise BundleError(f"no model bundle at {place}: {error}") from error
    if not folder.exists() and (RELEASED / place / CARD).is_file():
        folder = RELEASED / place
    card_path = folder / CARD
    if not card_path.is_file():
        names = ", ".join(sorted(path.parent.name for path in RELEASED.glob(f"*/{CARD}")))
        found = "a file" if folder.is_file() else f"a folder without {CARD}" if folder.is_dir() else "nothing"
        raise BundleError(
            f"no model bundle at {place}: found {found}; a bundle is a folder with {CARD} and an .onnx file, or a released model: {names or 'none here'}"
        )
    try:
        card = Card.model_validate_json(card_path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BundleError(
            f"cannot understand {card_path}: {where}: {first['msg']}; was it written by a newer rivereye, or by hand?"
        ) from error
    return Bundle(folder, card, next(iter(card.precisions)))


def golden_pictures(seed: int, n: int, width: int, height: int) -> NDArray[np.uint8]:
    """Test pictures that anyone can make again: coarse coloured tiles.

    Raw words of PCG64, since NumPy promises those for all versions, unlike drawn distributions.

    Returns:
        uint8, (n, height, width, 3), BGR.
    """
    tiles = 5
    words = np.random.PCG64(seed).random_raw(n * tiles * tiles * 3)
    colours = (words >> np.uint64(56)).astype(np.uint8).reshape(n, tiles, tiles, 3)
    rows = np.arange(height) * tiles // height
    columns = np.arange(width) * tiles // width
    return np.ascontiguousarray(colours[:, rows][:, :, columns])
