"""Where metrics are served: on this machine, unless somebody says otherwise."""

import pytest
from pydantic import ValidationError

from stream.configuration.settings import Settings
from stream.health.place import address_of


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9753", ("127.0.0.1", 9753)),
        (":9753", ("127.0.0.1", 9753)),
        ("192.0.2.1:80", ("192.0.2.1", 80)),
        ("box.example:65535", ("box.example", 65535)),
        ("[::1]:9753", ("::1", 9753)),
    ],
)
def test_a_port_alone_is_of_this_machine(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "north", "127.0.0.1", "127.0.0.1:", "9753:north", "0", "65536", "::1:9753", "-1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"give PORT, HOST:PORT or \[IPv6\]:PORT"):
        address_of(text)
    with pytest.raises(ValidationError, match="give PORT"):
        Settings.model_validate({"cameras": {"north": {"source": "test"}}, "metrics": text})
