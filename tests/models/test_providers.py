"""What runs a model, by name, and never in silence by another."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest

from models import providers
from models.errors import UsageError
from models.providers import NAMES, nodes_of, open_session, provider_named, providers_here
from tests.factories import SIDE, brightness_model, rivereye, write_bundle, write_picture

GPU = provider_named("auto") == "cuda"
no_gpu = pytest.mark.skipif(GPU, reason="a GPU is here")


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "CPUExecutionProvider"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        provider_named(name)
    assert str(caught.value) == f"unknown provider {name!r}; known: auto, cpu, cuda, tensorrt, openvino"


@no_gpu
def test_auto_is_the_processor_where_there_is_no_gpu() -> None:
    assert provider_named("auto") == "cpu"


def test_the_processor_is_always_there() -> None:
    assert provider_named("cpu") == "cpu"
    assert providers_here()[0] == "cpu"
    assert set(providers_here()) <= set(NAMES)


@no_gpu
@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_a_gpu_that_is_not_there_is_said_to_be_missing(name: str) -> None:
    lacks_driver = NAMES[name] in ort.get_available_providers()
    missing = (
        r"no NVIDIA driver \(libcuda.so.1\) on this machine" if lacks_driver else "was built without it; it has cpu"
    )
    with pytest.raises(UsageError, match=f"--provider {name}: .*{missing}"):
        provider_named(name)


def test_a_runtime_without_a_provider_says_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UsageError, match=r"--provider cuda: this ONNX Runtime \(.*\) was built without it; it has cpu"):
        provider_named("cuda")
    assert provider_named("auto") == "cpu"


def test_openvino_without_its_plugin_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "PLUGIN", "no_such_plugin")
    with pytest.raises(UsageError) as caught:
        provider_named("openvino")
    assert str(caught.value) == (
        "--provider openvino: OpenVINO's plugin is not installed; pip install 'rivereye[openvino]'"
    )
    assert "openvino" not in providers_here()


def test_a_plugin_that_cannot_be_loaded_hinders_only_who_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One whose library is missing goes before the real one."""
    plugin = tmp_path / "path" / f"{providers.PLUGIN}.py"
    plugin.parent.mkdir()
    plugin.write_text("def get_library_path():\n    return '/nowhere/lib.so'\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(plugin.parent))
    bundle = write_bundle(tmp_path / "bundle")
    refused = rivereye("verify", bundle, "--provider", "openvino")
    assert refused.returncode == 2
    assert refused.stderr.startswith("rivereye: --provider openvino: its plugin cannot be loaded: ")
    assert rivereye("verify", bundle, "--provider", "cpu").returncode == 0
    script = "from models.providers import providers_here; assert 'openvino' not in providers_here()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@no_gpu
@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_onnx_runtime_cannot_fall_back_unseen(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Where its libraries are missing it takes the processor, and says so on standard output, which belongs to detections."""
    if NAMES[name] not in ort.get_available_providers():
        pytest.skip("this ONNX Runtime was built without it")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = f"--provider {name}: its libraries could not be loaded, and ONNX Runtime took CPUExecutionProvider"
    with pytest.raises(UsageError, match=said):
        open_session(brightness_model(), name, 1)
    assert capfd.readouterr().out == ""


def event(name: str, provider: str | None, kind: str = "Node") -> dict[str, Any]:
    return {"cat": kind, "name": name, "args": {} if provider is None else {"provider": provider}}


def test_nodes_are_counted_once_by_our_names() -> None:
    events = [
        event("conv_kernel_time", "CUDAExecutionProvider"),
        event("conv_kernel_time", "CUDAExecutionProvider"),  # a second run
        event("pool_kernel_time", "CUDAExecutionProvider"),
        event("cast_kernel_time", "CPUExecutionProvider"),
        event("other_kernel_time", "MadeUpExecutionProvider"),
        event("conv_fence_before", None),
        event("session_initialization", "CPUExecutionProvider", "Session"),
        {"cat": "Node", "name": "no arguments"},
        {},
    ]
    assert nodes_of(events) == {"cpu": 1, "cuda": 2, "MadeUpExecutionProvider": 1}
    assert nodes_of([]) == {}


def test_nodes_of_a_real_run(tmp_path: Path) -> None:
    session = open_session(brightness_model(), "cpu", 1, str(tmp_path / "profile"))
    for _ in range(2):
        session.run(None, {"pictures": np.zeros((1, SIDE, SIDE, 3), np.uint8)})
    path = Path(session.end_profiling())
    assert path.parent == tmp_path
    nodes = nodes_of(json.loads(path.read_text(encoding="utf-8")))
    assert list(nodes) == ["cpu"]
    assert 1 <= nodes["cpu"] <= 6


@no_gpu
@pytest.mark.parametrize("verb", ["stream", "verify"])
def test_the_command_ends_with_2_and_a_sentence(tmp_path: Path, verb: str) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    picture = write_picture(tmp_path / "a.png", 200)
    words = ("stream", picture, "--model", bundle) if verb == "stream" else ("verify", bundle)
    done = rivereye(*words, "--provider", "cuda")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rivereye: --provider cuda: ")
    assert "Traceback" not in done.stderr
