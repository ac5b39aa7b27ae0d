"""Weights in 8 bits, rounded so that a layer's answers stay, not its weights.

Rounded one by one to the nearest step, errors of weights add up: neighbouring channels see much the same. GPTQ (E. Frantar et al., "GPTQ:
Accurate Post-Training Quantization for Generative Pre-trained Transformers", ICLR 2023) rounds a layer's inputs one after the other, and
what one rounding changes in the answers to real pictures the weights that are still to come make good.

Weights take 7 of the 8 bits. Processors without VNNI (all of Intel's before 2019, AMD's before Zen 4) add the products of two neighbouring
weights in 16 bits: 2 x 255 x 64 fits in, 2 x 255 x 127 does not, and answers would be others there.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from deploy.speed import BATCH

LARGEST = 64
"""Of a weight, in steps."""
PLACES = 64
"""Of a picture that a layer is looked at, chosen by chance."""
DAMPING = 0.01
"""Of the mean of the diagonal, added to it: GPTQ's."""
MOST_INPUTS = 5000
"""A layer with more (VGG's own first matrix has 25,088) is rounded to the nearest: its matrix of inputs by inputs would take gigabytes."""
TOGETHER = 128
"""Columns after which what is left of the weights is changed, as in the paper: one by one, memory would be the limit."""
TINY = float(np.finfo(np.float32).tiny)

Track = Callable[[Iterable[int]], Iterable[int]]


def rounded_weights(
    prepared: onnx.ModelProto, pictures: NDArray[np.uint8], track: Track = iter
) -> dict[str, NDArray[np.int8]]:
    """Weights of convolutions in steps of the largest weight of a channel / LARGEST, by the name of the layer.

    Convolutions in groups, with padding that the file leaves to the runtime, or of more inputs than MOST_INPUTS are left out.

    Args:
        prepared: fp32, as it is quantised.
        pictures: uint8, (n, height, width, 3), BGR: whose answers are to stay.
        track: for progress over starts of batches.
    """
    constants = {each.name: numpy_helper.to_array(each) for each in prepared.graph.initializer}
    layers = {
        node.name: node
        for node in prepared.graph.node
        if node.op_type == "Conv" and _fits(node, constants.get(node.input[1]))
    }
    if not layers:
        return {}
    alike = _products(prepared, layers, constants, pictures, track)
    return {name: round_layer(constants[node.input[1]], alike.pop(name)) for name, node in layers.items()}


def round_layer(weights: NDArray[np.float32], products: NDArray[np.float64]) -> NDArray[np.int8]:
    """GPTQ of one layer.

    Args:
        weights: (channels given, inputs...).
        products: (inputs, inputs), of every two inputs, summed over what the layer sees.

    Returns:
        Steps, from -LARGEST to LARGEST, shaped as the weights.
    """
    left = weights.reshape(len(weights), -1).astype(np.float64)
    steps = np.maximum(np.abs(left).max(axis=1), TINY) / LARGEST
    # What is seen most comes first, as there is most left to make it good.
    order = np.argsort(-np.diag(products), kind="stable")
    left, products = left[:, order], products[np.ix_(order, order)]
    inputs = np.arange(len(order))
    products[inputs, inputs] += max(DAMPING * float(np.diag(products).mean()), TINY)
    upper = np.linalg.cholesky(np.linalg.inv(products)).T
    found = np.empty(left.shape, np.int8)
    for start in range(0, len(order), TOGETHER):
        here = slice(start, start + TOGETHER)
        block, errors = left[:, here], np.empty_like(left[:, here])
        for column in range(block.shape[1]):
            at = start + column
            found[:, at] = np.clip(np.rint(block[:, column] / steps), -LARGEST, LARGEST)
            errors[:, column] = (block[:, column] - found[:, at] * steps) / upper[at, at]
            block[:, column + 1 :] -= np.outer(errors[:, column], upper[at, at + 1 : start + block.shape[1]])
        left[:, start + TOGETHER :] -= errors @ upper[here, start + TOGETHER :]
    return found[:, np.argsort(order)].reshape(weights.shape)


def _fits(node: onnx.NodeProto, weights: NDArray[np.float32] | None) -> bool:
    said = _attributes(node)
    if weights is None or weights.ndim != 4 or weights[0].size > MOST_INPUTS:
        return False
    return (said.get("group", 1), said.get("auto_pad", b"NOTSET")) == (1, b"NOTSET")


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _products(
    prepared: onnx.ModelProto,
    layers: dict[str, onnx.NodeProto],
    constants: dict[str, NDArray[np.float32]],
    pictures: NDArray[np.uint8],
    track: Track,
) -> dict[str, NDArray[np.float64]]:
    """Of each layer, products of every two of its inputs, summed over PLACES of each picture."""
    sizes = {name: constants[node.input[1]].shape[1:] for name, node in layers.items()}
    sums = {name: np.zeros((int(np.prod(size)),) * 2) for name, size in sizes.items()}
    seen = sorted({node.input[0] for node in layers.values()})
    shown = onnx.ModelProto()
    shown.CopyFrom(prepared)
    own = {each.name for each in (*shown.graph.output, *shown.graph.input)}
    shown.graph.output.extend(onnx.ValueInfoProto(name=name) for name in seen if name not in own)
    session = ort.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    chance = np.random.default_rng(0)
    for start in track(range(0, len(pictures), BATCH)):
        batch = pictures[start : start + BATCH]
        maps = dict(zip(seen, session.run(seen, {session.get_inputs()[0].name: batch}), strict=True))
        for name, node in layers.items():
            rows = patches(maps[node.input[0]], sizes[name][1:], _attributes(node), chance)
            sums[name] += rows.T @ rows
    return sums


def patches(
    maps: NDArray[np.float32], kernel: tuple[int, ...], said: dict[str, Any], chance: np.random.Generator
) -> NDArray[np.float32]:
    """What a convolution sees at PLACES of its answers.

    Args:
        maps: its input, (n, channels, height, width).
        kernel: its height and width.
        said: its attributes: strides, pads, dilations.
        chance: chooses the places.

    Returns:
        (n x PLACES, channels x kernel's height x width).
    """
    top, left, bottom, right = said.get("pads", (0, 0, 0, 0))
    padded = np.pad(maps, ((0, 0), (0, 0), (top, bottom), (left, right)))
    steps, apart = said.get("strides", (1, 1)), said.get("dilations", (1, 1))
    inside = [
        np.arange(0, side - gap * (taps - 1), step)
        for side, taps, gap, step in zip(padded.shape[2:], kernel, apart, steps, strict=True)
    ]
    rows, columns = (chance.choice(places, (len(maps), PLACES)) for places in inside)
    rows = rows[:, :, None, None] + apart[0] * np.arange(kernel[0])[:, None]
    columns = columns[:, :, None, None] + apart[1] * np.arange(kernel[1])
    picked = padded.transpose(0, 2, 3, 1)[np.arange(len(maps))[:, None, None, None], rows, columns]
    return np.asarray(np.moveaxis(picked, -1, 2).reshape(len(maps) * PLACES, -1))
