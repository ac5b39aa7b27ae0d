"""What there is on this machine, and why the rest is not."""

import re
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

import cv2
import onnxruntime as ort
import psutil

from models import machine
from models.machine import fingerprint, instruction_sets, memory_mb, share_of_cores
from models.providers import NAMES, providers_here, why_missing
from stream.bench.energy import open_nvml
from stream.bench.report import Gpu, Machine

PACKAGES = ("rivereye", "numpy", "av")
FFMPEG = re.compile(r"avcodec:\s+YES \(([\d.]+)\)")


def look_around(absent: dict[str, str]) -> Machine:
    """Everything of this machine that speed hangs on. `absent`: what else is known to be missing, and why."""
    gpus, no_gpu = _gpus()
    missing = {name: reason for name in NAMES if (reason := why_missing(name))}
    return Machine(
        processor=machine.processor(),
        system=machine.machine().partition(",")[0],
        instruction_sets=instruction_sets(),
        cores=share_of_cores(),
        cores_of_machine=psutil.cpu_count() or 1,
        memory_mb=memory_mb(),
        memory_free_mb=round(psutil.virtual_memory().available / 2**20),
        gpus=gpus,
        providers=tuple(providers_here()),
        absent=missing | no_gpu | absent,
        versions=_versions(),
        fingerprint=fingerprint(),
    )


def _gpus() -> tuple[tuple[Gpu, ...], dict[str, str]]:
    try:
        nvml, handles = open_nvml()
    except RuntimeError as error:
        return (), {"gpu": str(error)}
    driver = nvml.nvmlSystemGetDriverVersion()
    found = [
        Gpu(
            name=nvml.nvmlDeviceGetName(handle),
            memory_mb=round(nvml.nvmlDeviceGetMemoryInfo(handle).total / 2**20),
            driver=driver,
        )
        for handle in handles
    ]
    return tuple(found), {} if found else {"gpu": "the NVIDIA driver names none"}


def _versions() -> dict[str, str]:
    found = {"python": python_version(), "onnxruntime": ort.__version__, "opencv": cv2.__version__}
    if codec := FFMPEG.search(cv2.getBuildInformation()):
        found["libavcodec of opencv"] = codec[1]
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed as a package"
    return found
