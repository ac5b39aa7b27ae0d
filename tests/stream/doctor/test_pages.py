"""The pages, as the doctor finds them: real sockets, real certificates."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stream.configuration.settings import Settings
from stream.doctor.finding import Finding
from stream.doctor.pages import certificate, pages
from stream.web.beside import beside
from stream.web.settings import WebSettings
from tests.faults.peers.ports import HOST, reserved_port

TOKEN = "correct-horse-battery"  # noqa: S105 - to be looked for


def found(store: str | None = "river.db", **web: Any) -> list[Finding]:
    outputs = {} if store is None else {"store": store}
    settings = Settings.model_validate({"cameras": {"north": {"source": "test"}}, "outputs": outputs, "web": web})
    told = list(pages(settings))
    assert TOKEN not in str(told)
    assert all(each.todo or each.verdict == "ok" for each in told)
    return told


def verdicts(told: list[Finding]) -> dict[str, str]:
    return {each.check: each.verdict for each in told}


def signed(folder: Path, days: int) -> tuple[Path, Path]:
    """A certificate that ends after so many days, and its key, as docs/running.md has them made."""
    chain, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=lock"]
    subprocess.run([*command, "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


def test_none_are_wanted() -> None:
    assert list(pages(Settings.model_validate({"cameras": {"north": {"source": "test"}}}))) == []


def test_an_address_that_is_free_and_one_that_is_taken() -> None:
    with reserved_port() as port:
        (finding,) = found(listen=str(port), token=TOKEN)
        assert (finding.verdict, finding.found) == (
            "ok",
            f"http://{HOST}:{port}/, with a token: can be served there",
        )
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind((HOST, port))
            other.listen()
            other.settimeout(0.1)
            (finding,) = found(listen=str(port))
        assert finding.verdict == "bad"
        assert "all users of this machine may look: Address already in use" in finding.found


def test_an_address_of_another_machine(tmp_path: Path) -> None:
    chain, key = signed(tmp_path, 100)
    told = found(listen="192.0.2.1:8443", token=TOKEN, certificate=chain, key=key)
    assert verdicts(told) == {"pages": "bad", "certificate": "ok"}
    assert "Cannot assign requested address" in told[0].found


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("tls", [False, True])
def test_a_watch_that_serves_them_already_is_no_trouble(tmp_path: Path, token: str | None, tls: bool) -> None:
    chain, key = signed(tmp_path, 100) if tls else (None, None)
    with reserved_port() as port:
        web: dict[str, Any] = {"listen": f"{HOST}:{port}", "token": token, "certificate": chain, "key": key}
        with beside(WebSettings.model_validate(web), str(tmp_path / "river.db")):
            told = found(**web)
    assert told[0].verdict == "ok", told
    assert told[0].found.endswith("served already, by a rivereye")


def test_pages_without_a_store() -> None:
    assert [each.verdict for each in found(None, listen="127.0.0.1:0")] == ["bad", "ok"]


@pytest.mark.parametrize(("days", "verdict"), [(100, "ok"), (15, "ok"), (13, "warning"), (-1, "bad")])
def test_a_certificate_ends(tmp_path: Path, days: int, verdict: str) -> None:
    chain, key = signed(tmp_path, max(days, 1))
    if days < 0:
        ended(chain, key)
    finding = certificate(chain, key)
    assert finding.verdict == verdict, finding
    assert ("expired" in finding.found) is (days < 0)
    assert bool(finding.todo) is (verdict != "ok")


def ended(chain: Path, key: Path) -> None:
    """One whose time is over: `openssl req` makes none, `openssl x509` does not mind."""
    request = subprocess.run(
        ["openssl", "req", "-new", "-key", key, "-subj", "/CN=lock"], check=True, capture_output=True
    ).stdout
    command: list[str | Path] = ["openssl", "x509", "-req", "-signkey", key, "-days", "-1", "-out", chain]
    subprocess.run(command, input=request, check=True, capture_output=True)


def test_a_certificate_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    chain, key = signed(tmp_path, 100)
    _, other = signed(tmp_path / "other", 100)
    assert "key values mismatch" in certificate(chain, other).found.lower()
    assert "No such file" in certificate(tmp_path / "gone.pem", key).found
    key.write_text("nothing")
    assert certificate(chain, key).verdict == "bad"


def test_a_chain_of_an_authority(tmp_path: Path) -> None:
    """The first certificate counts, whoever signed it."""
    authority, its_key = signed(tmp_path, 1000)
    leaf, key = tmp_path / "leaf.pem", tmp_path / "leaf.key"
    request = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-subj", "/CN=lock.example.org"],
        check=True,
        capture_output=True,
    ).stdout
    command: list[str | Path] = [
        "openssl",
        "x509",
        "-req",
        "-CA",
        authority,
        "-CAkey",
        its_key,
        "-CAcreateserial",
        "-days",
        "10",
    ]
    done = subprocess.run(command, input=request, check=True, capture_output=True)
    leaf.write_bytes(done.stdout + authority.read_bytes())
    finding = certificate(leaf, key)
    assert finding.verdict == "warning", finding
    assert "10 days" in finding.found
