"""Addresses of cameras, which hold passwords, and how to show them."""

from urllib.parse import urlsplit

SCHEMES = ("http", "https", "rtmp", "rtsp", "rtsps", "tcp", "udp")


def is_url(text: str) -> bool:
    return "://" in text and text.split("://", 1)[0].lower() in SCHEMES


def without_secrets(url: str) -> str:
    """The address without user, password and query, any of which may be secret."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    _, at, host = authority.rpartition("@")
    path, query, _ = path.partition("?")
    return f"{scheme}://{'***@' if at else ''}{host}{slash}{path}{'?***' if query else ''}"


def name_of(url: str) -> str:
    """A short name for the camera behind an address: host and path."""
    parts = urlsplit(without_secrets(url))
    return f"{parts.hostname or ''}{parts.path}".strip("/") or "camera"
