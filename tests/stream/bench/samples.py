"""A made-up benchmark, plausible in its figures: of two cores, three clips, two precisions."""

import random
from collections.abc import Mapping
from typing import Any, Self

from stream.bench.figure import Better, Figure
from stream.bench.report import Accuracy, Attempt, Capacity, Clip, Latencies, Machine, ModelUsed, Plan, Report, Tried

CLIPS = {"water": (210.0, 150.0, 41.3), "quiet": (402.0, 240.0, 57.9), "busy": (264.0, 171.0, 48.8)}
"""Frames a second: decoding alone, and to BGR, the whole pipeline."""
STAGES = {"decode": 3.79, "colour": 2.1, "resize": 0.62, "quality": 1.4, "queue": 0.04, "inference": 9.8, "post": 0.05}
SPEEDS = {("fp32", 1): 24.0, ("fp32", 2): 44.0, ("int8", 1): 58.0, ("int8", 2): 103.0}
"""Pictures a second in batches of one, by precision and threads."""
PERCENTILES = {
    "1": 0.9,
    "5": 0.92,
    "10": 0.94,
    "25": 0.97,
    "50": 1,
    "75": 1.06,
    "90": 1.2,
    "95": 1.36,
    "99": 2.1,
    "99.9": 3.4,
}


def figure(
    name: str, value: float, unit: str, labels: Mapping[str, object], better: Better = "lower", stable: bool = True
) -> Figure:
    """Five samples about a value, the same ones each time."""
    draw = random.Random(f"{name}{labels}")
    samples = [value * (1 + draw.uniform(-0.02, 0.02)) for _ in range(5)]
    return Figure.of(name, samples, unit, better, labels, stable)


def sample_report(**changes: Any) -> Report:
    """With these fields changed."""
    whole: dict[str, Any] = {
        "schema": "rivereye/bench/1",
        "created": "2026-05-04T10:12:13Z",
        "seconds": 1312.4,
        "command": "rivereye bench models/released/vgg16-river --capacity --fps 5 --p99 200ms --data pictures",
        "machine": sample_machine(),
        "model": ModelUsed(
            name="vgg16-river",
            sha256="6c" * 32,
            precisions=("fp32", "int8"),
            precision="int8",
            provider="cpu",
            batch=4,
            threads=2,
            hwaccel="none",
            tuned=False,
        ),
        "clips": tuple(sample_clip(name) for name in CLIPS),
        "plan": Plan(duration=3.0, repeats=5, trials=10, stability=0.05, seed=7, views="whole"),
        "figures": sample_figures(),
        "latencies": sample_latencies(),
        "capacity": sample_capacity(),
        "accuracy": (
            Accuracy(
                precision="fp32", n=980, right=931, accuracy=0.95, low=0.9345, high=0.962, against="fp32", flips=None
            ),
            Accuracy(
                precision="int8", n=980, right=929, accuracy=0.948, low=0.932, high=0.9602, against="fp32", flips=4
            ),
        ),
        "tried": sample_tried(),
        "left_out": {"server of fp32": "no rate kept p99 within 15 ms"},
    }
    return Report.model_validate(whole | changes)


class Noted(Report):
    """A report with something to say before its figures are believed."""

    notes: tuple[str, ...] = ("clip river.mp4 has 9 frames: too few", "clip \x1b[2J</p><script> is [red]damaged[/red]")

    @classmethod
    def sample(cls) -> Self:
        return cls.model_validate(sample_report().model_dump(by_alias=True, exclude={"notes"}))


def sample_machine(**changes: Any) -> Machine:
    whole: dict[str, Any] = {
        "processor": "AMD EPYC 7B13",
        "system": "Linux 6.1.0 x86_64",
        "instruction_sets": ("avx2", "fma", "f16c"),
        "cores": 2.0,
        "cores_of_machine": 64,
        "memory_mb": 7936,
        "memory_free_mb": 5120,
        "gpus": (),
        "providers": ("cpu",),
        "absent": {
            "cuda": "no NVIDIA driver answers",
            "openvino": "not installed",
            "energy": "no sensor: /sys/class/powercap is empty",
        },
        "versions": {
            "python": "3.11.7",
            "rivereye": "0.1.0",
            "onnxruntime": "1.23.2",
            "opencv": "5.0.0",
            "numpy": "2.3.5",
        },
        "fingerprint": "0123456789abcdef",
    }
    return Machine.model_validate(whole | changes)


def sample_clip(name: str) -> Clip:
    return Clip(
        name=name,
        width=1920,
        height=1080,
        fps=25.0,
        frames=250,
        codec="h264",
        megabits_a_second=6.2,
        sha256="ab" * 32,
        made_from_seed=7,
    )


def sample_figures() -> tuple[Figure, ...]:
    found = [figure("machine_matmul_gflops", 88.0, "GFLOP/s", {}, "higher")]
    for clip, (decode, read, pipeline) in CLIPS.items():
        found += _of_clip(clip, decode, read, pipeline)
    for (precision, threads), base in SPEEDS.items():
        found += _of_sweep(precision, threads, base)
        if threads == 2:
            which = {"provider": "cpu", "precision": precision}
            found.append(figure("single_stream_p90_ms", 1090 / base, "ms", which))
            found.append(figure("multi_stream_p99_ms", 8000 / base, "ms", which))
            found.append(figure("offline_fps", base * 1.2, "pictures/s", which, "higher"))
    found.append(
        figure(
            "server_fps", 71.0, "pictures/s", {"provider": "cpu", "precision": "int8", "p99_ms": 15}, "higher", False
        )
    )
    at = {"fps": 5, "p99_ms": 200, "clip": "busy"}
    found.append(Figure.of("capacity_cameras", [5], "cameras", "higher", at))
    found.append(Figure.of("capacity_memory_mb", [1240.0], "MB", "lower", at))
    found.append(Figure.of("capacity_cores", [1.87], "cores", "lower", at))
    for precision, percent, flips in (("fp32", 95.0, 0), ("int8", 94.8, 4)):
        found.append(Figure.of("accuracy_percent", [percent], "%", "higher", {"precision": precision}))
        found.append(Figure.of("flips", [flips], "decisions", "lower", {"precision": precision}))
    return tuple(found)


def _of_clip(clip: str, decode: float, read: float, pipeline: float) -> list[Figure]:
    found = [
        figure("decode_fps", decode, "frames/s", {"clip": clip}, "higher"),
        figure("read_fps", read, "frames/s", {"clip": clip}, "higher"),
        figure("command_first_detection_s", 1.42, "s", {"clip": clip}),
        figure("command_seconds", 250 / pipeline + 1.3, "s", {"clip": clip}),
        figure("command_cpu_s", 460 / pipeline, "s", {"clip": clip}),
        figure("command_peak_mb", 412.0, "MB", {"clip": clip}),
    ]
    for gate, faster in (("off", 1.0), ("on", 1.9 if clip == "quiet" else 1.02)):
        which = {"clip": clip, "gate": gate}
        found.append(figure("pipeline_fps", pipeline * faster, "frames/s", which, "higher", clip != "water"))
        found.append(figure("pipeline_to_decode", pipeline * faster / decode, "ratio", which, "higher"))
        found.append(figure("pipeline_cpu_ms", 1900 / pipeline / faster, "ms", which))
    for stage, ms in STAGES.items():
        found.append(
            figure("stage_ms", 1000 / decode if stage == "decode" else ms, "ms", {"stage": stage, "clip": clip})
        )
    return found


def _of_sweep(precision: str, threads: int, base: float) -> list[Figure]:
    found = []
    for batch, gain in ((1, 1.0), (2, 1.1), (4, 1.18), (8, 1.21), (16, 1.17)):
        which = {"provider": "cpu", "precision": precision, "batch": batch, "threads": threads}
        ms = 1000 * batch / (base * gain)
        found.append(figure("model_fps", base * gain, "pictures/s", which, "higher"))
        found.append(figure("model_p50_ms", ms, "ms", which))
        found.append(figure("model_p99_ms", ms * 1.6, "ms", which))
    return found


def sample_latencies() -> tuple[Latencies, ...]:
    scale = {"single_stream": 9.7, "multi_stream": 78.0, "server": 11.2, "capacity": 84.0}
    return tuple(
        Latencies(
            name=name,
            labels={"provider": "cpu", "precision": "int8"},
            n=1800,
            percentiles={at: ms * (times ** (1.4 if name == "server" else 1)) for at, times in PERCENTILES.items()},
        )
        for name, ms in scale.items()
    )


def sample_capacity(**changes: Any) -> Capacity:
    tries = ((1, 0.0, 41.0, 62.0), (2, 0.0, 48.0, 80.0), (4, 0.0, 66.0, 131.0), (8, 1.0, 2900.0, 5600.0), (6, 0.31, 180.0, 410.0), (5, 0.0, 84.0, 176.0), (5, 0.004, 85.0, 183.0))  # fmt: skip
    whole: dict[str, Any] = {
        "clip": "busy",
        "fps": 5.0,
        "limit_ms": 200.0,
        "seconds": 20.0,
        "cameras": 5,
        "limit": None,
        "attempts": tuple(
            Attempt(
                cameras=cameras,
                carried=late <= 0.01,
                due=cameras * 100,
                late=late,
                p50_ms=p50,
                p99_ms=None if cameras == 8 else p99,
                cores=min(1.98, 0.12 + 0.35 * cameras),
                memory_mb=420 + 164 * cameras,
                camera_late_ms=0.8,
            )
            for cameras, late, p50, p99 in tries
        ),
    }
    return Capacity.model_validate(whole | changes)


def sample_tried() -> tuple[Tried, ...]:
    rows = [
        ("int8", 8, 2, 58.4),
        ("int8", 4, 2, 57.0),
        ("int8", 4, 1, 40.2),
        ("fp32", 4, 2, 31.5),
        ("fp32", 8, 1, 19.0),
    ]
    return tuple(
        Tried(
            provider="cpu",
            precision=precision,
            batch=batch,
            threads=threads,
            hwaccel="none",
            fps=figure(
                "pipeline_fps", fps, "frames/s", {"precision": precision, "batch": batch, "threads": threads}, "higher"
            ),
            chosen=fps == 58.4,
        )
        for precision, batch, threads, fps in rows
    )
