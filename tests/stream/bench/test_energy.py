"""Energy is counted where something counts it, and elsewhere the reason stands in its place."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from models.errors import UsageError
from stream.bench import energy
from stream.bench.demands import check_energy
from stream.bench.energy import CPU, GPU, Energy
from stream.bench.figure import Requirement


def write_package(rapl: Path, name: str, microjoules: int, most: int = 1_000_000_000) -> Path:
    folder = rapl / name
    folder.mkdir(parents=True)
    (folder / "energy_uj").write_text(f"{microjoules}\n")
    (folder / "max_energy_range_uj").write_text(f"{most}\n")
    return folder / "energy_uj"


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "loads", lambda _: False)


@pytest.mark.usefixtures("no_gpu")
def test_whole_packages_are_added_up_and_their_parts_are_not(tmp_path: Path) -> None:
    first = write_package(tmp_path, "intel-rapl:0", 5_000_000)
    write_package(tmp_path, "intel-rapl:1", 7_000_000)
    write_package(tmp_path, "intel-rapl:0:0", 900_000_000)
    found = Energy(tmp_path)
    assert found
    assert found.joules() == 12.0
    first.write_text("6500000\n")
    assert found.joules() == 13.5
    assert list(found.absent) == [GPU]


@pytest.mark.usefixtures("no_gpu")
def test_a_counter_that_starts_again_goes_on(tmp_path: Path) -> None:
    counter = write_package(tmp_path, "intel-rapl:0", 9_000_000, most=10_000_000)
    found = Energy(tmp_path)
    before = found.joules()
    counter.write_text("2000000\n")
    assert found.joules() - before == 3.0


@pytest.mark.usefixtures("no_gpu")
def test_without_a_sensor_the_reason_is_said(tmp_path: Path) -> None:
    found = Energy(tmp_path)
    assert not found
    assert found.joules() == 0.0
    assert "no sensor" in found.absent[CPU]
    assert "no NVIDIA driver" in found.absent[GPU]


@pytest.mark.usefixtures("no_gpu")
def test_a_sensor_that_may_not_be_read_is_none(tmp_path: Path) -> None:
    counter = write_package(tmp_path, "intel-rapl:0", 1)
    counter.unlink()
    counter.mkdir()  # as root, whom no permission stops
    found = Energy(tmp_path)
    assert not found
    assert "root may" in found.absent[CPU]


class NvmlError(Exception):
    pass


def test_gpus_that_count_and_gpus_that_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After NVML's documentation; no GPU was at hand."""

    def used(handle: int) -> int:
        if handle == 1:
            raise NvmlError("Not Supported")
        return 42_000

    nvml = SimpleNamespace(
        NVMLError=NvmlError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda number: number,
        nvmlDeviceGetTotalEnergyConsumption=used,
    )
    monkeypatch.setattr(energy, "loads", lambda _: True)
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    found = Energy(tmp_path)
    assert found.joules() == 42.0
    assert found.absent[GPU] == "no sensor in GPU 1: Not Supported"


def test_without_its_library_a_gpu_has_no_sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "loads", lambda _: True)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert "pip install 'rivereye[gpu]'" in Energy(tmp_path).absent[GPU]


def test_a_limit_on_energy_where_nothing_counts_it_is_refused_with_the_reason() -> None:
    asked = [Requirement.read("pipeline_joule<=1")]
    check_energy(asked, True, {})
    check_energy([Requirement.read("pipeline_fps>=1")], False, {CPU: "no sensor"})
    with pytest.raises(
        UsageError, match=r"pipeline_joule cannot be measured here \(energy of the processor \(RAPL\): no sensor\)"
    ):
        check_energy(asked, False, {CPU: "no sensor"})
