"""The process that reads one camera, see `stream.sources.nursery`: begun by itself, or forked from one that waits with all libraries loaded.

OpenCV opens one address at a time in a process, and a decoder that hangs or crashes takes its process with it. So each camera has one of
its own, which can be killed.
"""

import gc
import json
import os
import signal
import socket
import sys
import time
from threading import Thread
from typing import Any, BinaryIO, TextIO

from stream.sources.nursery import ALONE, NUMBER
from stream.sources.wire import send

ALIVE_S = 0.5
"""While frames come that nobody wants, this is said so often."""
ABOUT = ("live", "timed", "fps", "expected")
FRAME = ("index", "media_time", "arrived", "time", "name", "reason")


def main() -> None:
    """Reads the one camera that standard input asks for; or, where that is a socket, forks a process for each pair of pipes that comes, and answers with
    its number. Ends when standard input does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that watches
    if sys.argv[1:] == [ALONE]:
        _serve()
    _fork_for(socket.socket(fileno=0))


def _fork_for(channel: socket.socket) -> None:
    import stream.sources.source  # noqa: F401 - so that those to come need not

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets those that have ended
    gc.freeze()  # else looking for garbage would write on every page that is shared
    while True:
        message, handles, _, _ = socket.recv_fds(channel, 1, 2)
        if not message:
            os._exit(0)
        pid = os.fork()
        if not pid:
            for number, handle in enumerate(handles):
                os.dup2(handle, number)
                os.close(handle)
            _serve()
        for handle in handles:
            os.close(handle)
        channel.sendall(pid.to_bytes(NUMBER))


def _serve() -> None:
    """Reads the request, a line of JSON, from standard input; ends when that does. Writes messages to standard output, see `stream.sources.wire`."""
    with os.fdopen(os.dup(0), "r", encoding="utf-8") as requests:
        request = json.loads(requests.readline())
        Thread(target=_end_with_parent, args=(requests,), daemon=True).start()
        messages = os.fdopen(os.dup(1), "wb", buffering=0)
        # FFmpeg and drivers may say what they like, and they like to say addresses with passwords.
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        try:
            _read(request, messages)
        except OSError:
            pass  # nobody reads any more
        finally:
            os._exit(0)  # a decoder that hangs must not hold up the end


def _end_with_parent(requests: TextIO) -> None:
    requests.read()
    os._exit(0)


def _read(request: dict[str, Any], messages: BinaryIO) -> None:
    from models.errors import RivereyeError
    from stream.sources.opening import opening_from
    from stream.sources.source import open_source

    try:
        source = open_source(request["source"], opening_from(request["opening"]))
        send(messages, "opened", about={name: getattr(source, name) for name in ABOUT})
        said, skipped = time.monotonic(), 0
        for frame in source.frames():
            if frame is None:
                skipped += 1
                if time.monotonic() - said < ALIVE_S:
                    continue
                send(messages, "alive", skipped=skipped)
            else:
                frame = frame.as_picture()
                about = {name: getattr(frame, name) for name in FRAME}
                send(messages, "frame", frame.picture, frame=about, skipped=skipped, decoder=source.decoder)
            said, skipped = time.monotonic(), 0
        send(messages, "ended", skipped=skipped)
    except RivereyeError as error:
        send(messages, "failed", trouble=str(error))


if __name__ == "__main__":
    main()
