"""Sets of operators by their domains: which ones a model uses."""

from collections.abc import Iterable, Iterator

import onnx


def used(model: onnx.ModelProto) -> set[str]:
    """Domains of all operators, those in branches and in functions of the model too."""
    nodes = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    return {node.domain for node in _all(nodes)}


def drop_unused(model: onnx.ModelProto) -> None:
    """The tools import domains that no node is of; a runtime without them would refuse the file for nothing."""
    kept = [each for each in model.opset_import if not each.domain or each.domain in used(model)]
    del model.opset_import[:]
    model.opset_import.extend(kept)


def _all(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _all(graph.node)
