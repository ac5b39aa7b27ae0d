"""Energy that processor and GPUs took, where they count it: RAPL of Intel's and AMD's processors, NVML of NVIDIA's GPUs.

NVML's part was written from the documentation and never run on a GPU.
"""

from pathlib import Path
from typing import Any, Protocol

from models.errors import first_line
from models.providers import CUDA_DRIVERS, loads

RAPL = Path("/sys/class/powercap")
PACKAGES = "*-rapl:[0-9]*"
"""Whole packages and their parts: `intel-rapl:0`, `intel-rapl:0:0`, also on AMD's."""
CPU, GPU = "energy of the processor (RAPL)", "energy of a GPU (NVML)"


class Meter(Protocol):
    def joules(self) -> float:
        """Since some moment that does not change."""
        ...


class Rapl:
    """One package of processors. `folder`: below /sys/class/powercap. Raises OSError: it may not be read, which needs root on most."""

    def __init__(self, folder: Path) -> None:
        self._counter = folder / "energy_uj"
        self._range = int((folder / "max_energy_range_uj").read_text())
        self._last = self._read()
        self._turns = 0

    def joules(self) -> float:
        now = self._read()
        self._turns += now < self._last  # it starts again at 0, on some after a few minutes of full load
        self._last = now
        return (self._turns * self._range + now) / 1e6

    def _read(self) -> int:
        return int(self._counter.read_text())


class Nvml:
    """One GPU. `nvml`: the module pynvml, initialised; `handle`: of the device. Raises NVMLError: it does not count (before Volta)."""

    def __init__(self, nvml: Any, handle: Any) -> None:
        self._nvml, self._handle = nvml, handle
        self.joules()

    def joules(self) -> float:
        return float(self._nvml.nvmlDeviceGetTotalEnergyConsumption(self._handle)) / 1000


class Energy:
    """All meters of this machine together. `absent`: for each kind that is not there, why."""

    def __init__(self, rapl: Path = RAPL) -> None:
        self.absent: dict[str, str] = {}
        self._meters: list[Meter] = [*self._packages(rapl), *self._gpus()]

    def __bool__(self) -> bool:
        return bool(self._meters)

    def joules(self) -> float:
        """Since some moment that does not change; 0 where there is no meter. To be asked at least once a minute, as counters start again."""
        return sum(meter.joules() for meter in self._meters)

    def _packages(self, rapl: Path) -> list[Meter]:
        folders = [path for path in sorted(rapl.glob(PACKAGES)) if path.name.count(":") == 1]
        try:
            if folders:
                return [Rapl(path) for path in folders]
            self.absent[CPU] = f"no sensor: nothing in {rapl}; a virtual machine or container often has none"
        except (OSError, ValueError) as error:
            self.absent[CPU] = f"no sensor that may be read: {error}; root may"
        return []

    def _gpus(self) -> list[Meter]:
        try:
            nvml, handles = open_nvml()
        except RuntimeError as error:
            self.absent[GPU] = f"no sensor: {error}"
            return []
        meters: list[Meter] = []
        for number, handle in enumerate(handles):
            try:
                meters.append(Nvml(nvml, handle))
            except nvml.NVMLError as error:
                self.absent[GPU] = f"no sensor in GPU {number}: {first_line(error)}"
        return meters


def open_nvml() -> tuple[Any, list[Any]]:
    """The module pynvml and a handle a GPU. Raises RuntimeError: it is not installed, or there is no driver; it says which."""
    if not loads(CUDA_DRIVERS):
        raise RuntimeError(f"no NVIDIA driver ({CUDA_DRIVERS[0]}) on this machine")
    try:
        import pynvml
    except ModuleNotFoundError:
        raise RuntimeError("pynvml is not installed; pip install 'rivereye[gpu]'") from None
    try:
        pynvml.nvmlInit()
        count = pynvml.nvmlDeviceGetCount()
        return pynvml, [pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(count)]
    except pynvml.NVMLError as error:
        raise RuntimeError(f"no NVIDIA driver that answers ({first_line(error)})") from error
