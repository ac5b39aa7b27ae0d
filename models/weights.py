"""What an ONNX file's bytes say of its weights; an edge box lacks the package `onnx`."""

import re
from collections.abc import Iterator

import numpy as np

KEY = re.compile(rb"[\x0a\x8a][\x80-\xff]{0,9}[\x00-\x7f]?[\x08\x88][\x80-\xff]{0,9}[\x00-\x7f]?\Z")
"""Field 1, 8 letters: how the key of a weight's place begins, also in bytes that no usual writer takes for these two numbers."""
LONGEST_KEY = 22
FLOATS = {1: "<f4", 10: "<f2", 11: "<f8"}
"""NumPy's types by ONNX's numbers."""
GRAPH, NODES, INITIALIZERS = 7, 1, 5
ATTRIBUTES, TENSOR = 5, 5
TYPE, FEW_FLOATS, NAME, BYTES = 2, 4, 8, 9


def elsewhere(content: bytes) -> bool:
    """Whether an ONNX file names other files that hold weights, anywhere in it."""
    places = (match.start() for match in re.finditer(b"location", content))
    return any(KEY.search(content[max(0, at - LONGEST_KEY) : at]) for at in places)


def no_numbers(content: bytes) -> str | None:
    """The name of weights in an ONNX file that are NaN or infinite; None where all are numbers, or the file cannot be read."""
    try:
        for tensor in _tensors(memoryview(content)):
            fields = list(_fields(tensor))
            kind = next((value for number, value in fields if number == TYPE), 0)
            stored = b"".join(bytes(value) for number, value in fields if number in (FEW_FLOATS, BYTES) and value)
            if kind in FLOATS and not np.isfinite(np.frombuffer(stored, FLOATS[kind])).all():
                return b"".join(bytes(value) for number, value in fields if number == NAME).decode(errors="replace")
    except (IndexError, TypeError, ValueError):
        return None
    return None


def _tensors(model: memoryview) -> Iterator[memoryview]:
    """Of the graph itself, and of the constants among its nodes."""
    for graph in _parts(model, GRAPH):
        yield from _parts(graph, INITIALIZERS)
        for node in _parts(graph, NODES):
            for attribute in _parts(node, ATTRIBUTES):
                yield from _parts(attribute, TENSOR)


def _parts(message: memoryview, wanted: int) -> Iterator[memoryview]:
    return (value for number, value in _fields(message) if number == wanted and isinstance(value, memoryview))


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a protobuf message."""
    at = 0
    while at < len(message):
        key, at = _number(message, at)
        if key & 7 == 0:
            value, at = _number(message, at)
            yield key >> 3, value
            continue
        if key & 7 == 2:
            size, at = _number(message, at)
        else:
            size = {1: 8, 5: 4}.get(key & 7, -1)
        if not 0 <= size <= len(message) - at:
            raise ValueError("no protobuf message")
        yield key >> 3, message[at : at + size]
        at += size


def _number(message: memoryview, at: int) -> tuple[int, int]:
    """A variable-length number, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value, at, shift = value | (byte & 0x7F) << shift, at + 1, shift + 7
        if byte < 0x80:
            return value, at
