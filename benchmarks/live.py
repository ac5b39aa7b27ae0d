"""Live cameras on this machine: what is dropped, how late records are, how much memory it takes, and whether that grows.

    python -m benchmarks.live --streams 4 --fps 5 --seconds 120

A real RTSP server shows water with ships, in H.264; `rivereye stream` watches with the released model, as a user would start it. The
server takes about 1 % of a core.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from stream.bench.usage import cpu_seconds, family, memory_mb
from tests.faults.peers.rtsp import rtsp_server
from tests.faults.watching import accounts

EVERY_S = 5.0
SETTLED_S = 30.0
"""Slopes are of the time after this: connections, buffers and the runtime's arenas have come to their size."""


def measure(streams: int, size: tuple[int, int], fps: int, seconds: float, options: list[str]) -> dict[str, Any]:
    """Watches for so long. Latencies in milliseconds, from a frame's arrival to its record; memory in MB; slopes an hour."""
    with TemporaryDirectory() as folder, rtsp_server(streams, size=size, fps=fps) as server:
        lines = Path(folder) / "detections.jsonl"
        command = [
            str(Path(sys.executable).with_name("rivereye")),
            "stream",
            *server.urls,
            "--output",
            str(lines),
            *options,
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command
            samples = _sampled(process.pid, seconds)
            cpu = sum(cpu_seconds(family(of=process.pid)).values())
            process.send_signal(signal.SIGINT)
            began = time.monotonic()
            _, said = process.communicate(timeout=60)
            ended = time.monotonic() - began
        records = [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
    late = [each["latency_ms"]["total"] for each in records if each["latency_ms"]]
    settled = samples[samples[:, 0] >= min(SETTLED_S, seconds / 2)]
    found = {camera: list(counts) for camera, counts in accounts(said).items()}
    return {
        "streams": streams,
        "size": size,
        "fps": fps,
        "seconds": seconds,
        "options": options,
        "records": len(records),
        "judged": sum(each["state"] != "unknown" for each in records),
        "latency_ms": {f"p{share}": round(float(np.percentile(late, share)), 1) for share in (50, 90, 95, 99, 100)},
        "rss_mb": round(float(settled[:, 1].max()), 1),
        "pss_mb": round(float(settled[:, 2].max()), 1),
        "rss_slope_mb_an_hour": round(_slope(settled[:, 0], settled[:, 1]), 2),
        "handles": int(settled[:, 3].max()),
        "handles_slope_an_hour": round(_slope(settled[:, 0], settled[:, 3]), 2),
        "cpu_seconds_a_second": round(cpu / seconds, 3),
        "seconds_to_end": round(ended, 2),
        "exit_code": process.returncode,
        "read_looked_skipped_dropped": found,
        "said": said.splitlines()[-2 * streams - 4 :],
    }


def _sampled(pid: int, seconds: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    began, rows = time.monotonic(), []
    while (passed := time.monotonic() - began) < seconds:
        time.sleep(min(EVERY_S, seconds - passed))
        processes = family(of=pid)
        rss = sum(each.memory_info().rss for each in processes) / 2**20
        handles = sum(each.num_fds() for each in processes)
        rows.append((time.monotonic() - began, rss, memory_mb(processes), handles))
    return np.array(rows, np.float64)


def _slope(times: np.ndarray[Any, np.dtype[np.float64]], values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(np.polyfit(times / 3600, values, 1)[0]) if len(times) > 1 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--streams", type=int, default=4)
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--fps", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("options", nargs="*", help="for rivereye stream, after --")
    given = parser.parse_args()
    found = measure(given.streams, (given.width, given.height), given.fps, given.seconds, given.options)
    print(json.dumps(found, indent=1))  # noqa: T201


if __name__ == "__main__":
    main()
