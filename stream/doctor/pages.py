"""The pages: that they can be served where they shall be, and that browsers will take their certificate."""

import ssl
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

from models.errors import reason
from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.doctor.binding import EVERYWHERE, is_taken, trouble_at
from stream.doctor.finding import Finding
from stream.web.settings import WebSettings

TIMEOUT_S = 3.0
DAY_S = 86_400.0
SOON_DAYS = 14
RENEW = "make a new one; rivereye reads it when it starts"


def pages(settings: Settings) -> Iterator[Finding]:
    """Raises MissingExtra: they are wanted, and cannot be served."""
    web = settings.web
    if web is None:
        return
    check_installed("web", "fastapi", "uvicorn")
    if settings.outputs.store is None:
        yield Finding("pages", "bad", "they show what is in a store, and there is none", "set outputs.store")
    yield _address(web)
    if web.certificate is not None and web.key is not None:
        yield certificate(web.certificate, web.key)


def _address(web: WebSettings) -> Finding:
    trouble = trouble_at(web.address, web.port)
    if trouble is None:
        return Finding("pages", "ok", f"{web.shown}: can be served there")
    if is_taken(trouble) and _ours(web):
        return Finding("pages", "ok", f"{web.shown}: served already, by a rivereye")
    return Finding(
        "pages",
        "bad",
        f"{web.shown}: {reason(trouble)}",
        "end what listens there, or set another web.listen, of this machine",
    )


def _ours(web: WebSettings) -> bool:
    """Whether what listens there has our pages: with a token or without, it asks for it in our name or describes itself."""
    host = EVERYWHERE.get(web.address, web.address)
    connection = HTTPConnection(host, web.port, timeout=TIMEOUT_S)
    if web.certificate is not None:  # whether it is the right one, is looked at besides
        unchecked: Any = ssl._create_unverified_context
        connection = HTTPSConnection(host, web.port, timeout=TIMEOUT_S, context=unchecked())
    try:
        connection.request("GET", "/api/v1/openapi.json")
        answer = connection.getresponse()
        return "rivereye" in answer.getheader("WWW-Authenticate", "") or b'"title":"rivereye"' in answer.read(4096)
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def certificate(chain: Path, key: Path) -> Finding:
    """Shakes hands with itself by it, as a browser does that trusts its first certificate: OpenSSL then says what is wrong, and until when it is good."""
    check, shown = "certificate", str(chain)
    try:
        until = _good_until(chain, key)
    except ssl.SSLCertVerificationError as error:
        return Finding(check, "bad", f"{shown}: {error.verify_message}", RENEW)
    except (OSError, ValueError) as error:
        todo = "give a PEM chain, and the key that belongs to it, without a passphrase, as files that may be read"
        return Finding(check, "bad", f"{shown} with {key}: {reason(error)}", todo)
    days = (until - time.time()) / DAY_S
    found = f"{shown}: good until {time.strftime('%Y-%m-%d', time.gmtime(until))}, {days:.0f} days"
    return Finding(check, "warning", found, RENEW) if days < SOON_DAYS else Finding(check, "ok", found)


def _good_until(chain: Path, key: Path) -> float:
    """Seconds since 1970. Raises OSError, of which SSLError is one: it is not good now."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, key, password="")  # else it asks at the terminal
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False  # by which name it is reached, only who asks knows
    asking.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    asking.load_verify_locations(chain)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(there, back, server_side=True)
    client = asking.wrap_bio(back, there)
    for _ in range(4):  # each gets further once the other has answered
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found: dict[str, Any] = client.getpeercert() or {}
    return float(ssl.cert_time_to_seconds(str(found["notAfter"])))
