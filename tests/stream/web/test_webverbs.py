"""`rivereye serve`, as a user starts it."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.errors import UsageError
from stream.store.store import Store
from stream.web.webverbs import serve
from tests.factories import rivereye, start
from tests.faults.peers.postgres import PostgresServer
from tests.stream.store.makers import passing
from tests.stream.web.rooms import TOKEN


def address_in(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    text = ""
    while "until Ctrl-C" not in text.replace("\n", " "):
        line = process.stderr.readline()
        assert line, text
        text += line
    return next(word for word in text.split() if word.startswith("http"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_what_others_write_and_ends_in_order(river: str, how: signal.Signals, tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    with Store(place, "lock") as store:
        store.write([passing(1)])
    with start("serve", "--store", place, "--listen", "127.0.0.1:0", "--zone", "Europe/Berlin") as process:
        address = address_in(process)
        with httpx.Client(base_url=address, trust_env=False) as asking:
            assert len(asking.get("/api/v1/passages").json()["passages"]) == 1
            with Store(place, "lock") as store:
                store.write([passing(2, 2)])
            assert len(asking.get("/api/v1/passages").json()["passages"]) == 2
            assert asking.get("/").status_code == 200
        process.send_signal(how)
        assert process.wait(15) == 0


def test_a_token_from_a_file_or_the_environment(river: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    for options in (["--token-file", str(file)], []):
        if not options:
            monkeypatch.setenv("RIVEREYE_WEB_TOKEN", TOKEN)
        with start("serve", "--store", river, "--listen", "127.0.0.1:0", *options) as process:
            address = address_in(process)
            assert httpx.get(f"{address}api/v1/cameras", trust_env=False).status_code == 401
            header = {"Authorization": f"Bearer {TOKEN}"}
            assert httpx.get(f"{address}api/v1/cameras", headers=header, trust_env=False).status_code == 200
            command = Path(f"/proc/{process.pid}/cmdline")
            assert not command.exists() or TOKEN not in command.read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"listen": "0.0.0.0:80"}, "without a token and a certificate and its key"),
        ({"listen": "nonsense"}, "no address to listen at: 'nonsense'"),
        ({"zone": "Nowhere"}, "no time zone is called 'Nowhere'"),
        ({"snapshots": Path("/nowhere")}, "no folder of snapshots at /nowhere"),
        ({"token_file": Path("/nowhere")}, "cannot read the token in /nowhere: No such file"),
        ({"certificate": Path("/nowhere")}, "a certificate needs its key"),
    ],
)
def test_mistakes_are_told_in_a_sentence(river: str, options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        serve(**{"store": river, "listen": "127.0.0.1:0", **options})


def test_a_mistake_has_the_exit_code_of_one(river: str) -> None:
    done = rivereye("serve", "--store", river, "--listen", "0.0.0.0:80")
    assert done.returncode == 2
    assert "without a token and a certificate and its key" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_password_of_the_store_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with start("serve", "--store", "postgresql://me:s3cret@127.0.0.1:1/river", "--listen", "127.0.0.1:0") as process:
        answer = httpx.get(address_in(process), trust_env=False, timeout=20)
        assert answer.status_code == 503
        assert "s3cret" not in answer.text
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert "s3cret" not in errors


def test_kill_9_leaves_nothing_behind(river: str) -> None:
    folder = Path(river).parent
    before = set(folder.iterdir())
    with start("serve", "--store", river, "--listen", "127.0.0.1:0") as process:
        address = address_in(process)
        assert httpx.get(address, trust_env=False).status_code == 200
        port = httpx.URL(address).port
        process.kill()
    with start("serve", "--store", river, "--listen", f"127.0.0.1:{port}") as process:
        assert address_in(process) == address
    assert {path for path in folder.iterdir() if path.suffix not in (".db-wal", ".db-shm")} <= before


def test_a_file_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    done = rivereye("serve", "--store", tmp_path / "nowhere.db")
    assert done.returncode == 2
    assert "no such file" in " ".join(done.stderr.split())
    assert not list(tmp_path.iterdir())


CONFIGURED = """
[cameras.north]
source = "rtsp://watch:{NORTH_PASSWORD}@192.0.2.10/stream1"
[outputs]
store = "river.db"
snapshots = "snapshots"
[mqtt]
host = "192.0.2.5"
user = "watch"
password = "{MQTT_PASSWORD}"
[web]
listen = "127.0.0.1:0"
token = "{THE_TOKEN}"
zone = "Asia/Tokyo"
names = ["river.example.org"]
"""


@pytest.fixture
def configured(tmp_path: Path) -> Path:
    """A configuration file with secrets, of which pages need the token alone."""
    file = tmp_path / "river.toml"
    file.write_text(CONFIGURED)
    (tmp_path / "snapshots").mkdir()
    with Store(str(tmp_path / "river.db"), "lock") as store:
        store.write([passing(1)])
    return file


def test_a_configuration_file_says_how_its_pages_are_served(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_TOKEN", TOKEN)
    with start("serve", "--store", configured) as process, httpx.Client(trust_env=False) as asking:
        address = address_in(process)
        assert asking.get(f"{address}api/v1/cameras").status_code == 401
        headers = {"Authorization": f"Bearer {TOKEN}", "Host": "river.example.org"}
        assert asking.get(f"{address}api/v1/cameras", headers=headers).status_code == 200
        assert "JST" in asking.get(address, headers=headers).text


def test_an_option_comes_before_the_file(configured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a token of one's own in the place of that of the file, whose secret need not be there then."""
    monkeypatch.setenv("RIVEREYE_WEB_TOKEN", f"{TOKEN}-other")
    options = ("--zone", "Europe/Berlin", "--name", "other.example.org")
    with start("serve", "--store", configured, *options) as process, httpx.Client(trust_env=False) as asking:
        address = address_in(process)
        headers = {"Authorization": f"Bearer {TOKEN}-other", "Host": "other.example.org"}
        assert "CET" in asking.get(address, headers=headers).text
        assert asking.get(address, headers={**headers, "Host": "river.example.org"}).status_code == 421


def test_a_token_that_is_not_there_is_missed(configured: Path) -> None:
    with pytest.raises(
        UsageError, match="web.token: the environment variable THE_TOKEN is not set.*or give a token by --token-file"
    ):
        serve(store=str(configured))


def test_what_is_no_store_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "passages.jsonl").write_text('{"schema": 1}\n' * 100)
    done = rivereye("serve", "--store", tmp_path / "passages.jsonl", "--listen", "127.0.0.1:0")
    assert done.returncode == 1
    assert "file is not a database" in " ".join(done.stderr.split())
    assert "serving" not in done.stderr


def test_a_wrong_password_is_said_at_once_and_tried_once(postgres: PostgresServer) -> None:
    """A server may keep out who tries too often."""
    name = postgres.database().rpartition("/")[2]
    log = postgres.folder / "log"
    before = log.read_text().count("password authentication failed")
    done = rivereye("serve", "--store", postgres.url(name, password="wrong"), "--listen", "127.0.0.1:0")  # noqa: S106
    assert done.returncode == 1
    assert "give the user and password that it knows" in " ".join(done.stderr.split())
    assert log.read_text().count("password authentication failed") == before + 1


def test_a_server_that_is_empty_is_waited_for(postgres: PostgresServer) -> None:
    """A watch makes its tables."""
    place = postgres.database()
    with start("serve", "--store", place, "--listen", "127.0.0.1:0") as process:
        address = address_in(process)
        assert httpx.get(address, trust_env=False).status_code == 503
        with Store(place, "lock") as store:
            store.write([passing(1)])
        assert httpx.get(address, trust_env=False).status_code == 200
