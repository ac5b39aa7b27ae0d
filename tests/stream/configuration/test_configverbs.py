"""The verbs about the configuration file; `reload` with real processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from models.errors import RivereyeError, UsageError
from stream.configuration.config import EXAMPLE, load_settings, schema
from stream.configuration.configverbs import app, check, reload
from stream.configuration.serving import lacking
from tests.factories import rivereye

SECRET = "hunter2"  # noqa: S105
MINIMAL = '[cameras.north]\nsource = "test"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "river.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_check_says_what_would_run(
    tmp_path: Path, bundle: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH", SECRET)
    monkeypatch.setattr("stream.configuration.configverbs.console", Console(stderr=True, width=200))
    text = f"""
    model = "{bundle}"
    [cameras.north]
    source = "rtsps://192.0.2.1:7441/{{NORTH}}?enableSrtp"
    fps = 2
    threshold = 0.25
    [cameras.south]
    source = "test"
    policy = "bounded(0.5)"
    zones.quay = [[0, 0], [1, 0], [1, 1]]
    [cameras.east]
    source = "rtsp://watch:{SECRET}@192.0.2.1/1"
    enabled = false
    [outputs]
    csv = "x.csv"
    store = "postgresql://watch:{SECRET}@192.0.2.1/river"
    [mqtt]
    host = "192.0.2.9"
    user = "watch"
    password = "{SECRET}"
    [webhook]
    url = "https://example.org/{SECRET}"
    secret = "{{NORTH}}"
    """
    check(write(tmp_path, text))
    said = capsys.readouterr().err
    north, south, east = (
        next(line for line in said.splitlines() if f"│ {name}" in line) for name in ("north", "south", "east")
    )
    assert "rtsps://192.0.2.1:7441/{NORTH}?***" in north
    assert [each in north for each in (" whole ", " 2 ", "0.25")] == [True] * 3
    assert [each in south for each in ("test", "zones quay", "bounded(0.5)", " all ", "0.5 ")] == [True] * 5
    assert "left alone" in east
    assert "model brightness fp32 on auto" in said
    assert f"csv: {tmp_path}/x.csv" in said
    assert "cameras.east.source holds its password in plain text; write {EAST_SECRET} in its place" in said
    assert "store: postgresql://***@192.0.2.1/river" in said
    assert "mqtt: 192.0.2.9:1883, topics rivereye/..." in said
    assert "webhook: https://example.org/***" in said
    assert "outputs.store holds its password in plain text; write {STORE_SECRET} in its place" in said
    assert "mqtt.password is in plain text; write {MQTT_SECRET} in its place" in said
    assert "webhook.secret" not in said
    assert "mqtt: the password goes to 192.0.2.9:1883 unencrypted" in said
    assert "is valid" in said
    assert SECRET not in said


TLS = f'token = "{SECRET}-and-much-more"\ncertificate = "gone.pem"\nkey = "gone.key"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["pages: http://127.0.0.1:8765/, without a token: all users of this machine may look"]),
        ('listen = "[::1]:80"\ntoken = "{WEB_TOKEN}"\n', ["pages: http://[::1]:80/, with a token"]),
        (
            f'listen = "0.0.0.0:8443"\n{TLS}',
            [
                "pages: https://0.0.0.0:8443/, with a token",
                "web.certificate: there is no FOLDER/gone.pem now",
                "web.key: there is no FOLDER/gone.key now",
                "web.token is in plain text; write {WEB_SECRET} in its place",
            ],
        ),
    ],
)
def test_check_says_what_is_served_where(
    tmp_path: Path,
    bundle: Path,
    text: str,
    said: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEB_TOKEN", f"{SECRET}-of-the-web-pages")
    rest = f'[outputs]\nstore = "river.db"\n[web]\n{text}'
    check(write(tmp_path, f'model = "{bundle}"\nmetrics = "9753"\n{MINIMAL}{rest}'))
    told = capsys.readouterr().err.replace("\n", " ")
    assert "metrics: http://127.0.0.1:9753/metrics, for all who reach it: without a token, without TLS" in told
    for each in said:
        assert each.replace("FOLDER", str(tmp_path)) in told
    assert SECRET not in told


@pytest.mark.parametrize(
    ("store", "web", "said"),
    [
        ("", "", r"\[web\] shows what is in a store, and there is none; set outputs.store"),
        ('store = "river.db"', 'zone = "Mars/North"', "web.zone: no time zone is called 'Mars/North'"),
        ('store = "river.db"', 'listen = "0.0.0.0:8443"', "without a token and a certificate"),
    ],
)
def test_check_refuses_pages_that_could_not_be_served(tmp_path: Path, store: str, web: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check(write(tmp_path, f"{MINIMAL}[outputs]\n{store}\n[web]\n{web}\n"))


def test_check_names_extras_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade that installed fewer: no library is found, and none is loaded."""
    monkeypatch.setattr("stream.configuration.serving.find_spec", lambda _: None)
    text = f'metrics = "9753"\n{MINIMAL}[outputs]\nstore = "postgresql://192.0.2.1/river"\n[mqtt]\nhost = "192.0.2.9"\n[web]\n'
    assert list(lacking(load_settings(write(tmp_path, text)))) == [
        "metrics: prometheus_client is not installed here; pip install 'rivereye[metrics]'",
        "outputs.store: psycopg is not installed here; pip install 'rivereye[postgres]'",
        "mqtt: paho is not installed here; pip install 'rivereye[mqtt]'",
        "web: fastapi and uvicorn are not installed here; pip install 'rivereye[web]'",
    ]
    assert list(lacking(load_settings(write(tmp_path, MINIMAL)))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are no outputs; nothing would be written"),
        ("enabled = false", "no camera is enabled; nothing would run"),
        ("background = 'north.x'", "cameras.north.background: there is no"),
        ("[cameras.lost]\nsource = 'lost.mp4'", "cameras.lost.source: there is no lost.mp4 now"),
    ],
)
def test_check_tells_doubts(
    tmp_path: Path, bundle: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check(write(tmp_path, f"model = '{bundle}'\n{MINIMAL}{text}"))
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model = 'lost'\n" + MINIMAL, "no model bundle at lost"),
        ("precision = 'fp16'\nmodel = 'MINE'\n" + MINIMAL, "model brightness has no precision 'fp16'"),
        ("provider = 'tpu'\n" + MINIMAL, "unknown provider 'tpu'"),
        (MINIMAL + "threshold = 'miss<=9%'", "cameras.north.threshold: no threshold 'miss<=9%'; give a number from 0"),
        (
            MINIMAL + "threshold = 0.4\nleave = 0.5",
            "cameras.north.leave is 0.5; it must be 0.4, its threshold, or less",
        ),
    ],
)
def test_check_refuses_what_the_model_does_not_know(tmp_path: Path, bundle: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        check(write(tmp_path, text.replace("MINE", str(bundle))))
    assert f"river.toml: {said}" in str(raised.value)


def test_schema_and_example_are_printed_as_they_are() -> None:
    assert json.loads(CliRunner().invoke(app, ["schema"]).stdout) == json.loads(schema())
    assert CliRunner().invoke(app, ["example"]).stdout == EXAMPLE.read_text(encoding="utf-8")


def test_the_command_line_has_these_verbs(tmp_path: Path) -> None:
    example = rivereye("config", "example")
    path = write(tmp_path, example.stdout)
    assert rivereye("config", "check", path).returncode == 0
    path.write_text(path.read_text() + "keeep = 3\n")
    for verb in (["config", "check"], ["reload"]):
        done = rivereye(*verb, path)
        assert (done.returncode, "Traceback" in done.stderr) == (2 if verb[0] == "config" else 1, False)
    assert "retention.keeep is no known key" in rivereye("config", "check", path).stderr


LISTENS = "signal.signal(signal.SIGHUP, lambda *_: heard.write_text('again'))"


@contextmanager
def process(
    folder: Path, name: str, listens: str = LISTENS, environ: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A real process whose command line names a script so called, and which writes `rivereye.pid` and, at SIGHUP, `heard`."""
    script = folder / "bin" / name
    script.parent.mkdir()
    script.write_text(
        f"import os, pathlib, signal, sys, time\nheard = pathlib.Path({str(folder / 'heard')!r})\n{listens}\n"
        f"pathlib.Path({str(folder / 'rivereye.pid')!r}).write_text(f'{{os.getpid()}}\\n')\nwhile True: time.sleep(0.05)\n"
    )
    with subprocess.Popen([sys.executable, script, "watch"], env=os.environ | (environ or {})) as running:
        try:
            wait_for(folder / "rivereye.pid")
            yield running
        finally:
            running.kill()


def wait_for(path: Path) -> None:
    until = time.monotonic() + 20
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < until, f"no {path}"
        time.sleep(0.01)


WITH_PID = 'pid_file = "rivereye.pid"\n'


def test_reload_is_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, WITH_PID + MINIMAL)
    with process(tmp_path, "rivereye") as running:
        reload(path)
        wait_for(tmp_path / "heard")
        assert f"asked process {running.pid} to read {path} again" in capsys.readouterr().err
        assert running.poll() is None


def test_reload_checks_with_the_secrets_of_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's shell has other variables than the service."""
    path = write(tmp_path, WITH_PID + '[cameras.north]\nsource = "rtsp://u:{ITS}@192.0.2.1"\n')
    with process(tmp_path, "rivereye", environ={"ITS": "=x=\n"}):
        reload(path)
        wait_for(tmp_path / "heard")
        (tmp_path / "heard").unlink()
        monkeypatch.setenv("OURS", "x")
        path.write_text(path.read_text().replace("ITS", "OURS"))
        with pytest.raises(UsageError, match="OURS is not set"):
            reload(path)
        time.sleep(0.3)
        assert not (tmp_path / "heard").exists()


@pytest.mark.parametrize("mistake", ["batch = 0\n", "batch = \n"])
def test_a_file_that_is_wrong_is_not_sent(tmp_path: Path, mistake: str) -> None:
    with process(tmp_path, "rivereye") as running:
        with pytest.raises(UsageError, match="river.toml"):
            reload(write(tmp_path, WITH_PID + mistake + MINIMAL))
        time.sleep(0.3)
        assert not (tmp_path / "heard").exists()
        assert running.poll() is None


@pytest.mark.parametrize(
    ("name", "listens"),
    [("other", LISTENS), ("rivereye", ""), ("rivereye", "signal.signal(signal.SIGHUP, signal.SIG_IGN)")],
)
def test_a_process_that_is_no_rivereye_or_does_not_listen_is_left_alone(
    tmp_path: Path, name: str, listens: str
) -> None:
    with process(tmp_path, name, listens) as running:
        with pytest.raises(RivereyeError, match=f"process {running.pid}, named by .*, is no rivereye that can reload"):
            reload(write(tmp_path, WITH_PID + MINIMAL))
        time.sleep(0.3)
        assert running.poll() is None
    assert not (tmp_path / "heard").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no rivereye runs with .*: cannot read .*rivereye.pid: No such file"),
        ("", "holds '', no process number"),
        ("-1", "holds '-1', no process number"),
        ("0", "no process number"),
        ("1", "no process number"),
        ("seven", "no process number"),
        ("9" * 30, "no process number"),
    ],
)
def test_reload_without_a_process(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "rivereye.pid").write_text(content)
    with pytest.raises(RivereyeError, match=said):
        reload(write(tmp_path, WITH_PID + MINIMAL))


def test_reload_of_a_process_that_has_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    (tmp_path / "rivereye.pid").write_text(str(ended.pid))
    with pytest.raises(RivereyeError, match=f"names process {ended.pid}, which is gone"):
        reload(write(tmp_path, WITH_PID + MINIMAL))


def test_reload_needs_a_pid_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="has no pid_file; put pid_file = "):
        reload(write(tmp_path, MINIMAL))
    monkeypatch.setenv("RIVEREYE_PID_FILE", "from-the-environment")
    with pytest.raises(RivereyeError, match="from-the-environment"):
        reload(write(tmp_path, MINIMAL))
