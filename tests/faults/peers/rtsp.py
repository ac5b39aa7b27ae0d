"""RTSP cameras: GStreamer's server in a process of its own, which can fall silent, die and come back on the same port."""

import json
import signal
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tests.faults.peers.ports import HOST, reserved_port
from tests.faults.peers.scene import RIVER, Look, Scene, Shown, encoded

PYTHON = Path("/usr/bin/python3")
"""The system's, for which Debian has GStreamer."""
PROGRAM = Path(__file__).with_name("rtspserver.py")
PACKAGES = ("gir1.2-gst-rtsp-server-1.0", "python3-gi")
PROBE = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"


def missing() -> str | None:
    """Why there can be no RTSP server on this machine; None where there can be one."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", PROBE], capture_output=True, check=False).returncode == 0:
        return None
    return f"no RTSP server of GStreamer; install it with: apt-get install {' '.join(PACKAGES)}"


class RtspServer:
    """`urls`: of the cameras, in order, with user and password where they ask for them."""

    def __init__(self, folder: Path, port: int, scenes: list[Scene], user: str | None, password: str | None) -> None:
        self.folder, self.port, self.scenes, self.user, self.password = folder, port, scenes, user, password
        self.looks: list[Shown] = ["river"] * len(scenes)
        self.urls = [self.url_as(user, password, camera) for camera in range(len(scenes))]
        self.process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """Of the first camera."""
        return self.urls[0]

    def url_as(self, user: str | None, password: str | None, camera: int = 0) -> str:
        """The address with other credentials, or none."""
        return f"rtsp://{f'{user}:{password}@' if user else ''}{HOST}:{self.port}/cam{camera}"

    def start(self) -> Self:
        """Cameras show again what they showed last."""
        self.process = subprocess.Popen(
            [PYTHON, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        said = {"port": self.port, "streams": len(self.scenes), "fps": self.scenes[0].fps}
        self._tell({**said, "user": self.user, "password": self.password})
        for camera, look in enumerate(self.looks):
            self.show(look, camera)
        return self

    def stop(self) -> None:
        """Kills it, also a paused one. May be called twice."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def pause(self) -> None:
        """It keeps connections and says nothing."""
        self._running().send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def show(self, look: Shown, camera: int = 0) -> None:
        """From now on the camera shows this, or keeps its viewers waiting ("nothing")."""
        self.looks[camera] = look
        self._tell({"camera": camera, "file": None if look == "nothing" else str(self._file(look, camera))})

    def _file(self, look: Look, camera: int) -> Path:
        path = self.folder / f"{camera}-{look}"
        if not path.exists():
            units = encoded(self.scenes[camera].looking(look))
            path.write_bytes(b"".join(struct.pack(">I", len(unit)) + unit for unit in units))
        return path

    def _tell(self, what: dict[str, object]) -> None:
        """Waits for the answer."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError(f"the RTSP server ended with code {process.wait(5)}; its standard error says why")

    def _running(self) -> subprocess.Popen[str]:
        assert self.process is not None, "the RTSP server is stopped; start() it first"
        return self.process


@contextmanager
def rtsp_server(
    streams: int = 1,
    size: tuple[int, int] = (1280, 720),
    fps: int = 5,
    user: str | None = None,
    password: str | None = None,
    pattern: Scene = RIVER,
) -> Iterator[RtspServer]:
    """A running server of `streams` cameras, /cam0 and so on, each at another place of the `pattern`.

    With `user` and `password` it asks for both, by digest. Its size and rate are `size` and `fps`, not the pattern's.
    """
    scenes = [replace(pattern, seed=pattern.seed + number, size=size, fps=fps) for number in range(streams)]
    with reserved_port() as port, TemporaryDirectory() as folder:
        server = RtspServer(Path(folder), port, scenes, user, password)
        try:
            yield server.start()
        finally:
            server.stop()
