"""A broker and a database that go and come back, and a watch that is killed: passages arrive once all the same. Real servers, a real process."""

import json
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.picture import Picture
from tests.factories import lines_of, rivereye
from tests.faults.peers import mosquitto, postgres, rtsp
from tests.faults.peers.hook import receiver
from tests.faults.peers.mosquitto import Broker, broker
from tests.faults.peers.ports import HOST
from tests.faults.peers.postgres import PASSWORD, PostgresServer, postgres_server
from tests.faults.peers.rtsp import RtspServer, rtsp_server
from tests.faults.peers.scene import Scene
from tests.faults.peers.subscriber import Subscriber, subscriber
from tests.faults.watching import Watching, watching

WHY_NOT = rtsp.missing() or mosquitto.missing() or postgres.missing()
pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))]
PERIOD_S = 5
SECRET = "hunter2"  # noqa: S105 - to be looked for in everything that is written


@dataclass(frozen=True)
class Tide(Scene):
    """The whole picture is bright while a ship is there, so that the bundle of the tests sees it."""

    def picture(self, index: int) -> Picture:
        picture = super().picture(index)
        there = any(begin <= index / self.fps < end for begin, end in self.ships)
        return np.where(picture < 255, picture + np.uint8(120), picture).astype(np.uint8) if there else picture


TIDE = Tide(seconds=PERIOD_S, ships=((1, 2),))


@pytest.fixture(scope="module")
def camera() -> Iterator[RtspServer]:
    with rtsp_server(2, size=(320, 240), fps=8, user="user", password=SECRET, pattern=TIDE) as running:
        yield running


@pytest.fixture(scope="module")
def database() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        yield running


@pytest.fixture
def hub() -> Iterator[Broker]:
    with broker("allow_anonymous true", "persistent_client_expiration 1h") as running:
        yield running


def config(folder: Path, bundle: Path, cameras: dict[str, str], store: str, rest: str = "") -> Path:
    path = folder / "river.toml"
    path.write_text(
        f'model = "{bundle}"\npid_file = "river.pid"\n[passages]\nbridge = 0.4\nshortest = 0.2\n'
        f'[outputs]\ndetections = "d.jsonl"\npassages = "p.jsonl"\nstore = "{store}"\nbox = "lock"\n'
        + "".join(f'[cameras.{name}]\nsource = "{url}"\n' for name, url in cameras.items())
        + rest
    )
    return path


def ended(folder: Path) -> list[dict[str, Any]]:
    """Ends of passages, in order, as the file of the watch has them."""
    path = folder / "p.jsonl"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [each for each in lines_of(text[: text.rfind("\n") + 1]) if each["type"] == "end"]


def told(folder: Path, camera: str | None = None) -> list[str]:
    """Ids of passages that have ended, of one camera or of all."""
    return [each["after"]["id"] for each in ended(folder) if camera in (None, each["after"]["camera"])]


def heard(listener: Subscriber) -> list[str]:
    """The same, as a broker's listener has them who drops what came twice."""
    records = {each["id"]: each for each in map(json.loads, listener.on("rivereye/events"))}
    return [each["after"]["id"] for each in records.values() if each["type"] == "end"]


def stored(database: PostgresServer, name: str) -> list[str]:
    return database.psql(name, "SELECT id FROM passages WHERE NOT active ORDER BY start_time").split()


def quiet(watch: Watching, folder: Path) -> None:
    """Waits for the end of a passage, and until all of it is beyond a kill's reach; the next is some seconds away."""
    before = len(told(folder))
    watch.until(lambda: len(told(folder)) > before, 30, "another passage ends")
    time.sleep(1.5)


def test_passages_arrive_once_over_outages_and_a_kill(
    camera: RtspServer,
    database: PostgresServer,
    hub: Broker,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise: what the camera saw is in the database and at a listener, each passage once, whoever was away meanwhile."""
    url = database.database()
    name = url.rpartition("/")[2]
    monkeypatch.setenv("STORE_PASSWORD", PASSWORD)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = f"postgresql://rivereye:{{STORE_PASSWORD}}@{HOST}:{database.port}/{name}"
    rest = f'[mqtt]\nhost = "{HOST}"\nport = {hub.port}\n'
    file = config(tmp_path, bundle, {"north": camera.urls[0]}, place, rest)
    said: list[str] = []
    with ExitStack() as stack:
        listener = stack.enter_context(subscriber(hub.port, "rivereye/events"))
        with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
            watch.until(lambda: told(tmp_path) and told(tmp_path) == heard(listener), 40, "one passage is heard of")
            watch.until(lambda: stored(database, name) == told(tmp_path), 10, "and stored")
            hub.stop()
            database.kill()
            quiet(watch, tmp_path)
            quiet(watch, tmp_path)
            watch.process.kill()
            said.append(watch.words())
        # Nobody is there at its start either.
        with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
            quiet(watch, tmp_path)
            hub.start()
            database.start()
            watch.until(lambda: heard(listener) == told(tmp_path), 40, "all are heard of, in order")
            watch.until(lambda: stored(database, name) == told(tmp_path), 40, "all are stored")
            quiet(watch, tmp_path)
            said.append(watch.end())
        passages = told(tmp_path)
        assert len(passages) == len(set(passages)) >= 5
        assert heard(listener) == stored(database, name) == passages
    assert "store: the store postgresql://***@" in said[0]
    assert "mqtt: the connection to the broker" in said[0]
    assert said[0].count("store: the store") < 5, "a trouble is told when it changes, and not all the time"
    assert "store: goes on" in said[1]
    assert "mqtt: goes on" in said[1]
    assert "wait for the next start" not in said[1]
    starts = [float(each.partition("-")[0]) for each in passages]
    gaps = [round((after - before) / PERIOD_S) for before, after in pairwise(starts)]
    assert gaps.count(1) >= len(gaps) - 1, f"but over the kill, none is missing: {gaps}"
    for text in [*said, *(path.read_text("latin1") for path in tmp_path.rglob("*") if path.is_file() and path != file)]:
        assert SECRET not in text
        assert PASSWORD not in text


def test_a_webhook_hears_of_all_over_an_outage_and_a_kill(
    camera: RtspServer, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise: signed, in order for each camera, each passage once for who drops known ids; whoever was away meanwhile."""
    secret, names = "hunter2-of-the-hook", ("north", "south")
    monkeypatch.setenv("HOOK_SECRET", secret)
    said: list[str] = []
    with receiver(secret) as hook:
        rest = f'[webhook]\nurl = "http://{HOST}:{hook.port}/ships"\nsecret = "{{HOOK_SECRET}}"\n'
        file = config(tmp_path, bundle, dict(zip(names, camera.urls, strict=True)), "river.db", rest)

        def all_heard() -> bool:
            """Of both cameras, as the file of the watch has them."""
            return all(hook.ended(name) == told(tmp_path, name) != [] for name in names)

        with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
            watch.until(all_heard, 40, "the first passages are heard of")
            hook.stop()
            quiet(watch, tmp_path)
            quiet(watch, tmp_path)
            watch.process.kill()
            said.append(watch.words())
        # It is away at the next start, too.
        with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
            quiet(watch, tmp_path)
            before = len(hook.taken)
            hook.start()
            watch.until(lambda: len(hook.taken) > before and all_heard(), 90, "all are heard of, in order")
            quiet(watch, tmp_path)
            watch.until(all_heard, 10, "and go on to be")
            said.append(watch.end())
        assert hook.refused == 0
        for name in names:
            passages = told(tmp_path, name)
            assert hook.ended(name) == passages
            assert len(passages) == len(set(passages)) >= 4
            types = [each["type"] for each in hook.taken.values() if each["after"]["camera"] == name]
            assert types[0] == "new"
    assert f"webhook: cannot connect to the webhook http://{HOST}:{hook.port}/***: " in said[0].replace("\n", " ")
    assert "webhook: goes on" in said[1]
    for text in [*said, *(path.read_text("latin1") for path in tmp_path.rglob("*") if path.is_file() and path != file)]:
        assert secret not in text
        assert SECRET not in text


def test_a_file_is_a_store_without_set_up_and_outlives_a_kill(camera: RtspServer, bundle: Path, tmp_path: Path) -> None:
    """As in `rivereye stream rtsp://... --store river.db`."""
    passages, store = tmp_path / "p.jsonl", tmp_path / "river.db"
    options = ("--model", bundle, "--passages", passages, "--store", store)
    for last in (False, True):
        with watching(camera.urls[0], *options, lines=tmp_path / "d.jsonl") as watch:
            quiet(watch, tmp_path)
            if last:
                assert str(store) in watch.end().replace("\n", "")
            else:
                watch.process.kill()
                watch.words()
    with closing(sqlite3.connect(store)) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = file.execute("SELECT id FROM passages WHERE NOT active ORDER BY start_time").fetchall()
        seconds, blind, frames = file.execute("SELECT sum(seconds), sum(blind_s), sum(frames) FROM minutes").fetchone()
        assert file.execute("SELECT phase, count(*) FROM cameras").fetchall() == [("ended", 1)]
        assert SECRET not in "".join(text for (text,) in file.execute("SELECT settings FROM settings"))
    assert [each for (each,) in rows] == told(tmp_path)
    records = [each for each in lines_of((tmp_path / "d.jsonl").read_text()) if each["frame_id"] is not None]
    assert len(records) - 8 <= frames <= len(records), "a kill costs a second"
    assert seconds > 5
    assert blind < seconds / 2
    said = rivereye("store", "check", store)
    assert said.returncode == 0, said.stderr
    assert "up to date" in said.stderr
    assert "boxes: 1, cameras: 1" in said.stderr
    assert rivereye("store", "forget", store, "--days", "1").returncode == 0


def test_a_reload_reaches_the_store_and_the_broker(
    camera: RtspServer, hub: Broker, bundle: Path, tmp_path: Path
) -> None:
    rest = f'[mqtt]\nhost = "{HOST}"\nport = {hub.port}\n'
    north, south = camera.urls
    file = config(tmp_path, bundle, {"north": north}, "river.db", rest)
    with subscriber(hub.port, "#", name="another") as listener:
        with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
            watch.until(lambda: listener.last("rivereye/north/status/detect") == "online", 40, "north is online")
            config(tmp_path, bundle, {"south": south}, "river.db", rest)
            assert rivereye("reload", file).returncode == 0
            watch.until(lambda: listener.last("rivereye/south/status/detect") == "online", 40, "south is online")
            watch.until(lambda: listener.last("rivereye/north/status/detect") == "", 5, "north is taken back")
            config(tmp_path, bundle, {"south": south}, "other.db", rest)
            assert rivereye("reload", file).returncode == 0
            watch.until(lambda: watch.seen("south") > 3, 20, "it goes on")
            said = watch.end()
        assert "removed north" in said
        assert "start rivereye again for outputs.store" in said
        assert listener.last("rivereye/available") == "stopped"
        assert listener.last("rivereye/south/status/detect") == "offline"
    with closing(sqlite3.connect(tmp_path / "river.db")) as store:
        ran = [json.loads(text) for (text,) in store.execute("SELECT settings FROM settings ORDER BY revision")]
        phases = dict(store.execute("SELECT name, phase FROM cameras"))
    assert [list(each["cameras"]) for each in ran] == [["north"], ["south"]]
    assert phases == {"north": "ended", "south": "ended"}


def test_ctrl_c_waits_for_nobody(
    camera: RtspServer,
    database: PostgresServer,
    hub: Broker,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Promise: it ends within 5 s, also where database and broker are there and say nothing."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    rest = f'[mqtt]\nhost = "{HOST}"\nport = {hub.port}\n'
    url = database.database()
    file = config(tmp_path, bundle, {"north": camera.urls[0]}, url, rest)
    with watching("--config", file, lines=tmp_path / "d.jsonl") as watch:
        watch.until(lambda: told(tmp_path), 40, "a passage ends")
        watch.until(lambda: stored(database, url.rpartition("/")[2]), 10, "it is stored")
        assert hub.process is not None
        hub.process.send_signal(signal.SIGSTOP)
        database.pause()
        try:
            quiet(watch, tmp_path)
            said = watch.end()
        finally:
            hub.process.send_signal(signal.SIGCONT)
            database.resume()
    assert "store: " in said
    assert said.count("wait for the next start") == 2


@pytest.mark.parametrize("place", ["river.db", f"postgresql://me:{SECRET}@{HOST}:1/river"])
def test_recordings_have_no_store(bundle: Path, tmp_path: Path, place: str) -> None:
    clip = Path("stream/demo/river.mp4")
    result = rivereye("stream", clip, "--model", bundle, "--output", tmp_path / "d.jsonl", "--store", place)
    assert result.returncode == 2
    assert "a store keeps what live cameras see" in result.stderr
    assert SECRET not in result.stderr
    assert list(tmp_path.iterdir()) == []
