"""Whether an address of this machine can be had."""

import errno
import socket
import sys

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, not to serve


def trouble_at(host: str, port: int) -> OSError | None:
    """Why nothing can be served there, None where it can: binds it for a moment, and answers nobody. Port 0: any."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
            if sys.platform != "win32":  # there it would let two listen
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(1)
    except OSError as error:
        return error
    return None


def is_taken(error: OSError) -> bool:
    """Whether something is served there already."""
    return error.errno == errno.EADDRINUSE
