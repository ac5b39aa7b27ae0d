"""Whom to trust over TLS."""

import ssl
from pathlib import Path

from models.errors import UsageError, first_line


def trusting(authorities: Path | None, key: str) -> ssl.SSLContext:
    """Checks certificates and names. `authorities`: PEM file, in place of the system's. `key`: of the configuration, for messages.

    Raises:
        UsageError: the file cannot be read, or holds no certificate.
    """
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ValueError) as error:
        raise UsageError(f"{key} {authorities}: {first_line(error)}; it must be a PEM file of certificates") from error


def client_certificate(context: ssl.SSLContext, certificate: Path, private: Path | None, key: str) -> None:
    """Lets the context show a certificate. `private`: its key, None: in the same file.

    Raises:
        UsageError: a file cannot be read, or holds none.
    """
    try:
        context.load_cert_chain(certificate, private, password="")  # none is asked for on a terminal
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{key} {certificate}: {first_line(error)}; it must be a PEM file, and the key without a password"
        ) from error
