"""Addresses of cameras, which hold passwords, and how to show them."""

import re
from urllib.parse import urlsplit

SCHEMES = ("http", "https", "rtmp", "rtsp", "rtsps", "tcp", "udp")


def is_url(text: str) -> bool:
    return "://" in text and text.split("://", 1)[0].lower() in SCHEMES


def is_playlist(url: str) -> bool:
    """Whether it is HLS, whose frames come a segment at a time."""
    return urlsplit(url).path.lower().endswith(".m3u8")


def without_secrets(url: str) -> str:
    """The address without user, password and query, any of which may be secret."""
    scheme, _, rest = url.partition("://")
    end = _end_of_credentials(rest)
    place, *query = re.split(r"[?#]", rest[end:], maxsplit=1)
    return f"{scheme}://{'***@' if end else ''}{place}{'?***' if query else ''}"


def _end_of_credentials(rest: str) -> int:
    """Where the host begins. Passwords hold / ? and # although they must not: rather too much is hidden than too little."""
    authority = rest.partition("/")[0]
    before_query = re.split(r"[?#]", authority, maxsplit=1)[0]
    if "@" in before_query or ("@" in authority and ":" in before_query):
        return authority.rindex("@") + 1
    has_port_or_none = re.fullmatch(r"(\[.*\]|[^:\[]*)(:\d*)?", before_query)
    return rest.rindex("@") + 1 if "@" in rest and not has_port_or_none else 0


def name_of(url: str) -> str:
    """A short name for the camera behind an address: host and path."""
    parts = urlsplit(without_secrets(url))
    return f"{parts.hostname or ''}{parts.path}".strip("/") or "camera"
