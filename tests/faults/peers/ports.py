"""A port that stays ours while its server is gone, so that the same server can come back."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

HOST = "127.0.0.1"


@contextmanager
def reserved_port() -> Iterator[int]:
    """A free port. Connections are refused until a server binds it with SO_REUSEADDR and listens.

    Nobody else is given it meanwhile, since a socket that does not listen stays bound to it.
    """
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind((HOST, 0))
        yield keeper.getsockname()[1]
