"""Whoever hears all besides files; and how they leave."""

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr

from models.errors import StoreError, UsageError
from stream.configuration.outputs import Outputs, Retention
from stream.configuration.settings import Camera, Settings
from stream.following.passage import PassageEvent
from stream.looking.detection import Detection
from stream.sinks.listeners import GRACE_S, Listeners, listeners_for
from stream.sinks.sinks import Sinks
from stream.sources.status import Status
from stream.telling.settings import MqttSettings, OutboxSettings, WebhookSettings


class Ear:
    """Takes `needs` seconds to leave."""

    def __init__(self, name: str, needs: float = 0.0) -> None:
        self.name, self.needs = name, needs
        self.heard: list[object] = []
        self.gone, self.never = Event(), Event()

    def settings(self, settings: Settings) -> None:
        self.heard.append(settings)

    def look(self, detection: Detection) -> None:
        self.heard.append(detection)

    def news(self, events: Iterable[PassageEvent]) -> None:
        self.heard += events

    def states(self, states: Mapping[str, Status]) -> None:
        self.heard.append(states)

    def troubles(self) -> Mapping[str, str]:
        return {self.name: "hears badly"}

    def left_out(self) -> Mapping[str, int]:
        return {self.name: 1}

    def depths(self) -> Mapping[str, int]:
        return {self.name: 2}

    def notes(self) -> Sequence[str]:
        return [self.name]

    def close(self, seconds: float) -> None:
        self.given = seconds
        self.never.wait(self.needs)
        self.gone.set()


def watched(**keys: object) -> Settings:
    return Settings.model_validate({"cameras": {"north": Camera(source=SecretStr("test"))}, **keys})


def test_all_hear_all_and_are_asked_as_one() -> None:
    ears = [Ear("one"), Ear("two")]
    both = Listeners(ears, 1.0)
    settings, states = watched(), {"north": Status("up")}
    both.settings(settings)
    both.states(states)
    assert [each.heard for each in ears] == [[settings, states]] * 2
    assert both.troubles() == {"one": "hears badly", "two": "hears badly"}
    assert (both.left_out(), both.depths(), both.notes()) == (
        {"one": 1, "two": 1},
        {"one": 2, "two": 2},
        ["one", "two"],
    )


def test_they_leave_side_by_side_and_one_that_hangs_holds_nobody_up() -> None:
    ears = [Ear("slow", 0.3), Ear("hangs", 60.0), Ear("slow too", 0.3)]
    began = time.monotonic()
    all_of_them = Listeners(ears, 0.2)
    all_of_them.close()
    all_of_them.close()
    assert 0.2 + GRACE_S <= time.monotonic() - began < 0.2 + GRACE_S + 0.4
    assert [each.gone.is_set() for each in ears] == [True, False, True]
    assert [each.given for each in ears] == [0.2] * 3
    ears[1].never.set()


def test_a_place_that_cannot_be_opened_sends_them_away(tmp_path: Path) -> None:
    ear = Ear("one")
    with pytest.raises(UsageError):
        Sinks(Outputs(csv=tmp_path / "no" / "x.csv"), Retention(), True, listeners=Listeners([ear], 1.0))
    assert ear.gone.is_set()


def test_those_that_are_set_are_opened(tmp_path: Path) -> None:
    assert listeners_for(watched(), 1.0).depths() == {}
    place, outbox = tmp_path / "river.db", OutboxSettings(file=tmp_path / "outbox")
    webhook = WebhookSettings(url=SecretStr("http://127.0.0.1:1/"), secret=SecretStr("s"))
    mqtt = MqttSettings(host="192.0.2.1", user=SecretStr("me"), password=SecretStr("it"), port=1)
    settings = watched(outputs=Outputs(store=SecretStr(str(place))), mqtt=mqtt, webhook=webhook, outbox=outbox)
    with listeners_for(settings, 1.0) as found:
        assert found.depths() == {"store": 0, "mqtt": 0, "webhook": 0}
        assert [note for note in found.notes() if "unencrypted" in note]
        assert "mqtt" in found.troubles()


def test_what_was_opened_is_closed_where_the_next_cannot_be(tmp_path: Path) -> None:
    """Else the second try would find its own spool in use."""
    (tmp_path / "outbox").write_text("of somebody else\n" * 100)
    store = Outputs(store=SecretStr(str(tmp_path / "river.db")))
    webhook = WebhookSettings(url=SecretStr("http://127.0.0.1:1/"), secret=SecretStr("s"))
    for _ in range(2):
        with pytest.raises(UsageError, match="as an outbox"):
            listeners_for(watched(outputs=store, webhook=webhook, outbox={"file": tmp_path / "outbox"}), 1.0)


def test_a_store_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "river.db").write_text("of somebody else\n" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        listeners_for(watched(outputs=Outputs(store=SecretStr(str(tmp_path / "river.db")))), 1.0)
