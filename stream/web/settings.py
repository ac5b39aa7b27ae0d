"""Who may look at the pages, and from where."""

import ipaddress
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

SHORTEST_TOKEN = 20
"""Characters: of random ones, even if they are hexadecimal (80 bits), nobody finds these within a million years at a thousand million tries a second."""
EASY = f"the token has to have {SHORTEST_TOKEN} printable ASCII characters or more; `openssl rand -hex 16` makes one"
LISTEN = "127.0.0.1:8765"


class WebSettings(BaseModel):
    """Loopback needs nothing else; any other address a token, and a certificate with its key."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    listen: Annotated[
        str,
        Field(description="ADDRESS:PORT, or PORT of this machine; an IPv6 address stands in brackets. Port 0: any."),
    ] = LISTEN
    token: Annotated[
        SecretStr | None,
        Field(
            description=f"What people type once in each browser, and programs send as `Authorization: Bearer`; {SHORTEST_TOKEN} characters or more."
        ),
    ] = None
    certificate: Annotated[Path | None, Field(description="TLS: certificate chain (PEM).")] = None
    key: Annotated[Path | None, Field(description="TLS: its private key (PEM).")] = None
    names: Annotated[
        tuple[str, ...],
        Field(description="Names by which browsers reach this machine, beside its own and its addresses."),
    ] = ()
    zone: Annotated[
        str | None,
        Field(description="Where a day begins at midnight, such as Europe/Berlin; by itself the machine's zone."),
    ] = None

    @field_validator("listen")
    @classmethod
    def _an_address(cls, text: str) -> str:
        _split(text)
        return text

    @field_validator("token")
    @classmethod
    def _hard_to_guess(cls, token: SecretStr | None) -> SecretStr | None:
        secret = None if token is None else token.get_secret_value()
        if secret is not None and "{" in secret:  # stands for a secret, which is looked at once it is in its place
            return token
        if secret is not None and not hard_to_guess(secret):
            raise ValueError(EASY)
        return token

    @model_validator(mode="after")
    def _not_wide_open(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate needs its key, and a key its certificate; give both or neither")
        lacking = [
            name for name, given in (("a token", self.token), ("a certificate and its key", self.key)) if not given
        ]
        if not self.loopback and lacking:
            raise ValueError(
                f"will not listen at {self.listen} for other machines without {' and '.join(lacking)}; give that, or listen at {LISTEN}"
            )
        return self

    @property
    def address(self) -> str:
        return _split(self.listen)[0]

    @property
    def port(self) -> int:
        return _split(self.listen)[1]

    @property
    def loopback(self) -> bool:
        """Whether this machine alone can reach it."""
        return ipaddress.ip_address(self.address).is_loopback

    @property
    def shown(self) -> str:
        """Where they are served and what it takes to see them, for people."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        who = "with a token" if self.token is not None else "without a token: all users of this machine may look"
        return f"{self.scheme}://{host}:{self.port}/, {who}"

    @property
    def scheme(self) -> str:
        return "http" if self.certificate is None else "https"


def hard_to_guess(token: str) -> bool:
    return len(token) >= SHORTEST_TOKEN and token.isascii() and token.isprintable()


def _split(text: str) -> tuple[str, int]:
    """A port alone is one of this machine."""
    host, separator, port = (f"127.0.0.1:{text}" if text.isdecimal() else text).rpartition(":")
    host = {"localhost": "127.0.0.1"}.get(host, host.removeprefix("[").removesuffix("]"))
    try:
        if not separator or not (port.isascii() and port.isdigit()) or int(port) > 65535:
            raise ValueError
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError:
        raise ValueError(f"no address to listen at: {text[:80]!r}; give ADDRESS:PORT, such as {LISTEN}") from None
