"""Half precision and several GPUs: when they are used, and that they change next to nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow

import train.hardware as module
from models.networks import Head, build
from tests.pictures import draw
from tests.train.conftest import toy_network
from train.hardware import FLOAT32, all_gpus, precision_policy, twin

PLAIN_CPU = "flags : fpu sse2 avx2 avx512f"
HALF_CPU = f"{PLAIN_CPU} avx512_bf16"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Makes this one look as if it had these flags, and GPUs of this compute capability."""

    def look(flags: str | None, capability: tuple[int, int] | None) -> None:
        path = tmp_path / "cpuinfo"
        if flags is not None:
            path.write_text(f"processor : 0\n{flags}\nbugs : spectre\n")
        monkeypatch.setattr(module, "Path", lambda _: path)
        gpus = [] if capability is None else ["GPU:0"]
        monkeypatch.setattr(tensorflow.config, "list_physical_devices", lambda _: gpus)
        details = {"compute_capability": capability} if capability != (0, 0) else {}
        monkeypatch.setattr(tensorflow.config.experimental, "get_device_details", lambda _: details)

    return look


@pytest.mark.parametrize(
    ("flags", "capability", "by_itself", "wanted"),
    [
        (PLAIN_CPU, None, "float32", "mixed_bfloat16"),
        (HALF_CPU, None, "mixed_bfloat16", "mixed_bfloat16"),
        (f"{PLAIN_CPU} amx_bf16", None, "mixed_bfloat16", "mixed_bfloat16"),
        (None, None, "float32", "mixed_bfloat16"),  # not Linux
        (HALF_CPU, (0, 0), "float32", "mixed_float16"),  # a GPU of which nothing is known
        (HALF_CPU, (6, 1), "float32", "mixed_float16"),
        (PLAIN_CPU, (7, 5), "mixed_float16", "mixed_float16"),
        (PLAIN_CPU, (8, 0), "mixed_bfloat16", "mixed_bfloat16"),
        (PLAIN_CPU, (12, 0), "mixed_bfloat16", "mixed_bfloat16"),
    ],
    ids=str,
)
def test_the_hardware_decides_unless_somebody_does(
    machine: Any, flags: str | None, capability: tuple[int, int] | None, by_itself: str, wanted: str
) -> None:
    machine(flags, capability)
    assert precision_policy(None) == by_itself
    assert precision_policy(True) == wanted
    assert precision_policy(False) == FLOAT32


def test_a_twin_in_float32_is_the_network_itself(toy: keras.Model) -> None:
    assert twin(toy, Head(), FLOAT32) is toy


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_twin_computes_nearly_the_same_and_shares_nothing(policy: str) -> None:
    head = Head((16, 8), 0.3, "average")
    network = build("vgg16", "none", head)
    other = twin(network, head, policy)
    assert keras.mixed_precision.global_policy().name == FLOAT32
    assert [layer.name for layer in other.layers] == [layer.name for layer in network.layers]
    assert other.get_layer("block5_conv1").compute_dtype == policy.removeprefix("mixed_")
    assert other.get_layer("ship").compute_dtype == FLOAT32
    assert {each.dtype for each in other.weights} == {FLOAT32}
    for ours, wanted in zip(other.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, wanted)
    assert not {id(each) for each in other.variables} & {id(each) for each in network.variables}
    pictures = np.stack([draw(ship, number, (150, 150)) for number, ship in enumerate((True, False))])
    answers = [each.predict_on_batch(pictures) for each in (network, other)]
    assert answers[1].dtype == np.float32
    np.testing.assert_allclose(answers[1], answers[0], atol=0.02)


def test_the_precision_before_is_restored_where_building_fails(
    toy: keras.Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(module, "build", fails)
    with pytest.raises(MemoryError):
        twin(toy, Head(), "mixed_bfloat16")
    assert keras.mixed_precision.global_policy().name == FLOAT32


def test_one_device_needs_no_strategy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensorflow.distribute, "MirroredStrategy", None)
    with all_gpus():
        assert toy_network().built


ON_TWO = """
import json, sys
from pathlib import Path
import keras, numpy, tensorflow
tensorflow.config.set_logical_device_configuration(
    tensorflow.config.list_physical_devices("CPU")[0], [tensorflow.config.LogicalDeviceConfiguration()] * 2
)
two = [device.name for device in tensorflow.config.list_logical_devices("CPU")]
import train.hardware
from dataclasses import replace
from models.networks import first_trainable, layer_before
from tests.train.conftest import toy_network
from train.features import Features, digests_of
from train.inputs import layer_output, pictures_as, probabilities
from train.recipe import PAPER
from train.stages import train_stage

mirrored = tensorflow.distribute.MirroredStrategy
train.hardware.tensorflow.distribute.MirroredStrategy = lambda: mirrored(two)
logical = tensorflow.config.list_logical_devices
folder, found = Path(sys.argv[1]), []
pictures = numpy.random.default_rng(0).integers(0, 256, (30, 16, 16, 3), numpy.uint8)
labels = numpy.arange(30) % 2
for gpus in ([], two):
    tensorflow.config.list_logical_devices = lambda kind: gpus
    with train.hardware.all_gpus():
        replicas = tensorflow.distribute.get_strategy().num_replicas_in_sync
        toy = toy_network()
        toy.get_layer("dropout").rate = DROPOUT
        stage = replace(PAPER.stages[1], epochs=2, batch=8, learning_rate=0.01, average=AVERAGE)
        fed = pictures_as(pictures)
        if CACHED:
            store = Features(folder / f"features-{replicas}", tuple(toy.get_layer("block4_pool").output.shape[1:]))
            fed = layer_output(toy, fed, "block4_pool", store, digests_of(pictures), iter)
        for _ in range(2):  # the second time it is done already
            history = train_stage(toy, stage, (fed, labels), (fed, labels), 3, folder / f"{replicas}", verbose=0)
        found.append([replicas, history, [each.tolist() for each in toy.get_weights()], probabilities(toy, fed).tolist()])
print(json.dumps(found))
"""


@pytest.mark.parametrize(("cached", "average"), [(False, False), (True, True)])
def test_two_devices_train_the_same(tmp_path: Path, cached: bool, average: bool) -> None:
    """Two halves of the processor in place of GPUs, in a process of its own; without dropout, which each draws anew."""
    script = ON_TWO.replace("CACHED", str(cached)).replace("AVERAGE", str(average)).replace("DROPOUT", "1e-9")
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = json.loads(done.stdout.splitlines()[-1])
    assert (one[0], two[0]) == (1, 2)
    for name, values in one[1].items():
        assert two[1][name] == pytest.approx(values, rel=1e-3, abs=1e-4)
    for ours, wanted in zip(two[2], one[2], strict=True):
        np.testing.assert_allclose(ours, wanted, atol=1e-4)
    np.testing.assert_allclose(two[3], one[3], atol=1e-4)
