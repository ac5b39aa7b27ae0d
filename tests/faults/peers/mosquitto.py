"""An MQTT broker: mosquitto in a process of its own, which can end, die, and come back on the same port."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.peers.ports import HOST, reserved_port

PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
PACKAGES = ("mosquitto", "openssl")


def missing() -> str | None:
    """Why there can be no broker on this machine; None where there can be one."""
    if all(shutil.which(name, path=PLACES) for name in ("mosquitto", "mosquitto_passwd", "openssl")):
        return None
    return f"no mosquitto; install it with: apt-get install {' '.join(PACKAGES)}"


@dataclass(frozen=True)
class Certificate:
    """Self-signed, for 127.0.0.1, so that it is its own authority."""

    file: Path
    key: Path


def certificate(folder: Path, name: str) -> Certificate:
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-addext",
    ]
    subprocess.run(
        [*command, f"subjectAltName=IP:{HOST}", "-subj", f"/CN={name}", "-out", made.file, "-keyout", made.key],
        check=True,
        capture_output=True,
    )
    return made


class Broker:
    """What it keeps outlives a `stop`, not a `kill`."""

    def __init__(self, folder: Path, port: int, lines: tuple[str, ...]) -> None:
        self.folder, self.port = folder, port
        self.process: subprocess.Popen[bytes] | None = None
        self._file = folder / "mosquitto.conf"
        self.configure(*lines)

    def configure(self, *lines: str) -> None:
        """Counts from the next start on."""
        common = [
            f"listener {self.port} {HOST}",
            "user root",
            "persistence true",
            f"persistence_location {self.folder}/",
        ]
        self._file.write_text("\n".join([*common, "log_dest stderr", *lines, ""]), encoding="utf-8")

    def start(self) -> None:
        program = shutil.which("mosquitto", path=PLACES)
        assert program is not None
        self.process = subprocess.Popen([program, "-c", self._file], stderr=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection((HOST, self.port), 1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"mosquitto does not listen: {self._said()}")

    def stop(self) -> None:
        """May be called twice."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, by: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(by)
            self.process.communicate(timeout=10)
            self.process = None

    def _said(self) -> str:
        assert self.process is not None
        self.process.kill()
        said = self.process.communicate()[1].decode()
        self.process = None
        return said


@contextmanager
def broker(*lines: str, started: bool = True) -> Iterator[Broker]:
    """`lines`: of its configuration; by itself anybody may do anything."""
    with reserved_port() as port, TemporaryDirectory() as folder:
        found = Broker(Path(folder), port, lines or ("allow_anonymous true",))
        try:
            if started:
                found.start()
            yield found
        finally:
            found.stop()


def password_file(folder: Path, user: str, password: str) -> Path:
    program = shutil.which("mosquitto_passwd", path=PLACES)
    assert program is not None
    path = folder / "passwords"
    subprocess.run([program, "-c", "-b", path, user, password], check=True, capture_output=True)
    return path
