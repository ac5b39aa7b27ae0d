"""A watch never waits for its store; a kill loses a second at most, and a store that was away gets all, once."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from models.errors import OutputError, StoreError
from stream.configuration.settings import Camera, Settings
from stream.sources.status import Status
from stream.store import sink as module
from stream.store.place import place_named, spool_of
from stream.store.sink import StoreSink
from stream.store.tables import VERSION_TABLE
from tests.disks import disk_of
from tests.faults.peers.postgres import PostgresServer
from tests.stream.store.makers import MINUTE, NOON, ended, frame, rows, until, whole

pytestmark = pytest.mark.timeout(120)
PASSAGES = "SELECT count(*) FROM passages"
QUICK_S = 1.0
"""To hand something over takes no longer, whatever is the matter."""
WRITER = Path(__file__).with_name("writer.py")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def counted(place: str, query: str = PASSAGES) -> int:
    ((count,),) = rows(place, query)
    return int(count)


def hand_over(sink: StoreSink, numbers: range) -> None:
    """The last of a passage, and a frame for each; quickly."""
    for number in numbers:
        began = time.monotonic()
        sink.look(frame(60.0 * number, number))
        sink.news([ended(number)])
        sink.states({"north": Status("up", time.monotonic())})
        assert time.monotonic() - began < QUICK_S


def test_it_is_in_the_store_within_a_second(place: str, spool: Path) -> None:
    with StoreSink(place, "lock", spool) as sink:
        sink.settings(Settings(cameras={"north": Camera(source=SecretStr("rtsp://me:hunter2@192.0.2.1/"))}))
        hand_over(sink, range(3))
        began = time.monotonic()
        until(lambda: counted(place) == 3)
        assert time.monotonic() - began < 1.5
        assert (sink.troubles(), sink.left_out()) == ({}, {})
    found = whole(place)
    assert len(found["minutes"]) == 3
    assert rows(place, "SELECT name, phase FROM cameras") == [("north", "up")]
    assert rows(place, "SELECT minute, seconds, frames, passages FROM minutes ORDER BY minute") == [
        (MINUTE, 60, 1, 1),
        (MINUTE + 1, 60, 1, 1),
        (MINUTE + 2, 0, 1, 1),
    ]
    assert "hunter2" not in repr(found)
    assert len(found["settings"]) == 1


def test_a_box_is_called_as_its_host(tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    StoreSink(place).close()
    assert rows(place, "SELECT name FROM boxes") == [(socket.gethostname(),)]
    assert spool_of(place_named(place), "any").exists()


def test_closing_writes_the_rest_and_may_be_done_twice(place: str, spool: Path) -> None:
    sink = StoreSink(place, "lock", spool)
    hand_over(sink, range(100))
    sink.close(20)
    sink.close()
    assert counted(place) == 100
    assert counted(place, "SELECT sum(frames) FROM hours") == 100


def test_a_kill_loses_no_more_than_a_second(place: str, spool: Path) -> None:
    """Killed again and again: what was handed over a second before is there, once; and passages, minutes and hours agree."""
    times, told = 2, list[int]()
    late: set[int] = set()
    for _ in range(times):
        command: list[str | Path] = [sys.executable, WRITER, place, spool]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            began, lines = time.monotonic(), []
            while time.monotonic() - began < 2.2:
                lines.append(process.stdout.readline().split())
            process.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            lines += [line.split() for line in process.stdout]
        handed = [int(number) for number, at in lines if float(at) < killed - 1]
        assert len(handed) > 20
        told += handed
        late |= {int(number) for number, _ in lines}
    StoreSink(place, "lock", spool).close(20)
    found = [round((start - NOON) / 60) for (start,) in rows(place, "SELECT start_time FROM passages")]
    assert set(told) <= set(found) <= late
    assert len(found) == len(set(found))
    frames = counted(place, "SELECT sum(frames) FROM minutes")
    assert len(told) <= frames == counted(place, "SELECT sum(frames) FROM hours")
    assert counted(place, "SELECT count(DISTINCT part) FROM minutes") == times


def test_a_server_that_is_not_there_at_the_start(postgres: PostgresServer, spool: Path) -> None:
    place = postgres.database()
    postgres.stop()
    with StoreSink(place, "lock", spool) as sink:
        hand_over(sink, range(200))
        until(lambda: sink.spool.waiting > 200)
        assert sink.troubles()
        assert "refused" in sink.troubles()["store"]
        assert f"what comes meanwhile waits in {spool}" in sink.troubles()["store"]
        postgres.start()
        until(lambda: not sink.troubles() and not sink.spool.waiting)
        assert (counted(place), sink.left_out()) == (200, {})
        assert counted(place, "SELECT sum(frames) FROM minutes") == 200


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_server_that_stops_and_comes_back(postgres: PostgresServer, spool: Path, how: str) -> None:
    place = postgres.database()
    with StoreSink(place, "lock", spool) as sink:
        hand_over(sink, range(100))
        until(lambda: counted(place) == 100)
        getattr(postgres, how)()
        hand_over(sink, range(100, 200))
        until(sink.troubles)
        hand_over(sink, range(200, 300))
        postgres.start()
        hand_over(sink, range(300, 400))
        until(lambda: counted(place) == 400 and not sink.troubles())
        until(lambda: counted(place, "SELECT sum(frames) FROM hours") == 400)
        assert sink.left_out() == {}


def test_what_waits_outlives_a_kill_and_is_caught_up_by_the_next_start(postgres: PostgresServer, spool: Path) -> None:
    place = postgres.database()
    postgres.stop()
    try:
        with subprocess.Popen([sys.executable, WRITER, place, spool], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            began, lines = time.monotonic(), []
            while time.monotonic() - began < 2:
                lines.append(process.stdout.readline().split())
            process.kill()
            killed = time.monotonic()
    finally:
        postgres.start()
    StoreSink(place, "lock", spool).close(20)
    handed = [line for line in lines if float(line[1]) < killed - 1]
    assert len(handed) > 20
    assert counted(place) >= len(handed)


def test_a_server_that_says_nothing_holds_nobody_up(postgres: PostgresServer, spool: Path) -> None:
    place = postgres.database()
    sink = StoreSink(place, "lock", spool)
    try:
        hand_over(sink, range(10))
        until(lambda: counted(place) == 10)
        postgres.pause()
        try:
            hand_over(sink, range(10, 100))
            until(lambda: sink.spool.waiting > 90)
        finally:
            postgres.resume()
        until(lambda: counted(place) == 100)
    finally:
        sink.close(10)


def test_closing_is_quick_at_whatever_moment(postgres: PostgresServer, spool: Path) -> None:
    place = postgres.database()
    for number in range(20):
        sink = StoreSink(place, "lock", spool)
        hand_over(sink, range(number, number + 1))
        time.sleep(0.01 * (number % 4))
        began = time.monotonic()
        sink.close()
        assert time.monotonic() - began < 3
        assert counted(place) == number + 1


def test_closing_does_not_wait_for_a_server_that_is_away(postgres: PostgresServer, spool: Path) -> None:
    place = postgres.database()
    sink = StoreSink(place, "lock", spool)
    postgres.pause()
    try:
        hand_over(sink, range(10))
        began = time.monotonic()
        sink.close(2)
        assert time.monotonic() - began < 3
    finally:
        postgres.resume()
    until(lambda: counted(place, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()") == 1)
    StoreSink(place, "lock", spool).close(20)
    assert counted(place) == 10


def test_a_file_that_somebody_holds_gets_all_when_it_is_free(tmp_path: Path, spool: Path) -> None:
    place = str(tmp_path / "river.db")
    with StoreSink(place, "lock", spool) as sink:
        hand_over(sink, range(10))
        until(lambda: counted(place) == 10)
        other = sqlite3.connect(place)
        other.execute("BEGIN IMMEDIATE")
        hand_over(sink, range(10, 50))
        until(sink.troubles)
        assert "another program holds it" in str(sink.troubles())
        assert sink.spool.waiting >= 40, "and not in memory, where a kill would lose them"
        other.close()
        until(lambda: counted(place) == 50 and not sink.troubles())
        assert sink.left_out() == {}


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of 32 MiB."""
    with disk_of(tmp_path / "disk", "32M") as place:
        yield place


def test_a_full_disk_gets_all_when_there_is_room(disk: Path) -> None:
    """Nor has the spool beside the store any: they wait in memory."""
    place = str(disk / "river.db")
    with StoreSink(place, "lock") as sink:
        hand_over(sink, range(10))
        until(lambda: counted(place) == 10)
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        hand_over(sink, range(10, 3000))
        until(sink.troubles)
        assert "make room" in str(sink.troubles())
        hand_over(sink, range(3000, 3100))
        ballast.unlink()
        until(lambda: not sink.troubles() and counted(place) == 3100)
        assert sink.left_out() == {}
        assert counted(place, "SELECT sum(frames) FROM minutes") == 3100


def test_memory_is_bounded_too(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes go first, and are counted."""
    monkeypatch.setattr(module, "MOST", 3000)
    place = str(disk / "river.db")
    with StoreSink(place, "lock") as sink:
        (disk / "ballast").write_bytes(b"")
        with (disk / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        hand_over(sink, range(2500))
        until(lambda: sink.dropped.total() > 0)
        assert set(sink.dropped) == {"minute"}
        (disk / "ballast").unlink()
        until(lambda: not sink.troubles() and counted(place) == 2500)
        assert sink.left_out() == {"store": sink.dropped.total()}


def test_a_record_that_no_store_takes_holds_up_no_other(place: str, spool: Path) -> None:
    with StoreSink(place, "lock", spool) as sink:
        sink.news([ended(1), ended(2, best_frame=2**70), ended(3)])
        hand_over(sink, range(10, 15))
        until(lambda: counted(place) == 7)
        until(lambda: not sink.spool.waiting)
        assert sink.left_out() == {"store": 1}
        assert "does not take a record" in str(sink.troubles())
        hand_over(sink, range(20, 25))
        until(lambda: counted(place) == 12)


def test_two_of_the_same_name_do_not_share_a_spool(place: str, spool: Path) -> None:
    """Not in one process either."""
    with StoreSink(place, "lock", spool), pytest.raises(OutputError, match="another rivereye uses it"):
        StoreSink(place, "lock", spool)


def test_two_boxes_share_a_store(place: str, tmp_path: Path) -> None:
    with StoreSink(place, "one", tmp_path / "1") as one, StoreSink(place, "two", tmp_path / "2") as two:
        for start in range(0, 100, 10):
            hand_over(one, range(start, start + 10))
            hand_over(two, range(start, start + 10))
            time.sleep(0.1)
        until(lambda: counted(place) == 200)
        assert one.troubles() == two.troubles() == {}
    assert counted(place, "SELECT count(*) FROM cameras") == 2


def test_a_store_of_a_later_version_is_refused_at_the_start(place: str, spool: Path) -> None:
    from tests.stream.store.test_migrating import run

    StoreSink(place, "lock", spool).close()
    run(place, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for _ in range(2):  # and lets go of what it had opened
        with pytest.raises(StoreError, match="update rivereye"):
            StoreSink(place, "lock", spool)


def test_states_are_written_when_they_change_and_now_and_then(tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    with StoreSink(place, "lock") as sink:
        for _ in range(1000):
            sink.states({"north": Status("up", time.monotonic(), trouble=None)})
        sink.states({"north": Status("offline", trouble="refused")})
        assert sink._last < sink.spool.revisions(0).stop
        revision = sink._last
        sink.states({"north": Status("offline", trouble="refused")})
        assert sink._last == revision
        until(lambda: rows(place, "SELECT phase, trouble FROM cameras") == [("offline", "refused")])


def test_what_went_out_is_json_that_people_can_read(tmp_path: Path) -> None:
    place = str(tmp_path / "river.db")
    with StoreSink(place, "lock") as sink:
        sink.news([ended(1, zones=("Fähre",))])
    ((zones,),) = rows(place, "SELECT zones FROM passages")
    assert json.loads(zones) == ["Fähre"]
