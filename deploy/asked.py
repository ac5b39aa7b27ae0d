"""What a foreign classifier takes and gives: what its user says of it, or else its metadata and its graph."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from deploy.adapter import Colour, Gives, Layout, Scores, Takes
from models.errors import UsageError

IMAGE_TYPES = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8)
SIDES = (16, 4096)
LAYOUTS: dict[str, Layout] = {"NHWC": "NHWC", "NCHW": "NCHW"}
COLOURS: dict[str, Colour] = {"RGB": "RGB", "BGR": "BGR"}
SCORE_TYPES = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)
YES = ("True", "YES")
"""How OpenVINO's Model API writes it."""
LARGEST = float(np.finfo(np.float32).max)
SCORES: dict[str, Scores] = {"probabilities": "probabilities", "softmax": "softmax", "sigmoid": "sigmoid"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of a file; None where the file has to tell. `positive`: labels that are ships."""

    labels: tuple[str, ...] | None = None
    positive: tuple[str, ...] = ("ship",)
    size: tuple[int, int] | None = None
    layout: str | None = None
    colour: str | None = None
    mean: tuple[float, ...] | None = None
    scale: tuple[float, ...] | None = None
    scores: str | None = None


def takes_of(path: Path, model: onnx.ModelProto, said: Mapping[str, str], asked: Asked) -> Takes:
    kind = model.graph.input[0].type.tensor_type
    shape = [dim.dim_value for dim in kind.shape.dim]
    if len(shape) != 4 or kind.elem_type not in IMAGE_TYPES:
        raise UsageError(
            f"{path} takes {onnx.TensorProto.DataType.Name(kind.elem_type)} of {len(shape)} axes; pictures are float32, float16 or uint8, of 4"
        )
    layout = _layout(path, shape, asked.layout)
    width, height = _size(path, shape[1:3] if layout == "NHWC" else shape[2:], said, asked)
    # OpenVINO's Model API: what is not said is a mean of 0, a scale of 1, and BGR.
    api = any(key.startswith("model_info ") for key in said)
    # Whoever takes bytes scales them himself.
    inside = kind.elem_type == TensorProto.UINT8 or said.get("model_info embedded_processing") in YES
    told = {} if inside else said
    mean = asked.mean or _numbers(told.get("model_info mean_values", "")) or (0.0,)
    usual = 1.0 if inside or api else 255.0
    scale = asked.scale or _numbers(told.get("model_info scale_values", "")) or (usual,)
    if inside and (asked.mean or asked.scale):
        raise UsageError(f"--mean and --scale: {path} has them inside; leave them out")
    reversed_ = said.get("model_info reverse_input_channels", str(not api)) in YES
    colour = COLOURS.get(asked.colour or ("RGB" if reversed_ else "BGR"))
    if colour is None:
        raise UsageError(f"--colour {asked.colour}: give RGB or BGR")
    return Takes(width, height, layout, colour, _three("mean", mean), _three("scale", scale), kind.elem_type)


def _layout(path: Path, shape: list[int], wanted: str | None) -> Layout:
    takes = f"{path} takes {' x '.join(str(side or 'any') for side in shape)}"
    wanted = wanted or ("NCHW" if shape[1] == 3 else "NHWC" if shape[3] == 3 else None)
    if wanted is None and 1 in (shape[1], shape[3]):
        raise UsageError(
            f"{takes}: grey pictures, where those of a camera have three colours; give a network of colours"
        )
    if wanted is None:
        raise UsageError(f"--layout is needed: {takes}, and no axis tells the colours; give NHWC or NCHW")
    layout = LAYOUTS.get(wanted)
    if layout is None:
        raise UsageError(f"--layout {wanted}: give NHWC or NCHW")
    if (colours := shape[3] if layout == "NHWC" else shape[1]) not in (0, 3):
        raise UsageError(f"--layout {layout}: {takes}, which would be pictures of {colours} colours; three are needed")
    return layout


def _size(path: Path, known: list[int], said: Mapping[str, str], asked: Asked) -> tuple[int, int]:
    """Width and height; `known` are height and width, 0 where the file leaves them open."""
    height, width = known
    if asked.size is not None:
        if (height and height != asked.size[1]) or (width and width != asked.size[0]):
            raise UsageError(f"--size {asked.size[0]}x{asked.size[1]}: {path} takes {width or 'any'}x{height or 'any'}")
        width, height = asked.size
    elif not (width and height):
        sides = _numbers(said.get("imgsz", "")) or (0.0,)
        if not all(side.is_integer() for side in sides):  # nor are NaN and infinity
            raise UsageError(
                f"--size is needed: {path} says of itself imgsz {said['imgsz'][:40]}, which is no size in whole pixels"
            )
        height, width = int(sides[0]), int(sides[-1])
    if not (width and height):
        raise UsageError(
            f"--size is needed: {path} takes pictures of any size; give the one it was trained on, such as 224x224"
        )
    if not (SIDES[0] <= width <= SIDES[1] and SIDES[0] <= height <= SIDES[1]):
        raise UsageError(
            f"{path} takes pictures of {width}x{height}; a bundle's have sides of {SIDES[0]} to {SIDES[1]}"
        )
    return width, height


def gives_of(
    path: Path, model: onnx.ModelProto, said: Mapping[str, str], asked: Asked
) -> tuple[tuple[str, ...], Gives]:
    kind = model.graph.output[0].type.tensor_type
    columns = int(np.prod([dim.dim_value for dim in kind.shape.dim][1:]))
    if kind.elem_type not in SCORE_TYPES:
        raise UsageError(
            f"{path} gives {onnx.TensorProto.DataType.Name(kind.elem_type)}, which are no scores; export it with the scores of its classes as floats"
        )
    labels = asked.labels or _labels(path, said)
    _check_labels(path, labels, columns)
    if len(set(asked.positive)) < len(asked.positive) or set(asked.positive) == set(labels):
        raise UsageError(
            f"--positive {','.join(asked.positive)}: give some of the labels {', '.join(labels)}, each once, and not all"
        )
    if unknown := [label for label in asked.positive if label not in labels]:
        raise UsageError(f"--positive {unknown[0]}: none of the labels {', '.join(labels)}")
    ships = tuple(labels.index(label) for label in asked.positive)
    last = _last_operation(model)
    wanted = asked.scores or ("probabilities" if last in ("Softmax", "Sigmoid") else "is needed")
    scores = SCORES.get(wanted)
    if scores is None:
        raise UsageError(
            f"--scores {wanted}: the last operation of {path} is {last}; give probabilities, or softmax or sigmoid to be applied"
        )
    if columns == 1 and scores == "softmax":
        raise UsageError(f"--scores softmax: of the one score that {path} gives it would always make 1; give sigmoid")
    return labels, Gives(columns, ships, scores, kind.elem_type)


def _labels(path: Path, said: Mapping[str, str]) -> tuple[str, ...]:
    """What the file calls its classes."""
    if "names" in said:  # Ultralytics: a dictionary, written as Python writes it
        try:
            names = ast.literal_eval(said["names"])
            if isinstance(names, dict):
                return tuple(str(names[number]) for number in sorted(names, key=int))
            if isinstance(names, list | tuple):
                return tuple(map(str, names))
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            names = None
        if isinstance(names, set):
            raise UsageError(
                f"--labels is needed: {path} names its classes as a set, which has no order; give them in the order of its outputs"
            )
    elif found := said.get("model_info labels", "").split():
        return tuple(found)
    raise UsageError(
        f"--labels is needed: {path} does not name its classes; give them in the order of its outputs: no_ship,ship"
    )


def _check_labels(path: Path, labels: tuple[str, ...], columns: int) -> None:
    named = f"--labels {','.join(labels)}"
    if not all(labels):
        raise UsageError(f"{named}: one of them is empty; give names with commas between: no_ship,ship")
    if not columns:
        raise UsageError(f"{path} does not say how many scores it gives; export it with a fixed number of classes")
    if len(labels) != max(columns, 2):
        raise UsageError(f"{named}: {path} gives {columns} scores, so {max(columns, 2)} labels are needed")
    if len(set(labels)) < len(labels):
        raise UsageError(f"{named}: each needs a name of its own")


def _numbers(text: str) -> tuple[float, ...] | None:
    """`[224, 224]` or `1 2 3` as numbers; None where it is neither."""
    try:
        return tuple(float(each) for each in text.strip("[]() ").replace(",", " ").split()) or None
    except ValueError:
        return None


def _three(option: str, values: tuple[float, ...]) -> tuple[float, float, float]:
    given = f"--{option} {','.join(f'{value:g}' for value in values)}"
    if len(values) not in (1, 3) or not np.isfinite(values).all():
        raise UsageError(f"{given}: give one number, or three, one a colour")
    if not all(abs(value) <= LARGEST for value in values):
        raise UsageError(f"{given}: larger than any number in 32 bits; give what the network was trained with")
    if option == "scale" and not np.asarray(values, np.float32).all():
        raise UsageError(f"{given}: pixels cannot be divided by 0; give what the network was trained with, such as 255")
    first, second, third = values * 3 if len(values) == 1 else values
    return first, second, third


def _last_operation(model: onnx.ModelProto) -> str:
    """The one that makes the scores; what only hands them on is passed over."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    node = made_by.get(model.graph.output[0].name)
    while node is not None and node.op_type in ("Identity", "Cast", "Reshape", "Squeeze", "Flatten"):
        node = made_by.get(node.input[0])
    return "none" if node is None else str(node.op_type)
