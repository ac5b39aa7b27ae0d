"""The process that reads one camera: `python -m stream.sources.reading`, started by `stream.sources.remote`.

OpenCV opens one address at a time in a process, and a decoder that hangs or crashes takes its process with it. So each camera has one of
its own, which can be killed.
"""

import json
import os
import signal
import sys
import time
from threading import Thread
from typing import Any, BinaryIO

from stream.sources.wire import send

ALIVE_S = 0.5
"""While frames come that nobody wants, this is said so often."""
ABOUT = ("live", "timed", "fps", "expected")
FRAME = ("index", "media_time", "arrived", "time", "name", "reason")


def main() -> None:
    """Reads the request, a line of JSON, from standard input; ends when that does. Writes messages, see `stream.sources.wire`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that watches
    request = json.loads(sys.stdin.readline())
    Thread(target=_end_with_parent, daemon=True).start()
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


def _end_with_parent() -> None:
    sys.stdin.read()
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
