"""GStreamer's RTSP server as a program: cameras that send access units from files, at their pace, without an end.

It runs in the system's Python, which has GStreamer, and knows nothing of this project. Standard input: a line of
JSON, {port, streams, fps, user, password}; then one for each change of what a camera shows, {camera, file}, where file
is null for a silent one. Its end ends the program. Standard output: a line when it listens, and after each change.
"""

import json
import os
import struct
import sys
from pathlib import Path
from threading import Event
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]  # noqa: E402

LAUNCH = (
    "( appsrc name=units is-live=true format=time caps=video/x-h264,stream-format=byte-stream,alignment=au"
    " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
ROLE = "viewer"
MICROSECONDS = 1_000_000
CLEAN_S = 2
"""Sessions of viewers that left without a word are looked for so often."""


class Camera:
    """A mount. All viewers share one stream, which begins with the first of them."""

    def __init__(self, fps: int) -> None:
        self.fps, self.at = fps, 0
        self.units: list[bytes] = []

    def factory(self) -> Any:
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(LAUNCH)
        factory.set_shared(True)
        factory.connect("media-configure", self.configure)
        return factory

    def show(self, file: str | None) -> None:
        """From its first unit on, which is a key frame. A file holds units with the length before each."""
        content, start, units = Path(file).read_bytes() if file else b"", 0, []
        while start < len(content):
            (length,) = struct.unpack_from(">I", content, start)
            units.append(content[start + 4 : start + 4 + length])
            start += 4 + length
        self.units, self.at = units, 0

    def configure(self, _factory: Any, media: Any) -> None:
        """A stream begins. A frame that is due while the program sleeps is left out, as by a camera."""
        source = media.get_element().get_by_name_recurse_up("units")
        began, ended = GLib.get_monotonic_time(), Event()
        media.connect("unprepared", lambda _: ended.set())
        self.at = 0

        def push() -> bool:
            if ended.is_set():
                return False
            number = (GLib.get_monotonic_time() - began) * self.fps // MICROSECONDS
            if self.units and source.emit("push-buffer", self.buffer(number)) == Gst.FlowReturn.OK:
                self.at += 1  # else the stream is not ready yet
            due = began + (number + 1) * MICROSECONDS // self.fps
            GLib.timeout_add(max(1, (due - GLib.get_monotonic_time()) // 1000 + 1), push)
            return False

        GLib.timeout_add(1, push)

    def buffer(self, number: int) -> Any:
        buffer = Gst.Buffer.new_wrapped(self.units[self.at % len(self.units)])
        buffer.pts = buffer.dts = number * Gst.SECOND // self.fps
        buffer.duration = Gst.SECOND // self.fps
        return buffer


def locked(server: Any, factories: list[Any], user: str, password: str) -> None:
    """Lets in who knows both, by digest."""
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", ROLE)
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    for factory in factories:
        permissions = GstRtspServer.RTSPPermissions()
        for permission in ("media.factory.access", "media.factory.construct"):
            permissions.add_permission_for_role(ROLE, permission, True)
        factory.set_permissions(permissions)


def main() -> None:
    Gst.init(None)
    requests = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # a line read ahead would wake nobody
    said = json.loads(requests.readline())
    loop, server = GLib.MainLoop(), GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(said["port"]))
    cameras = [Camera(said["fps"]) for _ in range(said["streams"])]
    factories = [camera.factory() for camera in cameras]
    for number, factory in enumerate(factories):
        server.get_mount_points().add_factory(f"/cam{number}", factory)
    if said["user"] is not None:
        locked(server, factories, said["user"], said["password"])

    def hear(*_: object) -> bool:
        line = requests.readline()
        if not line:
            loop.quit()
            return False
        change = json.loads(line)
        cameras[change["camera"]].show(change["file"])
        print("shown", flush=True)  # noqa: T201
        return True

    def clean() -> bool:
        server.get_session_pool().cleanup()
        return True

    if not server.attach(None):
        sys.exit(f"port {said['port']} cannot be listened on")
    GLib.timeout_add_seconds(CLEAN_S, clean)
    GLib.io_add_watch(sys.stdin.fileno(), GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, hear)
    print("listening", flush=True)  # noqa: T201
    loop.run()


if __name__ == "__main__":
    main()
