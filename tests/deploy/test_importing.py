"""Anybody's classifier as a bundle that answers as the file itself does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from models import bundle
from models.bundle import open_bundle
from models.classifier import Classifier
from models.picture import fit, read_picture
from tests.factories import rivereye
from tests.pictures import draw, save

pytestmark = pytest.mark.usefixtures("few_are_enough")
Command = Callable[..., int]
SIDE = 24
RANDOM = np.random.default_rng(3)


def classifier(
    columns: int = 2,
    layout: str = "NCHW",
    end: str | None = "Softmax",
    dtype: int = TensorProto.FLOAT,
    batch: str | int = "n",
    opset: int = 17,
    domain: str = "",
    gives: int | None = None,
    side: str | int = SIDE,
    props: dict[str, str] | None = None,
) -> onnx.ModelProto:
    """The mean of each colour through a random matrix: tells colours and their order apart."""
    kind = np.dtype(helper.tensor_dtype_to_np_dtype(TensorProto.FLOAT if dtype == TensorProto.UINT8 else dtype))
    matrix = np.random.default_rng(columns).normal(0, 2, (3, columns)).astype(kind)
    axes = [2, 3] if layout == "NCHW" else [1, 2]
    shape = [batch, 3, side, side] if layout == "NCHW" else [batch, side, side, 3]
    nodes = [
        helper.make_node("Cast", ["image"], ["values"], to=helper.np_dtype_to_tensor_dtype(kind)),
        helper.make_node("ReduceMean", ["values"], ["colours"], axes=axes, keepdims=0),
        helper.make_node("Mul", ["colours", "small"], ["few"]),
        helper.make_node("MatMul", ["few", "matrix"], ["raw" if end else "scores"], domain=domain),
    ]
    if end:
        nodes.append(helper.make_node(end, ["raw"], ["scores"]))
    if gives:
        nodes[-1].output[0] = "shares"
        nodes.append(helper.make_node("Cast", ["shares"], ["scores"], to=gives))
    small = 1 / 255 if dtype == TensorProto.UINT8 else 1
    graph = helper.make_graph(
        nodes,
        "foreign",
        [helper.make_tensor_value_info("image", dtype, shape)],
        [helper.make_tensor_value_info("scores", gives or helper.np_dtype_to_tensor_dtype(kind), [batch, columns])],
        [numpy_helper.from_array(matrix, "matrix"), numpy_helper.from_array(np.array([small], kind), "small")],
    )
    imports = [helper.make_opsetid("", opset), *([helper.make_opsetid(domain, 1)] if domain else [])]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    helper.set_model_props(model, props or {})
    return model


def by_hand(pictures: NDArray[np.uint8], columns: int, mean: Any = 0.0, scale: Any = 255.0) -> NDArray[np.float64]:
    """Scores of `classifier` for BGR pictures, where it wants RGB."""
    matrix = np.random.default_rng(columns).normal(0, 2, (3, columns))
    colours = ((pictures[..., ::-1].astype(np.float64) - mean) / scale).mean(axis=(1, 2))
    return np.asarray(colours @ matrix)


def softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.exp(values)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-values)))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(12):
        save(
            draw(number % 2 == 0, number, (96, 64)),
            folder / ("ship" if number % 2 == 0 else "no_ship") / f"{number}.png",
        )
    return folder


@pytest.fixture(scope="module")
def pictures(data: Path) -> NDArray[np.uint8]:
    return np.stack([fit(read_picture(path), SIDE, SIDE) for path in sorted(data.rglob("*.png"))])


def answers(folder: Path, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    with Classifier(open_bundle(str(folder)), "cpu") as opened:
        return opened.probabilities(pictures)


@pytest.mark.parametrize(
    ("made", "options", "expected"),
    [
        ({}, ("--labels", "no_ship,ship"), lambda p: softmax(by_hand(p, 2))[:, 1]),
        ({"layout": "NHWC"}, ("--labels", "ship,none"), lambda p: softmax(by_hand(p, 2))[:, 0]),
        (
            {"columns": 4},
            ("--labels", "tug,car,barge,quay", "--positive", "tug,barge", "--mean", "120,110,100", "--scale", "60,50,40"),
            lambda p: softmax(by_hand(p, 4, (120, 110, 100), (60, 50, 40)))[:, [0, 2]].sum(axis=1),
        ),
        (
            {"columns": 3, "end": None},
            ("--labels", "ship,sky,land", "--scores", "softmax"),
            lambda p: softmax(by_hand(p, 3))[:, 0],
        ),
        ({"columns": 1, "end": "Sigmoid"}, ("--labels", "no_ship,ship"), lambda p: sigmoid(by_hand(p, 1))[:, 0]),
        ({"columns": 1, "end": "Sigmoid"}, ("--labels", "ship,no_ship"), lambda p: 1 - sigmoid(by_hand(p, 1))[:, 0]),
        ({"columns": 1, "end": None}, ("--labels", "no_ship,ship", "--scores", "sigmoid"), lambda p: sigmoid(by_hand(p, 1))[:, 0]),
        ({"dtype": TensorProto.UINT8}, ("--labels", "no_ship,ship"), lambda p: softmax(by_hand(p, 2))[:, 1]),
        ({"colour": "BGR"}, ("--labels", "no_ship,ship", "--colour", "BGR"), lambda p: softmax(by_hand(p[..., ::-1], 2))[:, 1]),
        ({"opset": 11}, ("--labels", "no_ship,ship"), lambda p: softmax(by_hand(p, 2))[:, 1]),
        ({"batch": 1}, ("--labels", "no_ship,ship"), lambda p: softmax(by_hand(p, 2))[:, 1]),
        ({"batch": 5}, ("--labels", "no_ship,ship"), lambda p: softmax(by_hand(p, 2))[:, 1]),
        (
            {"props": {"names": "{1: 'ship', 0: 'pier'}", "imgsz": str(SIDE), "task": "classify"}},
            (),
            lambda p: softmax(by_hand(p, 2))[:, 1],
        ),
        (
            {
                "props": {
                    "model_info labels": "pier ship",
                    "model_info mean_values": "90 20 0",
                    "model_info scale_values": "250.0 200.0 160.0",
                    "model_info reverse_input_channels": "True",
                }
            },
            (),
            lambda p: softmax(by_hand(p, 2, (90, 20, 0), (250, 200, 160)))[:, 1],
        ),
        (
            {"props": {"model_info labels": "pier ship", "model_info scale_values": "255"}},
            (),
            lambda p: softmax(by_hand(p[..., ::-1], 2))[:, 1],
        ),
        (
            {"columns": 11, "props": {"names": str({str(at): "ship" if at == 10 else f"c{at}" for at in range(11)})}},
            (),
            lambda p: softmax(by_hand(p, 11))[:, 10],
        ),
    ],
    ids=[
        "softmax", "NHWC", "four classes", "scores", "sigmoid", "ship first", "score", "bytes", "BGR", "old opset", "batch of one", "batch of five",
        "ultralytics", "model_api", "model_api says no order of colours", "numbers as text",
    ],
)  # fmt: skip
def test_a_bundle_answers_as_the_file(
    tmp_path: Path,
    data: Path,
    pictures: NDArray[np.uint8],
    command: Command,
    made: dict[str, Any],
    options: tuple[str, ...],
    expected: Callable[[NDArray[np.uint8]], NDArray[np.float64]],
) -> None:
    onnx.save(classifier(**{key: value for key, value in made.items() if key != "colour"}), tmp_path / "any.onnx")
    out = tmp_path / "bundle"
    assert command("import", tmp_path / "any.onnx", "--data", data, "--out", out, *options) == 0
    wanted = expected(pictures)
    np.testing.assert_allclose(answers(out, pictures), wanted, atol=1e-4)
    assert np.abs(wanted - expected(pictures[..., ::-1])).max() > 1e-3  # swapped colours would be noticed


def test_half_precision_in_and_out(tmp_path: Path, data: Path, pictures: NDArray[np.uint8], command: Command) -> None:
    onnx.save(classifier(dtype=TensorProto.FLOAT16), tmp_path / "half.onnx")
    options = ("--labels", "no_ship,ship", "--data", data, "--out", tmp_path / "bundle")
    assert command("import", tmp_path / "half.onnx", *options) == 0
    np.testing.assert_allclose(answers(tmp_path / "bundle", pictures), softmax(by_hand(pictures, 2))[:, 1], atol=0.02)


@pytest.mark.parametrize(
    ("suffix", "last"), [("keras", (1, "sigmoid")), ("h5", (1, "sigmoid")), ("keras", (3, "softmax"))]
)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_the_papers_layout(
    tmp_path: Path, data: Path, pictures: NDArray[np.uint8], command: Command, suffix: str, last: tuple[int, str]
) -> None:
    """A Sequential that takes RGB pixels / 255."""
    keras.utils.set_random_seed(1)
    network = keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(4),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(last[0], activation=last[1]),
        ]
    )
    path = tmp_path / f"paper.{suffix}"
    network.save(path)
    labels = "no_ship,ship" if last[0] == 1 else "sea,ship,sky"
    assert command("import", path, "--labels", labels, "--data", data, "--out", tmp_path / "bundle") == 0
    given = network.predict(pictures[..., ::-1] / np.float32(255), verbose=0)
    np.testing.assert_allclose(answers(tmp_path / "bundle", pictures), given[:, 0 if last[0] == 1 else 1], atol=1e-4)


def test_it_streams_and_says_where_it_is_from(tmp_path: Path, data: Path) -> None:
    onnx.save(classifier(), tmp_path / "any.onnx")
    options = ("--labels", "no_ship,ship", "--licence", "MIT", "--source", "a friend", "--threshold", "0.3", "--force")
    done = rivereye(
        "import", tmp_path / "any.onnx", "--data", data, "--out", tmp_path / "better", *options, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert f"takes {SIDE} x {SIDE} RGB pictures, NCHW" in " ".join(done.stderr.split())
    card = open_bundle(str(tmp_path / "better")).card
    assert (card.data, card.network.weights.licence, card.threshold.value) == (None, "MIT", 0.3)
    assert card.reference.accuracy is not None  # the pictures lie in ship and no_ship
    assert "a friend, MIT" in (tmp_path / "better" / "README.md").read_text(encoding="utf-8")
    streamed = rivereye("stream", data / "ship" / "0.png", "--model", tmp_path / "better")
    assert streamed.returncode == 0, streamed.stderr
    assert rivereye("verify", tmp_path / "better").returncode == 0


def test_int8_takes_ranges_from_pictures_that_do_not_judge(tmp_path: Path, data: Path, command: Command) -> None:
    keras.utils.set_random_seed(4)
    layers = [keras.layers.Conv2D(4, 3), keras.layers.Conv2D(4, 3), keras.layers.GlobalAveragePooling2D()]
    network = keras.Sequential([keras.Input((SIDE, SIDE, 3)), *layers, keras.layers.Dense(1, activation="sigmoid")])
    network.save(tmp_path / "any.keras")
    options = ("--labels", "no_ship,ship", "--precision", "fp32,int8", "--force")
    assert command("import", tmp_path / "any.keras", "--data", data, "--out", tmp_path / "bundle", *options) == 0
    models = open_bundle(str(tmp_path / "bundle")).card.precisions
    assert {model.parity["cpu"].n for model in models.values()} == {9}  # of 12, a quarter gave the ranges


def test_int8_in_which_nothing_is_int8_is_refused(
    tmp_path: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    onnx.save(classifier(), tmp_path / "any.onnx")
    options = (*LABELS, "--precision", "fp32,int8", "--data", data)
    assert command("import", tmp_path / "any.onnx", "--out", tmp_path / "bundle", *options) == 2
    assert "int8: nothing in this network" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "bundle").exists()


LABELS = ("--labels", "no_ship,ship")


@pytest.mark.parametrize(
    ("made", "options", "said"),
    [
        ({}, (), "--labels is needed"),
        ({}, ("--labels", "a,b,c"), "gives 2 scores, so 2 labels are needed"),
        ({}, ("--labels", "a,b"), "--positive ship: none of the labels a, b"),
        ({"end": None}, LABELS, "--scores is needed: the last operation of"),
        ({}, (*LABELS, "--scores", "sum"), "--scores sum"),
        ({}, (*LABELS, "--layout", "CHW"), "--layout CHW: give NHWC or NCHW"),
        ({}, (*LABELS, "--layout", "NHWC"), "takes any x 3 x 24 x 24, which would be pictures of 24 colours"),
        ({}, ("--labels", ""), "--labels : one of them is empty"),
        ({}, ("--labels", "ship,"), "--labels ship,: one of them is empty"),
        ({"gives": TensorProto.INT64}, LABELS, "gives INT64, which are no scores"),
        ({"side": "s"}, LABELS, "--size is needed: "),
        ({"side": "s", "props": {"imgsz": "[1e400]"}}, LABELS, "imgsz [1e400], which is no size in whole pixels"),
        ({"side": "s", "props": {"imgsz": "nan"}}, LABELS, "imgsz nan, which is no size in whole pixels"),
        ({"side": "s", "props": {"imgsz": "[32.7]"}}, LABELS, "imgsz [32.7], which is no size in whole pixels"),
        ({"side": "s", "props": {"imgsz": "[-5]"}}, LABELS, "takes pictures of -5x-5"),
        ({"props": {"names": "{'no_ship', 'ship'}"}}, (), "names its classes as a set, which has no order"),
        ({"props": {"names": "[" * 5000}}, (), "--labels is needed"),
        ({"props": {"names": "{'a': 'no_ship', 'b': 'ship'}"}}, (), "--labels is needed"),
        ({"props": {"model_info labels": ""}}, (), "--labels is needed"),
        ({"props": {"rivereye schema": "rivereye/card/1"}}, LABELS, "is a file of a rivereye bundle already"),
        ({}, (*LABELS, "--colour", "GBR"), "--colour GBR: give RGB or BGR"),
        ({}, (*LABELS, "--size", "32x32"), "--size 32x32: "),
        ({}, (*LABELS, "--size", "big"), "--size big: give width and height"),
        ({}, (*LABELS, "--mean", "1,2"), "--mean 1,2: give one number, or three"),
        ({}, (*LABELS, "--mean", "nan"), "--mean nan: give one number, or three"),
        ({}, (*LABELS, "--mean", "1e300"), "--mean 1e+300: larger than any number in 32 bits"),
        ({}, (*LABELS, "--mean", "x"), "--mean x: give one number"),
        ({}, (*LABELS, "--scale", "0"), "--scale 0: pixels cannot be divided by 0"),
        ({}, (*LABELS, "--scale", "1e-300"), "--scale 1e-300: pixels cannot be divided by 0"),
        ({}, (*LABELS, "--threshold", "1.5"), "--threshold 1.5"),
        ({}, ("--labels", "ship,ship"), "--labels ship,ship: each needs a name of its own"),
        ({}, (*LABELS, "--positive", "ship,no_ship"), "--positive ship,no_ship: give some of the labels"),
        ({"columns": 1, "end": None}, (*LABELS, "--scores", "softmax"), "--scores softmax: of the one score"),
        ({"end": None}, (*LABELS, "--scores", "probabilities"), "which are no probabilities; give --scores softmax"),
        ({"dtype": TensorProto.UINT8}, (*LABELS, "--mean", "1"), "has them inside; leave them out"),
        ({"domain": "com.nobody"}, LABELS, "has operators of com.nobody"),
        ({"dtype": TensorProto.DOUBLE}, LABELS, "takes DOUBLE of 4 axes"),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_what_has_to_be_said_or_cannot_be(
    tmp_path: Path,
    data: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    made: dict[str, Any],
    options: tuple[str, ...],
    said: str,
) -> None:
    onnx.save(classifier(**made), tmp_path / "any.onnx")
    assert command("import", tmp_path / "any.onnx", "--data", data, "--out", tmp_path / "out" / "b", *options) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.onnx", None, "no file at"),
        ("any.pt", b"PK", "give an .onnx, .keras or .h5 file; received .pt"),
        ("broken.onnx", b"\x08\x07nothing", "is no model that can be opened"),
        ("broken.keras", b"nothing", "cannot load"),
        ("broken.h5", b"nothing", "cannot load"),
        ("empty.onnx", b"", "is empty; copy it again"),
    ],
)
def test_files_that_are_none(
    tmp_path: Path,
    data: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: bytes | None,
    said: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert command("import", tmp_path / name, *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_weights_in_other_files_are_not_followed(
    tmp_path: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    model = classifier()
    onnx.save(model, tmp_path / "any.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert command("import", tmp_path / "any.onnx", *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert "weights in other files" in " ".join(capsys.readouterr().err.split())


def test_weights_in_other_files_are_found_in_any_node(
    tmp_path: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    model = classifier()
    matrix = next(each for each in model.graph.initializer if each.name == "matrix")
    model.graph.initializer.remove(matrix)
    (tmp_path / "weights.bin").write_bytes(matrix.raw_data)
    matrix.ClearField("raw_data")
    matrix.data_location = TensorProto.EXTERNAL
    matrix.external_data.add(key="location", value="weights.bin")
    model.graph.node.insert(0, helper.make_node("Constant", [], ["matrix"], value=matrix))
    (tmp_path / "any.onnx").write_bytes(model.SerializeToString())
    assert command("import", tmp_path / "any.onnx", *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert "weights in other files" in " ".join(capsys.readouterr().err.split())


def test_a_keras_network_that_takes_bytes(
    tmp_path: Path, data: Path, pictures: NDArray[np.uint8], command: Command
) -> None:
    keras.utils.set_random_seed(2)
    taken = keras.Input((SIDE, SIDE, 3), dtype="uint8")
    values = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(taken))
    network = keras.Model(taken, keras.layers.Dense(1, activation="sigmoid")(values))
    network.save(tmp_path / "bytes.keras")
    assert command("import", tmp_path / "bytes.keras", *LABELS, "--data", data, "--out", tmp_path / "bundle") == 0
    given = network.predict(pictures[..., ::-1], verbose=0)[:, 0]
    np.testing.assert_allclose(answers(tmp_path / "bundle", pictures), given, atol=1e-4)


def test_code_in_a_file_is_not_run(
    tmp_path: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    network = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Lambda(lambda x: x), keras.layers.Flatten()])
    network.save(tmp_path / "sly.keras")
    assert command("import", tmp_path / "sly.keras", *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert "cannot load" in " ".join(capsys.readouterr().err.split())


def classifying(*layers: keras.layers.Layer, colours: int = 3) -> keras.Model:
    last = (keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1, activation="sigmoid"))
    return keras.Sequential([keras.Input((SIDE, SIDE, colours)), *layers, *last])


@pytest.mark.parametrize(
    ("name", "network", "said"),
    [
        ("grey.keras", lambda: classifying(colours=1), "takes any x 24 x 24 x 1: grey pictures"),
        (
            "odd.keras",
            lambda: classifying(keras.layers.Resizing(8, 8, "lanczos3")),
            "network odd cannot be converted to ONNX",
        ),
        ("any.weights.h5", classifying, "holds weights alone, and not which network they are of"),
    ],
)
def test_keras_files_that_will_not_do(
    tmp_path: Path,
    data: Path,
    command: Command,
    capsys: pytest.CaptureFixture[str],
    name: str,
    network: Callable[[], keras.Model],
    said: str,
) -> None:
    path = tmp_path / name
    (network().save_weights if "weights" in name else network().save)(path)
    assert command("import", path, *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_a_network_that_was_never_built(
    tmp_path: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    network = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")])
    with pytest.warns(UserWarning, match="has not yet been built"):
        network.save(tmp_path / "any.keras")
    assert command("import", tmp_path / "any.keras", *LABELS, "--data", data, "--out", tmp_path / "b") == 2
    assert "was never built" in " ".join(capsys.readouterr().err.split())


def test_a_file_of_our_own(
    tmp_path: Path, toy_exported: Path, data: Path, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("import", toy_exported / "fp32.onnx", "--data", data, "--out", tmp_path / "b") == 2
    assert "is a file of a rivereye bundle already; give the folder" in " ".join(capsys.readouterr().err.split())


def test_large_pictures_have_fewer_golden_ones(
    tmp_path: Path, data: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the bundle could not be opened."""
    monkeypatch.setattr(bundle, "LARGEST_GOLDEN", 3 * SIDE * SIDE * 5)
    onnx.save(classifier(), tmp_path / "any.onnx")
    assert command("import", tmp_path / "any.onnx", *LABELS, "--data", data, "--out", tmp_path / "b") == 0
    assert len(open_bundle(str(tmp_path / "b"), "fp32").model.golden.probabilities) == 5
