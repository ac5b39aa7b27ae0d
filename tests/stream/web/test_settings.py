"""Nothing is wide open, and what is missing is said."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from stream.web.settings import WebSettings

TLS: dict[str, Any] = {"certificate": Path("a.pem"), "key": Path("a.key")}
TOKEN: dict[str, Any] = {"token": "0123456789abcdef0123"}


@pytest.mark.parametrize("listen", ["127.0.0.1:8765", "127.8.8.8:1", "[::1]:0", "localhost:80"])
def test_this_machine_needs_nothing(listen: str) -> None:
    assert WebSettings(listen=listen).loopback


@pytest.mark.parametrize("listen", ["0.0.0.0:80", "192.168.1.7:8765", "[::]:443", "[2001:db8::1]:443"])
def test_others_need_a_token_and_tls(listen: str) -> None:
    lacking: list[tuple[dict[str, Any], str]] = [
        ({}, "a token and a certificate and its key"),
        (TOKEN, "without a certificate"),
        (TLS, "without a token"),
    ]
    for given, told in lacking:
        with pytest.raises(ValidationError, match=told):
            WebSettings(listen=listen, **given)
    settings = WebSettings(listen=listen, **TOKEN, **TLS)
    assert not settings.loopback
    assert settings.scheme == "https"


@pytest.mark.parametrize(
    "listen", ["", "80x", "example.org:80", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", "::1:²"]
)
def test_what_is_no_address_is_told(listen: str) -> None:
    with pytest.raises(ValidationError, match="no address to listen at"):
        WebSettings(listen=listen)


@pytest.mark.parametrize("token", ["", "short", "a" * 19, "with a\nline break!!", "кириллица-кириллица"])
def test_a_token_is_hard_to_guess_and_never_shown(token: str) -> None:
    with pytest.raises(ValidationError, match="20 printable ASCII") as told:
        WebSettings(token=token)  # type: ignore[arg-type]
    assert not token or token not in str(told.value)


def test_half_of_tls_is_none() -> None:
    with pytest.raises(ValidationError, match="a certificate needs its key"):
        WebSettings(certificate=Path("a.pem"))
    assert "0123456789abcdef0123" not in repr(WebSettings(**TOKEN))
