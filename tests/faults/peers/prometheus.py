"""Prometheus itself, with the configuration and the alerts that the documentation gives, asking every second."""

import json
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.faults.peers.ports import HOST, reserved_port

PROGRAM = shutil.which("prometheus")
RUNNING = Path(__file__).parents[3] / "docs" / "running"
ADDRESS = "127.0.0.1:9753"


def missing() -> str | None:
    """Why there can be no Prometheus on this machine; None where there can be one."""
    return None if PROGRAM else "no Prometheus; install it with: apt-get install prometheus"


@dataclass(frozen=True)
class Prometheus:
    """`url`: of its HTTP API."""

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """Of the API; raises HTTPError where it refuses, as with an expression that it does not understand."""
        with urllib.request.urlopen(  # noqa: S310 - our own address
            f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}", timeout=10
        ) as answer:
            return json.load(answer)["data"]

    def values(self, expression: str, label: str) -> dict[str, float]:
        """What an expression comes to now, by one of its labels."""
        found = self.ask("query", query=expression)["result"]
        return {each["metric"].get(label, ""): float(each["value"][1]) for each in found}

    def until(self, what: Callable[[], object], within: float = 15.0) -> None:
        deadline = time.monotonic() + within
        while not what():
            assert time.monotonic() < deadline, self.ask("targets")
            time.sleep(0.2)


@contextmanager
def prometheus(target: int) -> Iterator[Prometheus]:
    """A running one that asks this port of this machine."""
    assert PROGRAM is not None
    with reserved_port() as port, TemporaryDirectory() as folder:
        config = (RUNNING / "prometheus.yml").read_text(encoding="utf-8")
        assert ADDRESS in config
        config = config.replace(ADDRESS, f"{HOST}:{target}").replace("15s", "1s")
        place = Path(folder, "prometheus.yml")
        place.write_text(config.replace("global:", "global:\n  evaluation_interval: 1s"), encoding="utf-8")
        shutil.copy(RUNNING / "alerts.yml", folder)
        with subprocess.Popen(
            [
                PROGRAM,
                f"--config.file={place}",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={HOST}:{port}",
                "--log.level=error",
            ]
        ) as process:
            try:
                found = Prometheus(f"http://{HOST}:{port}")
                found.until(lambda: _answers(found))
                yield found
            finally:
                process.kill()


def _answers(server: Prometheus) -> bool:
    with suppress(OSError):
        return bool(server.ask("targets"))
    return False
