"""The machine: cores, memory, clock, and what runs networks on it."""

import os
import time
from collections.abc import Iterator

import psutil

from models.machine import gpus, memory_mb, processor, share_of_cores
from models.providers import NAMES, providers_here, why_missing
from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.doctor.ntp import synchronised

BASE_MB, CAMERA_MB = 300, 32
"""What a watch with the released model takes, and each camera of 1080p besides (docs/streams.md)."""
MADE = 1_767_225_600.0
"""2026, in seconds since 1970. A clock before it was never set."""


def box(settings: Settings) -> Iterator[Finding]:
    yield _cores()
    yield _memory(sum(camera.enabled for camera in settings.cameras.values()))
    yield _clock()
    yield _providers()


def _cores() -> Finding:
    cores = share_of_cores()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    found = f"{cores:g} of {processor() or 'unknown make'}, load {load:.1f}"
    if load > cores:
        return Finding("cores", "warning", found, "something takes them all; see top, and stop what is not needed")
    return Finding("cores", "ok", found)


def _memory(cameras: int) -> Finding:
    total, free = memory_mb(), round(psutil.virtual_memory().available / 2**20)
    need = BASE_MB + CAMERA_MB * cameras
    found = f"{min(free, total)} of {total} MB free; {need} MB wanted for {cameras} camera{'s' * (cameras != 1)}"
    if total < need:
        return Finding("memory", "bad", found, "take a machine with more, or watch fewer cameras on this one")
    if free < need:
        return Finding("memory", "warning", found, "where rivereye runs already this is fine; else stop something")
    return Finding("memory", "ok", found)


def _clock() -> Finding:
    """Decisions hang on no clock; the times that records bear do."""
    now = time.time()
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    todo = "switch NTP on: timedatectl set-ntp true, or install chrony"
    if now < MADE:
        return Finding("clock", "bad", f"{found}, which is long past", todo)
    match synchronised():
        case None:
            return Finding("clock", "ok", f"{found}; whether it is synchronised, this system does not tell")
        case False:
            return Finding("clock", "warning", f"{found}, not synchronised", todo)
    return Finding("clock", "ok", f"{found}, synchronised")


def _providers() -> Finding:
    here = providers_here()
    found = ", ".join(here) + (f"; {', '.join(gpus())}" if gpus() else "")
    if gpus() and "cuda" not in here:
        return Finding(
            "providers", "warning", f"{found}; no {NAMES['cuda']}: {why_missing('cuda')}", "pip install 'rivereye[gpu]'"
        )
    return Finding("providers", "ok", found)
