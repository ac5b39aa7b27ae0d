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
    wanted = asked.layout or ("NCHW" if shape[1] == 3 else "NHWC" if shape[3] == 3 else "is needed")
    layout = LAYOUTS.get(wanted)
    if layout is None:
        raise UsageError(f"--layout {wanted}: {path} takes {shape}, and no axis tells the colours; give NHWC or NCHW")
    height, width = shape[1:3] if layout == "NHWC" else shape[2:]
    if asked.size is not None:
        if (height and height != asked.size[1]) or (width and width != asked.size[0]):
            raise UsageError(f"--size {asked.size[0]}x{asked.size[1]}: {path} takes {width}x{height}")
        width, height = asked.size
    elif not (width and height):
        sides = [int(side) for side in _numbers(said.get("imgsz", "")) or (0,)]
        height, width = sides[0], sides[-1]
    if not (width and height):
        raise UsageError(
            f"--size is needed: {path} takes pictures of any size; give the one it was trained on, such as 224x224"
        )
    if not (SIDES[0] <= width <= SIDES[1] and SIDES[0] <= height <= SIDES[1]):
        raise UsageError(
            f"{path} takes pictures of {width}x{height}; a bundle's have sides of {SIDES[0]} to {SIDES[1]}"
        )
    # Whoever takes bytes scales them himself.
    inside = kind.elem_type == TensorProto.UINT8 or said.get("model_info embedded_processing") in ("True", "YES")
    told = {} if inside else said
    mean = asked.mean or _numbers(told.get("model_info mean_values", "")) or (0.0,)
    # OpenVINO's Model API: what is not said is 0 and 1.
    usual = 1.0 if inside or "model_info model_type" in said else 255.0
    scale = asked.scale or _numbers(told.get("model_info scale_values", "")) or (usual,)
    if inside and (asked.mean or asked.scale):
        raise UsageError(f"--mean and --scale: {path} has them inside; leave them out")
    reversed_ = said.get("model_info reverse_input_channels", "True") in ("True", "YES")
    colour = COLOURS.get(asked.colour or ("RGB" if reversed_ else "BGR"))
    if colour is None:
        raise UsageError(f"--colour {asked.colour}: give RGB or BGR")
    return Takes(width, height, layout, colour, _three("mean", mean), _three("scale", scale), kind.elem_type)


def gives_of(
    path: Path, model: onnx.ModelProto, said: Mapping[str, str], asked: Asked
) -> tuple[tuple[str, ...], Gives]:
    kind = model.graph.output[0].type.tensor_type
    columns = int(np.prod([dim.dim_value for dim in kind.shape.dim][1:]))
    labels = asked.labels or _labels(said)
    if labels is None:
        raise UsageError(
            f"--labels is needed: {path} does not name its classes; give them in the order of its outputs: no_ship,ship"
        )
    if not columns or len(labels) != max(columns, 2):
        raise UsageError(
            f"--labels {','.join(labels)}: {path} gives {columns or 'an unknown number of'} scores, so {max(columns, 2)} labels are needed"
        )
    if len(set(labels)) < len(labels) or not all(labels):
        raise UsageError(f"--labels {','.join(labels)}: each needs a name of its own")
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


def _labels(said: Mapping[str, str]) -> tuple[str, ...] | None:
    if "names" in said:  # Ultralytics: a dictionary, written as Python writes it
        try:
            names = ast.literal_eval(said["names"])
            ordered = sorted(names.items()) if isinstance(names, dict) else list(enumerate(names))
            return tuple(str(name) for _, name in ordered)
        except (ValueError, SyntaxError, TypeError):
            return None
    return tuple(said["model_info labels"].split()) if "model_info labels" in said else None


def _numbers(text: str) -> tuple[float, ...] | None:
    """`[224, 224]` or `1 2 3` as numbers; None where it is neither."""
    try:
        return tuple(float(each) for each in text.strip("[]() ").replace(",", " ").split()) or None
    except ValueError:
        return None


def _three(option: str, values: tuple[float, ...]) -> tuple[float, float, float]:
    if len(values) not in (1, 3) or not np.isfinite(values).all() or (option == "scale" and 0 in values):
        raise UsageError(f"--{option} {','.join(map(str, values))}: give one number, or three, one a colour")
    first, second, third = values * 3 if len(values) == 1 else values
    return first, second, third


def _last_operation(model: onnx.ModelProto) -> str:
    """The one that makes the scores; what only hands them on is passed over."""
    made_by = {name: node for node in model.graph.node for name in node.output}
    node = made_by.get(model.graph.output[0].name)
    while node is not None and node.op_type in ("Identity", "Cast", "Reshape", "Squeeze", "Flatten"):
        node = made_by.get(node.input[0])
    return "none" if node is None else str(node.op_type)
