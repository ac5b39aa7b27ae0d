"""News over a real broker, which ends and comes back."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from stream.sources.status import Status
from stream.telling.discovery import config_topic
from stream.telling.settings import MqttSettings
from stream.telling.telling import Telling
from stream.telling.topics import Topics
from tests.clocks import HastyClock
from tests.factories import make_detection
from tests.faults.peers.mosquitto import Broker, broker, certificate, missing, password_file
from tests.faults.peers.ports import HOST
from tests.faults.peers.subscriber import subscriber, until
from tests.stream.telling.factories import passage, told_to

pytestmark = [pytest.mark.timeout(60), pytest.mark.skipif(missing() is not None, reason=str(missing()))]
CAMERAS = {"north": True, "south": True}
EVENTS = "rivereye/events"
PASSWORD = "hunter2-of-the-broker"  # noqa: S105 - planted, to be looked for


@pytest.fixture
def running() -> Iterator[Broker]:
    with broker() as found:
        yield found


def telling(tmp_path: Path, port: int, cameras: dict[str, bool] = CAMERAS, **more: Any) -> Telling:
    settings = told_to(MqttSettings(host=HOST, port=port, **more))
    return Telling(settings, cameras, tmp_path / "outbox", clock=HastyClock(), draw=lambda: 0.5)


def told(messages: list[str]) -> list[tuple[str, str, str]]:
    """Camera, kind and passage of each event, in order; an id counts once."""
    seen: dict[str, str] = {}
    found = []
    for each in messages:
        record = json.loads(each)
        if record["id"] in seen:
            assert seen[record["id"]] == each, "one id, two contents"
            continue
        seen[record["id"]] = each
        found.append((record["after"]["camera"], record["type"], record["after"]["id"]))
    return found


def put(telling: Telling, camera: str, start: float) -> list[tuple[str, str, str]]:
    events = passage(camera, start)
    telling.news(events)
    return [(camera, each.type, each.after.id) for each in events]


def test_events_states_and_the_last_word(tmp_path: Path, running: Broker) -> None:
    with subscriber(running.port) as listener:
        with telling(tmp_path, running.port, stats_interval=5) as ours:
            expected = put(ours, "north", 0)
            ours.states({"north": Status("up")})
            ours.look(make_detection(1.0, 0.1, camera="north"))
            until(lambda: len(told(listener.on(EVENTS))) == len(expected), "all events arrived")
            until(lambda: listener.last("rivereye/north/ship") == "0", "no ship is seen")
            until(lambda: ours.depths() == {"mqtt": 0}, "nothing waits")
            assert listener.last("rivereye/available") == "online"
            assert listener.last("rivereye/north/status/detect") == "online"
            assert listener.last("rivereye/north/state") == "no_ship"
            assert listener.last("rivereye/south/status/detect") == "offline"
            ours.look(make_detection(2.0, None, camera="north"))
            until(lambda: listener.last("rivereye/north/state") == "unknown", "it is blind")
            until(lambda: listener.last("rivereye/north/ship") == "", "a blind camera counts no ships")
            ours.news(passage("north", 50)[:1])
            until(lambda: listener.last("rivereye/north/ship") == "1", "a ship is in sight")
            until(lambda: len(listener.on("rivereye/stats")) > 1, "stats come again and again")
            assert ours.troubles() == {}
            assert ours.left_out() == {}
        until(lambda: listener.last("rivereye/available") == "stopped", "it said goodbye")
        assert told(listener.on(EVENTS))[: len(expected)] == expected
    with subscriber(running.port, "rivereye/#", name="late") as late:
        until(lambda: late.last("rivereye/available") == "stopped", "the broker has kept it")
        assert all(each.retained for each in late.heard)


def test_an_outage_of_the_broker_loses_nothing(tmp_path: Path, running: Broker) -> None:
    with subscriber(running.port, EVENTS) as listener, telling(tmp_path, running.port) as ours:
        expected = put(ours, "north", 0) + put(ours, "south", 0)
        until(lambda: ours.depths() == {"mqtt": 0}, "the first arrived")
        for outage in range(1, 3):
            running.stop()
            expected += put(ours, "north", 100 * outage) + put(ours, "south", 100 * outage)
            until(lambda: ours.troubles().get("mqtt"), "the outage is said")
            time.sleep(0.2)
            running.start()
            until(lambda: ours.depths() == {"mqtt": 0}, "all was taken")
            assert ours.troubles() == {}
        until(lambda: len(told(listener.on(EVENTS))) == len(expected), "all arrived")
    for camera in CAMERAS:
        arrived = [each for each in told(listener.on(EVENTS)) if each[0] == camera]
        assert arrived == [each for each in expected if each[0] == camera]


def test_a_broker_that_is_down_at_the_start_is_found_later(tmp_path: Path) -> None:
    with broker(started=False) as late, telling(tmp_path, late.port) as ours:
        expected = put(ours, "north", 0)
        until(lambda: "is it running?" in ours.troubles().get("mqtt", ""), "it is said")
        late.start()
        with subscriber(late.port, EVENTS) as listener:
            until(lambda: ours.depths() == {"mqtt": 0}, "all was taken")
            put(ours, "north", 100)
            until(lambda: told(listener.on(EVENTS))[-1:] == [put_last("north", 100)], "it goes on")
        assert expected


def put_last(camera: str, start: float) -> tuple[str, str, str]:
    last = passage(camera, start)[-1]
    return camera, last.type, last.after.id


def test_a_wrong_password_is_said_and_not_shown(tmp_path: Path) -> None:
    passwords = password_file(tmp_path, "watch", PASSWORD)
    with broker("allow_anonymous false", f"password_file {passwords}") as locked:
        with telling(tmp_path, locked.port, user=SecretStr("watch"), password=SecretStr(PASSWORD + "x")) as ours:
            put(ours, "north", 0)
            until(lambda: "refuses the connection" in ours.troubles().get("mqtt", ""), "it is refused")
            assert "hunter2" not in str(ours.troubles()) + repr(ours._settings)
            waiting = ours.depths()["mqtt"]
        with telling(tmp_path, locked.port, user=SecretStr("watch"), password=SecretStr(PASSWORD)) as ours:
            assert ours.depths()["mqtt"] <= waiting, "what waited is sent by the next one"
            until(lambda: ours.depths() == {"mqtt": 0}, "it is let in")


# paho leaves the socket of a handshake that failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_certificates_are_checked(tmp_path: Path) -> None:
    own, other = certificate(tmp_path, "own"), certificate(tmp_path, "other")
    with broker("allow_anonymous true", f"certfile {own.file}", f"keyfile {own.key}") as encrypted:
        with telling(tmp_path, encrypted.port, tls=True, tls_ca_certs=own.file) as ours:
            put(ours, "north", 0)
            until(lambda: ours.depths() == {"mqtt": 0}, "the right authority is trusted")
        with telling(tmp_path, encrypted.port, tls=True, tls_ca_certs=other.file) as ours:
            until(lambda: "certificate verify failed" in ours.troubles().get("mqtt", ""), "another one is not")
        with telling(tmp_path, encrypted.port, tls=True, tls_insecure=True) as ours:
            put(ours, "north", 0)
            until(lambda: ours.depths() == {"mqtt": 0}, "any certificate is taken")


def test_a_broker_that_does_not_let_it_publish_costs_nothing(tmp_path: Path) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic readwrite other/#\n")
    with broker("allow_anonymous true", f"acl_file {rules}") as strict, telling(tmp_path, strict.port) as ours:
        expected = len(put(ours, "north", 0))
        until(lambda: "Not authorized" in ours.troubles().get("mqtt", ""), "it is said")
        assert (ours.depths(), ours.left_out()) == ({"mqtt": expected}, {})
        strict.stop()
        rules.write_text("topic readwrite #\n")
        strict.start()
        until(lambda: ours.depths() == {"mqtt": 0}, "once it may, all is taken")


def test_home_assistant_hears_of_cameras_and_again_when_it_is_born(tmp_path: Path, running: Broker) -> None:
    topics = Topics("rivereye")
    north, south = (config_topic("homeassistant", topics, camera) for camera in CAMERAS)
    with subscriber(running.port, "homeassistant/#", "rivereye/+/status/+") as assistant:
        with telling(tmp_path, running.port) as ours:
            until(lambda: assistant.last(south), "both are known")
            device = json.loads(str(assistant.last(north)))
            assert {"dev", "o", "cmps", "avty"} <= set(device)
            before = len(assistant.on(north))
            assistant.say("homeassistant/status", "online")
            until(lambda: len(assistant.on(north)) > before, "it was said again")
            ours.watch({"north": True})
            until(lambda: assistant.last(south) == "", "the camera is taken back")
        assistant.say(south, json.dumps({"o": {"name": "another"}}), retain=True)
        with telling(tmp_path, running.port, {"south": False}):
            until(lambda: assistant.last(north) == "", "one that went between two runs is taken back")
            until(lambda: assistant.last("rivereye/north/status/detect") == "", "and its states")
            until(lambda: assistant.last("rivereye/south/status/detect") == "disabled", "the other is there")


def test_a_crash_is_told_by_the_last_will(tmp_path: Path, running: Broker) -> None:
    with subscriber(running.port, "rivereye/available") as listener, telling(tmp_path, running.port) as ours:
        until(lambda: listener.last("rivereye/available") == "online", "it is there")
        assert ours._mqtt is not None
        assert ours._mqtt._link is not None
        ours._mqtt._link._client.socket().shutdown(2)  # type: ignore[union-attr]
        until(lambda: "offline" in listener.on("rivereye/available"), "the last will is heard")
        until(lambda: listener.last("rivereye/available") == "online", "it is back")


def test_a_broker_that_hangs_makes_nobody_wait(tmp_path: Path, running: Broker) -> None:
    ours = telling(tmp_path, running.port)
    until(lambda: ours.troubles() == {}, "it is connected")
    running.process.send_signal(signal.SIGSTOP)  # type: ignore[union-attr]
    began = time.monotonic()
    expected = put(ours, "north", 0)
    assert time.monotonic() - began < 1
    ours.close()
    assert time.monotonic() - began < 8
    running.process.send_signal(signal.SIGCONT)  # type: ignore[union-attr]
    with subscriber(running.port, EVENTS) as listener, telling(tmp_path, running.port) as again:
        until(lambda: again.depths() == {"mqtt": 0}, "the next one sends what is left")
        until(lambda: told(listener.on(EVENTS))[-1:] == expected[-1:], "to the last")
