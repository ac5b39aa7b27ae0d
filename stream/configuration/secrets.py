"""Secrets in a source: {NAME} is an environment variable, {file:PATH} what a file holds, {{ a brace. No message shows a value."""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from models.errors import UsageError
from stream.sources.url import without_secrets

NAME = r"[A-Za-z_][A-Za-z0-9_]*"
BRACE = re.compile(rf"\{{(?:(?P<brace>\{{)|(?P<name>{NAME})\}}|file:(?P<file>[^{{}}]+)\}})?")
"""A brace and what it stands for; a brace with nothing after it that is known matches alone."""
KEYS = re.compile(r"[?&]([^=&#]*(?:pass|pwd|token|key|secret|auth|sig)[^=&#]*)=[^&#]", re.IGNORECASE)
"""A key in the query of an address whose value looks secret."""


def expand(template: str, environ: Mapping[str, str], folder: Path, key: str) -> str:
    """Puts secrets into their places. Inside an address they are percent-encoded: they may hold @, / and :.

    Args:
        template: the source as it was written.
        environ: where variables are looked up.
        folder: relative paths of files begin here.
        key: of the configuration, for messages.

    Raises:
        UsageError: a variable or file is missing or empty, or a brace begins nothing known.
    """
    expanded, end = "", 0
    for match in BRACE.finditer(template):
        expanded += template[end : match.start()]
        end = match.end()
        if match["brace"]:
            expanded += "{"
            continue
        value = _value(match, environ, folder, key)
        expanded += quote(value, safe="", errors="surrogateescape") if "://" in expanded else value
    return expanded + template[end:]


def shown(template: str) -> str:
    """A source for people: secrets stay {NAME}, and of an address user, password and query are hidden."""
    return without_secrets(template) if "://" in template else template


def plain_secrets(template: str) -> list[str]:
    """Which parts of an address hold a secret in plain text: "its password", or keys of its query."""
    if "://" not in template:
        return []
    literal = BRACE.sub("", template)
    _, hidden, place = without_secrets(literal).removesuffix("?***").partition("://***@")
    found = []
    if hidden:
        credentials = literal.partition("://")[2][: literal.partition("://")[2].rindex(f"@{place}")]
        found += ["its password"] if credentials.partition(":")[2] else []
    return found + [f"{name} in its query" for name in KEYS.findall(BRACE.sub("", template))]


def plain(template: str) -> bool:
    """Whether there is text, and no part of it stands for a secret."""
    return bool(template) and BRACE.search(template) is None


def _value(match: re.Match[str], environ: Mapping[str, str], folder: Path, key: str) -> str:
    if name := match["name"]:
        if not environ.get(name):
            raise UsageError(
                f"{key}: the environment variable {name} is {'empty' if name in environ else 'not set'}; set it, or write {{{{ for a brace that is meant as one"
            )
        return environ[name]
    if match["file"]:
        return _content(folder / match["file"], key)
    raise UsageError(
        f"{key}: the brace at character {match.start() + 1} is neither {{NAME}} nor {{file:PATH}}; write {{{{ for a brace that is meant as one"
    )


def _content(path: Path, key: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise UsageError(f"{key}: cannot read the secret in {path}: {error.strerror}; write it there") from error
    except UnicodeDecodeError:  # its message would show bytes of the secret
        raise UsageError(f"{key}: {path} holds no text (UTF-8); write the secret there") from None
    if not value:
        raise UsageError(f"{key}: {path} is empty; write the secret there")
    return value
