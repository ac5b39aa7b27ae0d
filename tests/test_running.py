"""What docs/running holds for those who run it, checked with the tools it is meant for."""

import json
import re
import shutil
import signal
import subprocess
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stream.configuration.config import load_settings
from tests.factories import rivereye, start
from tests.faults.peers.ports import HOST, reserved_port

ROOT = Path(__file__).parent.parent
RUNNING = ROOT / "docs" / "running"
TOKEN = "correct-horse-battery"  # noqa: S105 - to be looked for
EXPOSURE = 2.0
"""Of 10, by systemd's own account."""


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"no {program} on this machine")


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs("promtool")
def test_alerts_are_valid_and_fire_when_they_should() -> None:
    assert "8 rules found" in run("promtool", "check", "rules", RUNNING / "alerts.yml")
    run("promtool", "test", "rules", RUNNING / "alerts.test.yml")
    run("promtool", "check", "config", RUNNING / "prometheus.yml")


@needs("promtool")
def test_the_tests_of_the_alerts_can_fail(tmp_path: Path) -> None:
    shutil.copy(RUNNING / "alerts.test.yml", tmp_path)
    rules = (RUNNING / "alerts.yml").read_text(encoding="utf-8")
    wrong = {"rivereye_camera_up == 0": "rivereye_camera_up == 2", "|dark": "", "< 0.05": "< 0.01", "or\n": "and\n"}
    for right, other in wrong.items():
        assert right in rules
        (tmp_path / "alerts.yml").write_text(rules.replace(right, other), encoding="utf-8")
        with pytest.raises(AssertionError, match="FAILED"):
            run("promtool", "test", "rules", tmp_path / "alerts.test.yml")


def test_every_alert_is_tested() -> None:
    alerts = re.findall(r"alert: (\w+)", (RUNNING / "alerts.yml").read_text(encoding="utf-8"))
    tests = (RUNNING / "alerts.test.yml").read_text(encoding="utf-8")
    assert len(alerts) == 8
    for alert in alerts:
        assert len(re.findall(rf"\b{alert}\b", tests)) >= 2, "when all is well, and when it is not"


def test_dashboard_and_alerts_know_the_metrics_of_the_documentation() -> None:
    told = set(re.findall(r"^\| `(rivereye_\w+)", (ROOT / "docs" / "running.md").read_text("utf-8"), re.MULTILINE))
    for name in ("alerts.yml", "dashboard.json"):
        used = set(re.findall(r"\brivereye_\w+", (RUNNING / name).read_text(encoding="utf-8")))
        assert used
        assert {re.sub("_bucket$", "", each) for each in used} <= told


def test_the_dashboard_has_a_place_for_each_panel() -> None:
    panels: list[dict[str, Any]] = json.loads((RUNNING / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in panels}) == len(panels)


@needs("systemd-analyze")
def test_the_unit_is_valid_and_may_do_little(tmp_path: Path) -> None:
    """With the command in its place: `verify` looks for it."""
    text = (RUNNING / "rivereye.service").read_text(encoding="utf-8")
    unit = tmp_path / "rivereye.service"
    unit.write_text(text.replace("/opt/rivereye/bin/rivereye", str(shutil.which("true"))), encoding="utf-8")
    assert run("systemd-analyze", "verify", unit) == ""
    said = run("systemd-analyze", "security", "--offline=true", unit)
    found = re.search(r"exposure level for rivereye.service: ([\d.]+)", said)
    assert found is not None, said
    assert float(found[1]) <= EXPOSURE


@needs("systemd-analyze")
def test_what_is_old_is_forgotten_by_a_unit_that_is_valid(tmp_path: Path) -> None:
    for name in ("rivereye-forget.service", "rivereye-forget.timer"):
        text = (RUNNING / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("/opt/rivereye/bin/rivereye", str(shutil.which("true"))), "utf-8")
    assert run("systemd-analyze", "verify", tmp_path / "rivereye-forget.timer") == ""


def test_the_unit_that_forgets_gives_a_command_that_does(tmp_path: Path) -> None:
    """With the secrets of the store alone, which are none."""
    text = (RUNNING / "rivereye-forget.service").read_text(encoding="utf-8")
    found = re.search(r"^ExecStart=/opt/rivereye/bin/rivereye (.*) /etc/rivereye/river.toml (.*)$", text, re.MULTILINE)
    assert found is not None
    config = (RUNNING / "river.toml").read_text(encoding="utf-8").replace("/var/lib/rivereye", str(tmp_path))
    (tmp_path / "river.toml").write_text(config, encoding="utf-8")
    done = rivereye(*found[1].split(), tmp_path / "river.toml", *found[2].split())
    assert done.returncode == 0, done.stderr
    assert "deleted: 0 passages" in done.stderr


def test_the_unit_waits_for_the_word_that_is_sent() -> None:
    text = (RUNNING / "rivereye.service").read_text(encoding="utf-8")
    for line in ("Type=notify", "WatchdogSec=60", "DynamicUser=yes", "ProtectSystem=strict", "CapabilityBoundingSet="):
        assert re.search(rf"^{re.escape(line)}$", text, re.MULTILINE), line
    assert "$MAINPID" in text


def test_the_configuration_is_valid_and_fits_the_unit_and_the_container() -> None:
    settings = load_settings(RUNNING / "river.toml", {"WEB_TOKEN": TOKEN})
    assert settings.metrics == "9753"
    assert settings.web is not None
    assert (settings.web.loopback, settings.web.token is not None) == (True, True)
    assert [name for name, camera in settings.cameras.items() if camera.enabled] == ["pattern"]
    assert settings.outputs.store is not None
    store = settings.outputs.store.get_secret_value()
    places = [settings.outputs.detections, settings.outputs.passages, settings.outputs.snapshots, store]
    assert {Path(str(place)).parent for place in places} == {Path("/var/lib/rivereye")}
    assert settings.pid_file == Path("/var/lib/rivereye/rivereye.pid"), "for `rivereye reload`"
    assert "StateDirectory=rivereye" in (RUNNING / "rivereye.service").read_text(encoding="utf-8")
    assert "data:/var/lib/rivereye" in (RUNNING / "compose.yaml").read_text(encoding="utf-8")


def test_the_container_runs_as_nobody_in_particular_and_is_built_as_the_project_is() -> None:
    text = (RUNNING / "Dockerfile").read_text(encoding="utf-8")
    last = text.split("\nFROM ")[-1]
    assert "USER 10001:10001" in last
    assert "HEALTHCHECK" in last
    uv = re.search(r"UV_VERSION := (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert uv is not None
    assert f"uv=={uv[1]}" in text
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(re.findall(r"--extra (\w+)", text)) <= set(extras)
    assert 'ARG EXTRAS="--extra room"' in text
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", text, re.MULTILINE) for name in line.split()}
    ignored = (RUNNING / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in copied} == {line for line in ignored if line.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)


@needs("docker-compose")
def test_compose_understands_its_file(tmp_path: Path) -> None:
    for name in ("compose.yaml", "river.toml"):
        shutil.copy(RUNNING / name, tmp_path)
    (tmp_path / ".env").write_text(f'WEB_TOKEN={TOKEN}\nRIVEREYE_WEB__NAMES=["box.example.org"]\n', encoding="utf-8")
    said = run("docker-compose", "-f", tmp_path / "compose.yaml", "--profile", "cuda", "config")
    for word in ("read_only: true", "user: 10001:10001", "- ALL", "no-new-privileges:true", "driver: nvidia"):
        assert word in said
    assert said.count("RIVEREYE_WEB__LISTEN: 0.0.0.0:8765") == 2
    if "host_ip" in said:  # by compose 2; 1 writes them in one line
        assert said.count("host_ip: 127.0.0.1") == 4
    else:
        assert said.count("- 127.0.0.1:8765:8765/tcp") == said.count("- 127.0.0.1:9753:9753/tcp") == 2
    assert """RIVEREYE_WEB__NAMES: '["box.example.org"]'""" in said


def test_the_extras_that_are_installed_hold_what_a_box_serves_and_no_tensorflow() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (room,) = extras["room"]
    names = set(re.findall(r"\w+", room.partition("[")[2]))
    assert names == {"metrics", "mqtt", "postgres", "web"}
    assert not any("tensorflow" in each or "keras" in each for name in names for each in extras[name])


def test_an_upgrade_installs_what_was_installed() -> None:
    """Both read the same file; nobody has to remember."""
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert (
        re.findall(r"/opt/rivereye-\S+/bin/pip install (.*)", page) == ['--quiet ".[$(cat /etc/rivereye/extras)]"'] * 2
    )
    assert "echo room > /etc/rivereye/extras" in page


def of_compose() -> dict[str, str]:
    """What the container sets of the pages."""
    text = (RUNNING / "compose.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^ +(RIVEREYE_WEB__\w+): (\S+)$", text, re.MULTILINE))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("container", [False, True])
def test_who_followed_the_page_looks_at_the_wall(
    container: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file as it is shipped, in other folders and at other ports, by the real command: the pattern is on the wall, for who has the token."""
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    with reserved_port() as web, reserved_port() as metrics:
        text = (RUNNING / "river.toml").read_text(encoding="utf-8")
        text = text.replace("/var/lib/rivereye", str(tmp_path)).replace('"9753"', f'"{metrics}"')
        config = tmp_path / "river.toml"
        config.write_text(text.replace("8765", str(web)), encoding="utf-8")
        monkeypatch.setenv("WEB_TOKEN", TOKEN)
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        scheme = "http"
        if container:
            (command,) = re.findall(r"^(openssl req .*\n .*web/cert.pem)$", page, re.MULTILINE)
            (tmp_path / "web").mkdir()
            subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True, capture_output=True)
            for name, each in of_compose().items():
                monkeypatch.setenv(name, each.replace("8765", str(web)).replace("/etc/rivereye", str(tmp_path)))
            scheme = "https"
        with (
            start("stream", "--config", config) as process,
            httpx.Client(base_url=f"{scheme}://{HOST}:{web}", trust_env=False, verify=False) as asking,  # noqa: S501
        ):
            until(lambda: answers(asking), process)
            assert asking.get("/").headers["location"].startswith("/login")
            assert asking.post("/login", data={"token": TOKEN}).status_code == 303
            until(lambda: "pattern" in asking.get("/").text, process)
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=20)[1]
    assert process.returncode == 0, said
    assert TOKEN not in said


def answers(asking: httpx.Client) -> bool:
    try:
        return asking.get("/login").status_code == 200
    except httpx.TransportError:
        return False


def until(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
