"""kill -9 of whoever tells: nothing that is a second old is lost, doubles have equal ids, and the order stays."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stream.telling.settings import MqttSettings
from stream.telling.telling import Telling
from tests.faults.peers.mosquitto import Broker, broker, missing
from tests.faults.peers.ports import HOST
from tests.faults.peers.subscriber import subscriber, until
from tests.stream.telling.factories import told_to

pytestmark = [pytest.mark.timeout(60), pytest.mark.skipif(missing() is not None, reason=str(missing()))]
ROOT = Path(__file__).parents[3]
CAMERAS = {"north": True, "south": True}
Event = tuple[str, str, str]
"""Camera, kind and time, passage."""


def killed(running: Broker, place: Path, first: int, outage: bool) -> tuple[list[Event], list[Event]]:
    """Tells for two seconds, then is killed. Returns all that it had put, and of these what was more than a second old."""
    command = [sys.executable, "-m", "tests.stream.telling.teller", str(running.port), str(place), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.7)
        if outage:
            running.stop()
        time.sleep(1.3)
        at = time.monotonic()
        process.kill()
        lines = [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    said = [(float(line[0]), (line[1], line[2], line[3])) for line in lines]
    if outage:
        running.start()
    return [event for _, event in said], [event for put_at, event in said if put_at < at - 1]


def test_nothing_is_lost_and_doubles_can_be_told(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    with broker() as running, subscriber(running.port, "rivereye/#") as listener:
        first, first_old = killed(running, place, 0, outage=False)
        second, second_old = killed(running, place, 100_000, outage=True)
        assert min(len(first_old), len(second_old)) > 20
        assert "offline" in listener.on("rivereye/available"), "the last will"
        with Telling(told_to(MqttSettings(host=HOST, port=running.port)), CAMERAS, place) as last:
            until(lambda: last.depths() == {"mqtt": 0}, "all was taken", 30)
        until(lambda: listener.last("rivereye/available") == "stopped", "the listener has it all")
        messages = listener.on("rivereye/events")
    bodies: dict[str, str] = {}
    for each in messages:
        assert bodies.setdefault(json.loads(each)["id"], each) == each, "one id, two contents"
    arrived = [
        (record["after"]["camera"], f"{record['type']}@{record['after']['frame_time']}", record["after"]["id"])
        for record in map(json.loads, bodies.values())
    ]
    assert len(set(arrived)) == len(arrived), "the same event under two ids"
    assert set(first_old) | set(second_old) <= set(arrived), "something was lost"
    for camera in CAMERAS:
        order = [event for event in first + second if event[0] == camera]
        ours = [event for event in arrived if event[0] == camera and event in set(order)]
        assert ours == [event for event in order if event in set(ours)], "out of order"
