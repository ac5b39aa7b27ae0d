"""What this machine has to compute with."""

import hashlib
import os
import platform
from functools import cache
from pathlib import Path

import psutil

CPUINFO = Path("/proc/cpuinfo")
GPUS = Path("/proc/driver/nvidia/gpus")
QUOTAS = (Path("/sys/fs/cgroup/cpu.max"), Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"))
"""What a container may use, by control groups of version 2 and 1: microseconds of every so many."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
MATTERING = (
    "sse4_1", "sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "amx_bf16", "asimd", "neon", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2",
)  # fmt: skip
"""Names that Linux has for what kernels of neural networks are written in, on x86 and on ARM."""


def machine() -> str:
    """Of what kind this one is, such as `Linux x86_64, AMD EPYC`."""
    named = processor()
    return f"{platform.system()} {platform.machine()}{f', {named}' if named else ''}"


@cache
def processor() -> str:
    """Its name; empty where the system does not tell."""
    return _told("model name") or _told("Model") or platform.processor()


@cache
def instruction_sets() -> tuple[str, ...]:
    """Of those that matter to neural networks, in Linux' names; empty where the system does not tell."""
    has = {each.lower() for each in (_told("flags") or _told("Features")).split()}
    return tuple(name for name in MATTERING if name in has)


def share_of_cores() -> float:
    """Cores that this process may use: what it is pinned to, and no more than its container's share, which may be 1.5."""
    pinned = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([float(pinned), *filter(None, (_quota(path) for path in QUOTAS))])


def usable_cores() -> int:
    """The same in whole cores, at least 1."""
    return max(1, int(share_of_cores()))


def memory_mb() -> int:
    """What there is, or what this container may use of it."""
    limits = [int(text) for path in LIMITS if (text := _read(path)).isdigit()]
    return round(min([psutil.virtual_memory().total, *limits]) / 2**20)


def gpus() -> tuple[str, ...]:
    """Names of NVIDIA's, as their driver has them on Linux."""
    told = [_read(path) for path in sorted(GPUS.glob("*/information"))]
    return tuple(_value(text, "Model") for text in told)


def fingerprint() -> str:
    """16 hex digits that are the same on machines that are alike: processor, cores, memory in GiB, GPUs, kind of system."""
    what = (machine(), instruction_sets(), share_of_cores(), round(memory_mb() / 1024), gpus())
    return hashlib.sha256(repr(what).encode()).hexdigest()[:16]


def _told(name: str) -> str:
    """The first line of this name in what Linux tells of the processor."""
    return _value(_read(CPUINFO), name)


def _value(text: str, name: str) -> str:
    found = (line.partition(":")[2].strip() for line in text.splitlines() if line.partition(":")[0].strip() == name)
    return next(found, "")


def _quota(path: Path) -> float | None:
    """Cores; None where there is no limit, or none of this version."""
    quota, _, period = _read(path).strip().partition(" ")
    period = period or _read(path.with_name("cpu.cfs_period_us")).strip()
    if not (quota.isdigit() and period.isdigit() and int(period)):
        return None
    return int(quota) / int(period)


def _read(path: Path) -> str:
    """Empty where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""
