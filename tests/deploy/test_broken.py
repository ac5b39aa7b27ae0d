"""Bundles that were damaged, or made to do harm: each is refused, with a sentence of its own."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.bundle import CARD, LARGEST_CARD, open_bundle
from models.card import LARGEST_FILE
from models.classifier import Classifier
from models.errors import BundleError
from models.providers import open_session
from tests.deploy.broken import change_card, replace_model, write_model

Command = Callable[..., int]
Damage = Callable[[Path], None]
FILE = "fp32.onnx"


def load(bundle: Path) -> onnx.ModelProto:
    return onnx.load(bundle / FILE)


def first_kernel(model: onnx.ModelProto) -> onnx.TensorProto:
    name = next(node.input[1] for node in model.graph.node if node.op_type == "Conv")
    return next(each for each in model.graph.initializer if each.name == name)


def put(tensor: onnx.TensorProto, values: np.typing.NDArray[np.float32]) -> None:
    tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), tensor.name))


def flipped_byte(bundle: Path) -> None:
    content = bytearray((bundle / FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / FILE).write_bytes(content)


def cut_short(bundle: Path) -> None:
    (bundle / FILE).write_bytes((bundle / FILE).read_bytes()[:-1])


def gone(bundle: Path) -> None:
    (bundle / FILE).unlink()


def other_colours(bundle: Path) -> None:
    model = load(bundle)
    kernel = first_kernel(model)
    put(kernel, numpy_helper.to_array(kernel)[:, ::-1])
    replace_model(bundle, "fp32", model)


def other_mean(bundle: Path) -> None:
    model = load(bundle)
    centre = next(each for each in model.graph.initializer if (numpy_helper.to_array(each) == -127.5).all())
    put(centre, np.full(centre.dims, -64))
    replace_model(bundle, "fp32", model)


def no_numbers(bundle: Path) -> None:
    model = load(bundle)
    kernel = first_kernel(model)
    put(kernel, np.full(kernel.dims, np.nan))
    replace_model(bundle, "fp32", model)


def foreign_code(bundle: Path) -> None:
    """A node that only somebody's own library could run."""
    model = load(bundle)
    relu = next(node for node in model.graph.node if node.op_type == "Relu")
    relu.op_type, relu.domain = "Exfiltrate", "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    replace_model(bundle, "fp32", model)


def file_of_others(bundle: Path) -> None:
    """Takes its weights from a file beside the bundle's folder, which is there and would do."""
    model = load(bundle)
    kernel = first_kernel(model)
    secret = bundle.parent / "secret.bin"
    secret.write_bytes(numpy_helper.to_array(kernel).tobytes())
    from_outside(kernel, str(secret))
    replace_model(bundle, "fp32", model)


def file_above(bundle: Path) -> None:
    model = load(bundle)
    from_outside(first_kernel(model), "../../../../../../../../etc/passwd")
    replace_model(bundle, "fp32", model)


def file_here(bundle: Path) -> None:
    """In a way that no usual writer takes: a number of one byte in two. By itself ONNX Runtime looks in the current folder."""
    model = load(bundle)
    kernel = first_kernel(model)
    taken = onnx.TensorProto(name=kernel.name, dims=kernel.dims, data_type=kernel.data_type)
    from_outside(taken, "weights.bin")
    (bundle.parent / "weights.bin").write_bytes(numpy_helper.to_array(kernel).tobytes())
    model.graph.initializer.remove(kernel)
    tensor = taken.SerializeToString()
    (entry,) = (each.SerializeToString() for each in taken.external_data)
    longer = entry.replace(b"\x0a\x08location", b"\x0a\x88\x00location")
    tensor = tensor.replace(bytes([len(entry)]) + entry, bytes([len(longer)]) + longer)
    # A field that comes twice is merged by whoever reads it: these are the graph, and in it the weights.
    write_model(bundle, "fp32", model.SerializeToString() + field(7, field(5, tensor)))


def field(number: int, content: bytes) -> bytes:
    """Of a protobuf message; no more than 16383 bytes."""
    size = len(content)
    return bytes([number << 3 | 2, size & 0x7F | 0x80, size >> 7]) + content


def garbage(bundle: Path) -> None:
    write_model(bundle, "fp32", b"these bytes are no model")


def from_outside(tensor: onnx.TensorProto, location: str) -> None:
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)


def no_model(bundle: Path) -> None:
    path = bundle / FILE
    path.write_bytes(bytes(path.stat().st_size))
    change_card(bundle, "precisions/fp32/sha256", "0" * 64)


def path_traversal(bundle: Path) -> None:
    change_card(bundle, "precisions/fp32/file", "../secret.onnx")


def endless_card(bundle: Path) -> None:
    with (bundle / CARD).open("a") as file:
        file.write(" " * LARGEST_CARD)


def endless_file(bundle: Path) -> None:
    change_card(bundle, "precisions/fp32/bytes", LARGEST_FILE + 1)


DAMAGES: dict[Damage, str] = {
    flipped_byte: r"fp32.onnx is not the file its card describes: sha256 \w+, expected \w+; copy the bundle again",
    cut_short: r"fp32.onnx has (\d+) bytes, its card says \d+; copy the bundle again",
    gone: r"cannot read .*fp32.onnx: No such file or directory; copy the bundle again",
    other_colours: "takes RGB pictures where its card says BGR: its colours were swapped after it was made",
    other_mean: r"answers differently here than where it was made: the logits of golden pictures differ by \d+\.\d+, allowed 0.02",
    no_numbers: "answers nan to nan, no probability; the model is broken",
    foreign_code: "fp32.onnx has the operator com.example:Exfiltrate, which ONNX Runtime .* does not know",
    garbage: "fp32.onnx is no ONNX file, though its card vouches for it; copy the bundle again",
    file_of_others: "fp32.onnx keeps weights in other files, which no card vouches for",
    file_here: "fp32.onnx keeps weights in other files, which no card vouches for",
    file_above: "fp32.onnx keeps weights in other files, which no card vouches for",
    no_model: "fp32.onnx is not the file its card describes",
    path_traversal: "cannot understand .*card.json: precisions.fp32.file: ",
    endless_card: r"card.json has \d+ bytes; no card needs more than 1048576",
    endless_file: "cannot understand .*card.json: precisions.fp32.bytes: .*less than or equal to 2147483647",
}


def said_about(bundle: Path) -> str:
    with pytest.raises(BundleError) as caught:
        Classifier(open_bundle(str(bundle), "fp32"), "cpu")
    return str(caught.value)


@pytest.mark.parametrize(("damage", "said"), DAMAGES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_damaged_bundle_is_refused(
    toy_bundle: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, said: str
) -> None:
    monkeypatch.chdir(toy_bundle.parent)
    Classifier(open_bundle(str(toy_bundle), "fp32"), "cpu").close()
    damage(toy_bundle)
    message = said_about(toy_bundle)
    assert re.search(said, message), message
    assert str(toy_bundle) in message
    assert "\n" not in message


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda value: str(value.__name__))
def test_the_command_says_so_with_exit_code_1(
    toy_bundle: Path, command: Command, capsys: pytest.CaptureFixture[str], damage: Damage
) -> None:
    damage(toy_bundle)
    assert command("verify", toy_bundle, "--json", "--provider", "cpu") == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("rivereye: ")


def test_other_precisions_of_a_damaged_bundle_still_open(toy_bundle: Path) -> None:
    cut_short(toy_bundle)
    Classifier(open_bundle(str(toy_bundle), "int8"), "cpu").close()


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_weights_that_are_no_numbers_are_said_to_be_none(toy_bundle: Path, precision: str) -> None:
    """In 8 bits they give some number, so that answers do not show them."""
    model = onnx.load(toy_bundle / f"{precision}.onnx")
    kernel = first_kernel(model)
    broken = np.full(kernel.dims, np.nan, helper.tensor_dtype_to_np_dtype(kernel.data_type))
    kernel.CopyFrom(numpy_helper.from_array(broken, kernel.name))
    replace_model(toy_bundle, precision, model)
    with pytest.raises(BundleError, match="no numbers|answers nan to nan, no probability"):
        Classifier(open_bundle(str(toy_bundle), precision), "cpu")


def test_what_the_answers_hide_is_looked_for(toy_bundle: Path) -> None:
    model = onnx.load(toy_bundle / "int8.onnx")
    kernel = first_kernel(model)
    put(kernel, np.full(kernel.dims, np.nan))
    replace_model(toy_bundle, "int8", model)
    said = rf"int8.onnx has weights that are no numbers \(NaN\): {kernel.name}; the model is broken"
    with pytest.raises(BundleError, match=said):
        Classifier(open_bundle(str(toy_bundle), "int8"), "cpu")


@pytest.mark.parametrize("where", ["weights.bin", "../weights.bin"])
def test_no_other_file_is_read_even_where_nothing_is_searched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """The second wall: a session itself finds nothing in the current folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    ones = np.ones((4, 3, 2, 2), np.float32)
    (tmp_path / "here" / where).write_bytes(ones.tobytes())
    kernel = onnx.TensorProto(name="kernel", dims=ones.shape, data_type=TensorProto.FLOAT)
    from_outside(kernel, where)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["x", "kernel"], ["y"])],
        "thief",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, 1, 1])],
        [kernel],
    )
    content = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    with pytest.raises(Exception, match=r"External data path (does not exist|escapes)"):
        open_session(content, "cpu", 1)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_golden_answers_guard_every_precision(toy_bundle: Path, precision: str) -> None:
    opened = open_bundle(str(toy_bundle), precision)
    turned = [1 - answer for answer in opened.model.golden.probabilities]
    change_card(toy_bundle, f"precisions/{precision}/golden/probabilities", turned)
    with pytest.raises(BundleError, match="answers differently here than where it was made"):
        Classifier(open_bundle(str(toy_bundle), precision), "cpu")
