"""Where metrics and health are served."""

from typing import Annotated

from pydantic import AfterValidator

LOOPBACK = "127.0.0.1"
MOST = 65_535


def address_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `[IPv6]:PORT`; of a port alone the host is this machine, which nobody else reaches.

    Raises:
        ValueError: it is none of them.
    """
    host, _, port = text.strip().rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= MOST) or (":" in host and not _bracketed(host)):
        raise ValueError(f"no place {text!r} to serve metrics at; give PORT, HOST:PORT or [IPv6]:PORT, such as 9753")
    return host.strip("[]") or LOOPBACK, int(port)


def _bracketed(host: str) -> bool:
    return host.startswith("[") and host.endswith("]")


def _checked(text: str) -> str:
    address_of(text)
    return text


Place = Annotated[str, AfterValidator(_checked)]
