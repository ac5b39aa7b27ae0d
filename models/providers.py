"""ONNX Runtime's execution providers by our names: which are there, and a session on the one that is wanted.

ONNX Runtime falls back to the CPU without a word; here a wanted provider that is not there is an error that names what is missing.
`cuda` and `tensorrt` were written from the documentation and never run on a GPU.
"""

import ctypes
import importlib
import importlib.util
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import onnxruntime as ort

from models.errors import UsageError, first_line

NAMES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
AUTO = "auto"
ON_GPU = ("cuda", "tensorrt")
CUDA_DRIVERS = ("libcuda.so.1", "nvcuda.dll")
TENSORRT_LIBRARIES = ("libnvinfer.so.10", "nvinfer_10.dll")
PLUGIN = "onnxruntime_ep_openvino"
REGISTERED = "rivereye-openvino"
ERROR_ONLY = 3
WEIGHTS_BELOW = "session.model_external_initializers_file_folder_path"
"""ONNX Runtime's name for the folder of weights that a model keeps in other files; by itself it looks in the current one."""
LEFT_OUT = ["WeightBiasQuantization"]
"""An optimizer of ONNX Runtime's that puts weights between two int8 layers into 8 bits, also those of a layer that export kept in float as it breaks in
them."""


def provider_named(name: str) -> str:
    """`auto` as the provider it takes: cuda where ONNX Runtime and the machine have it, else cpu. Any other name as it is.

    Raises:
        UsageError: there is none of that name, or it cannot run here; the message says what is missing.
    """
    if name == AUTO:
        return "cpu" if why_missing("cuda") else "cuda"
    if name not in NAMES:
        raise UsageError(f"unknown provider {name!r}; known: {AUTO}, {', '.join(NAMES)}")
    if reason := why_missing(name):
        raise UsageError(f"--provider {name}: {reason}")
    return name


def providers_here() -> list[str]:
    """All that this machine has; cpu is always among them."""
    return [name for name in NAMES if why_missing(name) is None]


def open_session(content: bytes, provider: str, threads: int, profile: str | None = None) -> ort.InferenceSession:
    """A session on this provider; what it cannot run, the CPU does.

    Args:
        content: of an ONNX file.
        provider: one that `provider_named` has given.
        threads: on the CPU.
        profile: beginning of the path of a profile to be written, for `nodes_of`.

    Raises:
        UsageError: the provider is listed, but its libraries cannot be loaded.
        Exception: the file is no model; ONNX Runtime's exceptions share no other base.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERROR_ONLY
    # Threads that spin for work would take the cores from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Nothing lies below a file, so that a model finds no other file to read.
    options.add_session_config_entry(WEIGHTS_BELOW, __file__)
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, profile
    if provider == "openvino":
        options.add_provider_for_devices(_openvino_devices()[:1], {})
        session = ort.InferenceSession(content, options, disabled_optimizers=LEFT_OUT)
    else:
        with redirect_stdout(sys.stderr):  # ONNX Runtime prints what it misses; standard output belongs to records
            if provider in ON_GPU:
                ort.preload_dlls()  # from the packages that the extra `gpu` brings
            wanted = _wanted(provider)
            session = ort.InferenceSession(content, options, providers=wanted, disabled_optimizers=LEFT_OUT)
    if session.get_providers()[0] != NAMES[provider]:
        raise UsageError(
            f"--provider {provider}: its libraries could not be loaded, and ONNX Runtime took {session.get_providers()[0]}; "
            f"install them (pip install 'rivereye[gpu]'){', and TensorRT' if provider == 'tensorrt' else ''}, or give --provider cpu"
        )
    return session


def nodes_of(events: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many nodes of the graph each provider ran, by our names, from the events of a profile."""
    ours = {theirs: name for name, theirs in NAMES.items()}
    ran = {
        (event["args"]["provider"], event["name"])
        for event in events
        if event.get("cat") == "Node" and event.get("args", {}).get("provider")
    }
    return dict(Counter(ours.get(provider, provider) for provider, _ in sorted(ran)))


def why_missing(provider: str) -> str | None:
    """What this machine lacks for it, in words; None where nothing is known to be missing."""
    if provider == "openvino":
        if importlib.util.find_spec(PLUGIN) is None:
            return "OpenVINO's plugin is not installed; pip install 'rivereye[openvino]'"
        try:
            found = _openvino_devices()
        except UsageError as error:
            return str(error)
        return None if found else "OpenVINO's plugin finds no device that it serves (it wants one of Intel's)"
    if NAMES[provider] not in ort.get_available_providers():
        return f"this ONNX Runtime ({ort.__version__}) was built without it; it has {', '.join(_available())}"
    if provider in ON_GPU and not loads(CUDA_DRIVERS):
        # ONNX Runtime's GPU build lists CUDA wherever it is installed.
        return f"no NVIDIA driver ({CUDA_DRIVERS[0]}) on this machine"
    if provider == "tensorrt" and not loads(TENSORRT_LIBRARIES):
        return f"TensorRT ({TENSORRT_LIBRARIES[0]}) is not installed"
    return None


def _available() -> list[str]:
    return [name for name, theirs in NAMES.items() if theirs in ort.get_available_providers()]


def loads(libraries: tuple[str, ...]) -> bool:
    """Whether one of these libraries of the system is there."""
    for name in libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _wanted(provider: str) -> list[Any]:
    """TensorRT builds an engine for each shape and forgets it, unless it is told where to keep it."""
    if provider == "cpu":
        return [NAMES["cpu"]]
    if provider == "cuda":
        # Not in TF32, which is ONNX Runtime's default: fp32 shall answer as it did where it was made.
        return [(NAMES["cuda"], {"use_tf32": 0}), NAMES["cpu"]]
    kept = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "rivereye" / "tensorrt"
    kept.mkdir(parents=True, exist_ok=True)
    engines = {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(kept)}
    return [(NAMES["tensorrt"], engines), NAMES["cuda"], NAMES["cpu"]]


@cache
def _register_openvino() -> None:
    plugin = importlib.import_module(PLUGIN)
    try:
        ort.register_execution_provider_library(REGISTERED, plugin.get_library_path())
    except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
        raise UsageError(f"its plugin cannot be loaded: {first_line(error)}") from error


def _openvino_devices() -> list[Any]:
    _register_openvino()
    return [device for device in ort.get_ep_devices() if device.ep_name == NAMES["openvino"]]
