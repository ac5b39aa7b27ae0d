"""What is read of an ONNX file without the package `onnx`."""

from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models.weights import elsewhere, no_numbers
from tests.factories import brightness_model

NAN, INFINITE = float("nan"), float("inf")


def with_tensor(tensor: onnx.TensorProto, constant: bool = False) -> bytes:
    """A file that holds it, as weights or as a node's constant."""
    nodes = [helper.make_node("Constant", [], ["kept"], value=tensor)] if constant else []
    graph = helper.make_graph(
        [*nodes, helper.make_node("Identity", ["x"], ["y"])],
        "any",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
        [] if constant else [tensor],
    )
    content: bytes = helper.make_model(graph).SerializeToString()
    return content


def weights(*values: float, kind: type[np.floating[Any]] = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, kind), "kernel")


def outside(location: str) -> onnx.TensorProto:
    tensor = onnx.TensorProto(name="kernel", dims=[1], data_type=TensorProto.FLOAT, data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return tensor


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("where", ["weights.bin", "/etc/passwd", "*/_ORT_MEM_ADDR_/*"])
def test_weights_in_other_files(where: str, constant: bool) -> None:
    assert elsewhere(with_tensor(outside(where), constant))


@pytest.mark.parametrize("tag", [b"\x0a", b"\x8a\x00", b"\x8a\x80\x00", b"\x8a\x80\x80\x80\x10"], ids=bytes.hex)
@pytest.mark.parametrize(
    "length", [b"\x08", b"\x88\x00", b"\x88\x80\x80\x00", b"\x88\x80\x80\x80\x80\x00"], ids=bytes.hex
)
def test_weights_in_other_files_as_no_usual_writer_puts_it(tag: bytes, length: bytes) -> None:
    """protobuf's numbers may be longer than they have to be."""
    plain = with_tensor(outside("weights.bin"))
    assert elsewhere(plain.replace(b"\x0a\x08location", tag + length + b"location"))


@pytest.mark.parametrize(
    "content", [b"", b"location", brightness_model(), with_tensor(weights(1)), b"its location", b"\x0a\x0bat location"]
)
def test_all_within(content: bytes) -> None:
    assert not elsewhere(content)


def in_fields(*values: float) -> onnx.TensorProto:
    """In the file's own fields of numbers, rather than as bytes."""
    return helper.make_tensor("kernel", TensorProto.FLOAT, [len(values)], values)


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    ("tensor", "expected"),
    [
        (weights(1, NAN), "kernel"),
        (weights(1, INFINITE), "kernel"),
        (weights(1, NAN, kind=np.float16), "kernel"),
        (weights(1, NAN, kind=np.float64), "kernel"),
        (in_fields(1, NAN), "kernel"),
        (weights(1, 2), None),
        (in_fields(1, 2), None),
        (numpy_helper.from_array(np.array([-1, 2**31 - 1], np.int32), "kernel"), None),
    ],
)
def test_weights_that_are_no_numbers(tensor: onnx.TensorProto, expected: str | None, constant: bool) -> None:
    assert no_numbers(with_tensor(tensor, constant)) == expected


@pytest.mark.parametrize(
    "content", [b"", b"these bytes are no model", b"\xff" * 40, b"\x3a\xff\xff\xff\xff\x7f", b"\x3b"]
)
def test_of_no_model_nothing_is_said(content: bytes) -> None:
    assert no_numbers(content) is None


def test_of_a_model_cut_anywhere_nothing_goes_wrong() -> None:
    content = with_tensor(weights(1, NAN, 3))
    assert {no_numbers(content[:at]) for at in range(len(content))} <= {None, "kernel", ""}


def random_bytes(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, 300, np.uint8)


@pytest.mark.parametrize("seed", range(20))
def test_of_noise_nothing_goes_wrong(seed: int) -> None:
    noise = random_bytes(seed).tobytes()
    assert no_numbers(noise) is None
    assert not elsewhere(noise)
