"""What is found of a machine, on made-up ones as well as on this one."""

from pathlib import Path

import pytest

from models import machine


def test_this_machine_is_told() -> None:
    assert machine.machine().strip()
    assert "\n" not in machine.machine()
    assert machine.usable_cores() >= 1
    assert machine.memory_mb() > 100


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 64.0),
        ({"cpu.max": "max 100000"}, 64.0),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, 64.0),
        ({"cpu.cfs_quota_us": "200000", "cpu.cfs_period_us": "100000"}, 2.0),
        ({"cpu.max": "50000 100000"}, 0.5),
    ],
)
def test_a_container_gets_its_share(
    files: dict[str, str], cores: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content + "\n")
    monkeypatch.setattr(machine, "QUOTAS", (tmp_path / "cpu.max", tmp_path / "cpu.cfs_quota_us"))
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)))
    assert machine.share_of_cores() == cores
    assert machine.usable_cores() == max(1, int(cores))


def test_names_and_instruction_sets_come_from_what_the_system_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(
        "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz: B\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\n"
    )
    monkeypatch.setattr(machine, "CPUINFO", told)
    assert machine.processor.__wrapped__() == "Some CPU @ 2 GHz: B"
    assert machine.instruction_sets.__wrapped__() == ("avx2", "avx512_vnni")


def test_a_machine_with_another_share_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = machine.fingerprint()
    assert before == machine.fingerprint()
    monkeypatch.setattr(machine, "share_of_cores", lambda: 77.0)
    assert machine.fingerprint() != before
