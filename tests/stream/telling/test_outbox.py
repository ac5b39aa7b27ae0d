"""The outbox: in order, whole after a kill, bounded, and honest about what it left out."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from models.errors import OutputError
from stream.telling.item import Item
from stream.telling.outbox import Outbox
from tests.clocks import HastyClock
from tests.faults.test_disk import BALLAST, disk, fill
from tests.stream.telling.factories import numbered

pytestmark = pytest.mark.timeout(60)
MB = 10**6
__all__ = ["disk"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


def put(outbox: Outbox, *numbers: int, receiver: str = "mqtt", camera: str = "north", kind: str = "new") -> None:
    for number in numbers:
        outbox.put(receiver, camera, kind, numbered(number))
    assert outbox.flush(20)


def taken(outbox: Outbox, receiver: str = "mqtt") -> list[int]:
    """All there is for a receiver, which then has it."""
    return [number_of(item) for item in items(outbox, receiver)]


def items(outbox: Outbox, receiver: str = "mqtt") -> Iterator[Item]:
    while (item := outbox.oldest(receiver)) is not None:
        outbox.done(receiver, item)
        yield item


def number_of(item: Item | None) -> int:
    assert item is not None
    number: int = json.loads(item.message)["n"]
    return number


def test_each_receiver_gets_all_in_order(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        for receiver in ("mqtt", "webhook"):
            put(outbox, *range(5), receiver=receiver)
        assert outbox.depths() == {"mqtt": 5, "webhook": 5}
        assert taken(outbox, "mqtt") == list(range(5))
        assert outbox.depths() == {"mqtt": 0, "webhook": 5}
        assert taken(outbox, "webhook") == list(range(5))
        assert taken(outbox, "nobody") == []
        assert (outbox.lost, outbox.troubled) == ({"mqtt": 0, "webhook": 0}, None)


def test_an_item_stays_the_oldest_until_it_is_done(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        put(outbox, 1, 2)
        first = outbox.oldest("mqtt")
        assert first is not None
        assert outbox.oldest("mqtt") == first
        outbox.done("mqtt", first)
        assert number_of(outbox.oldest("mqtt")) == 2, "at once, not only when the disk has it"


def test_cameras_can_be_passed_over(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        put(outbox, 1, camera="north")
        put(outbox, 2, camera="south")
        assert number_of(outbox.oldest("mqtt", ["north"])) == 2
        assert outbox.oldest("mqtt", ["north", "south"]) is None


def test_what_is_set_aside_is_kept_and_counted_and_not_tried(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        put(outbox, 1, 2)
        poison = outbox.oldest("mqtt")
        assert poison is not None
        outbox.done("mqtt", poison, aside="404 Not Found")
        assert number_of(outbox.oldest("mqtt")) == 2
        assert (outbox.depths()["mqtt"], outbox.lost["mqtt"]) == (1, 1)
    with sqlite3.connect(path) as file:
        assert file.execute("SELECT aside, body FROM items ORDER BY number").fetchone() == (
            "404 Not Found",
            numbered(1),
        )
        file.execute("UPDATE items SET aside = NULL")  # as docs/telling.md says
    file.close()
    with Outbox(path, MB) as outbox:
        assert taken(outbox) == [1, 2]


def test_ids_never_repeat_not_even_in_a_copy_of_the_file(path: Path, tmp_path: Path) -> None:
    ids: list[str] = []
    for _ in range(2):
        with Outbox(path, MB) as outbox:
            put(outbox, 1, 2, 3)
            ids += [item.id for item in items(outbox)]
    copy = tmp_path / "copy"
    copy.write_bytes(path.read_bytes())
    for each in (path, copy):
        with Outbox(each, MB) as outbox:
            put(outbox, 1)
            ids += [item.id for item in items(outbox)]
    assert len(set(ids)) == len(ids) == 8


def test_an_item_keeps_its_id_until_it_is_done(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        put(outbox, 1)
        first = outbox.oldest("mqtt")
    with Outbox(path, MB) as outbox:
        assert outbox.oldest("mqtt") == first
        assert outbox.depths() == {"mqtt": 1}
    assert first is not None
    assert json.loads(first.message) == {"id": first.id, "n": 1}


WRITER = """
import sys, time
from pathlib import Path
from stream.telling.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]), 10**8)
number = 0
while True:
    outbox.put("mqtt", "north", "new", '{"n": %d}' % number)
    print(number, time.monotonic(), flush=True)
    number += 1
    time.sleep(0.0005)
"""


def test_kill_9_loses_nothing_that_is_a_second_old(path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(1.5)
        killed = time.monotonic()
        process.send_signal(signal.SIGKILL)
        said = [line.split() for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    old = [int(number) for number, put_at in said if float(put_at) < killed - 1]
    assert len(old) > 50
    with Outbox(path, 100 * MB) as outbox:
        kept = taken(outbox)
    assert kept == list(range(len(kept)))
    assert len(kept) > old[-1]


def test_a_full_outbox_leaves_out_updates_first_and_counts(path: Path) -> None:
    size = len(numbered(100))
    with Outbox(path, 120 * size) as outbox:
        for number in range(100, 200):
            outbox.put("mqtt", "north", "update" if number % 2 else "new", numbered(number))
        put(outbox, *range(200, 250), kind="end")
        put(outbox, 300, receiver="webhook")
        kept = taken(outbox)
        assert outbox.lost["mqtt"] == 150 - len(kept)
        assert 110 <= len(kept) <= 120
        assert kept == sorted(kept)
        assert set(range(100, 200, 2)) <= set(kept), "no beginning was left out"
        assert set(range(200, 250)) <= set(kept), "no end was left out"
        gone = sorted(set(range(101, 200, 2)) - set(kept))
        assert gone == list(range(101, gone[-1] + 1, 2)), "the oldest updates went first"
        assert "left out" in str(outbox.troubled)
        assert "outbox.max_mb" in str(outbox.troubled)
        assert taken(outbox, "webhook") == [300], "another receiver's items are not touched"
        assert outbox.lost["webhook"] == 0


def test_where_there_are_no_updates_left_the_oldest_go_but_never_the_one_under_way(path: Path) -> None:
    size = len(numbered(100))
    with Outbox(path, 10 * size) as outbox:
        put(outbox, 100)
        assert number_of(outbox.oldest("mqtt")) == 100
        for number in range(101, 131):
            put(outbox, number)
        kept = taken(outbox)
        assert kept[0] == 100
        assert kept[1:] == list(range(131 - len(kept[1:]), 131))
        assert outbox.lost["mqtt"] == 31 - len(kept)
        assert outbox.depths()["mqtt"] == 0


def test_its_file_stays_bounded(path: Path) -> None:
    """A month of outage in short."""
    body = json.dumps({"n": 0, "rest": "x" * 1000})
    with Outbox(path, MB) as outbox:
        for _ in range(6):
            for _ in range(1000):
                outbox.put("mqtt", "north", "update", body)
            assert outbox.flush(20)
        assert outbox.depths()["mqtt"] + outbox.lost["mqtt"] == 6000
        assert outbox.depths()["mqtt"] * len(body) <= MB
    assert path.stat().st_size < 3 * MB


# Files that are none of ours.


def test_a_foreign_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE mine (a)")
    file.close()
    before = path.read_bytes()
    with pytest.raises(OutputError, match="it is a file of another program; give another name"):
        Outbox(path, MB)
    assert path.read_bytes() == before


def test_a_later_version_is_refused(path: Path) -> None:
    Outbox(path, MB).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 9")
    file.close()
    with pytest.raises(OutputError, match="of another version, 9,"):
        Outbox(path, MB)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be one" * 100, b"\x00" * 5000])
def test_what_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(OutputError, match="it is broken, or none"):
        Outbox(path, MB)
    assert path.read_bytes() == content


def test_a_broken_outbox_is_refused(path: Path) -> None:
    with Outbox(path, MB) as outbox:
        for number in range(300):
            outbox.put("mqtt", "north", "new", json.dumps({"n": number, "rest": "x" * 200}))
    content = bytearray(path.read_bytes())
    content[8192:40960] = os.urandom(40960 - 8192)
    path.write_bytes(content)
    with pytest.raises(OutputError, match=f"cannot use {path} as an outbox: it is broken"):
        Outbox(path, MB)


def test_two_processes_cannot_share_one(path: Path) -> None:
    with Outbox(path, MB), pytest.raises(OutputError, match="another process has it open"):
        Outbox(path, MB)
    Outbox(path, MB).close()


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot open .*lost/outbox as an outbox.*choose another place"):
        Outbox(tmp_path / "lost" / "outbox", MB)


# A disk that is full.


def test_a_full_disk_is_said_and_nothing_is_lost(disk: Path) -> None:
    with Outbox(disk / "outbox", 10 * MB, clock=HastyClock()) as outbox:
        put(outbox, 0)
        fill(disk)
        body = "x" * 1000
        for number in range(1, 500):
            outbox.put("mqtt", "north", "new", json.dumps({"n": number, "rest": body}))
        assert not outbox.flush(1.0)
        assert "make room" in str(outbox.troubled)
        assert outbox.depths()["mqtt"] == 500
        (disk / BALLAST).unlink()
        assert outbox.flush(10)
        assert outbox.troubled is None
        assert taken(outbox) == list(range(500))


def test_memory_is_bounded_while_the_disk_is_full(disk: Path) -> None:
    with Outbox(disk / "outbox", 10 * MB, clock=HastyClock(), capacity=20) as outbox:
        put(outbox, 0)
        fill(disk)
        for number in range(1, 100):
            kind = "update" if number % 2 else "new"
            outbox.put("mqtt", "north", kind, json.dumps({"n": number, "rest": "x" * 5000}))
        time.sleep(0.5)
        (disk / BALLAST).unlink()
        assert outbox.flush(10)
        kept = taken(outbox)
        assert outbox.lost["mqtt"] == 100 - len(kept)
        assert kept == sorted(kept)
        assert kept[-1] == 98, "the newest beginning is there"
        assert "left out" in str(outbox.troubled)


def test_who_ends_while_the_disk_is_full_hears_what_is_lost(disk: Path) -> None:
    outbox = Outbox(disk / "outbox", 10 * MB)
    put(outbox, 0)
    fill(disk)
    for number in range(1, 300):
        outbox.put("mqtt", "north", "new", json.dumps({"n": number, "rest": "x" * 1000}))
    began = time.monotonic()
    outbox.close(0.5)
    outbox.close(0.5)
    assert time.monotonic() - began < 4
    assert 0 < outbox.lost["mqtt"] <= 299
    (disk / BALLAST).unlink()
    with Outbox(disk / "outbox", 10 * MB) as again:
        assert len(taken(again)) == 300 - outbox.lost["mqtt"]


# Waiting.


def test_put_waits_for_nothing(path: Path) -> None:
    """Not even for a thread that hangs in the disk."""
    hanging, go = Event(), Event()

    def hang() -> None:
        hanging.set()
        go.wait(30)

    with Outbox(path, MB, hang) as outbox:
        outbox.put("mqtt", "north", "new", numbered(0))
        assert hanging.wait(10)
        began = time.monotonic()
        for number in range(1, 2000):
            outbox.put("mqtt", "north", "new", numbered(number))
        assert time.monotonic() - began < 1
        assert outbox.depths() == {"mqtt": 2000}
        go.set()


def test_after_the_end_nothing_is_taken_and_that_is_counted(path: Path) -> None:
    outbox = Outbox(path, MB)
    outbox.close()
    outbox.put("mqtt", "north", "new", numbered(1))
    assert outbox.lost["mqtt"] == 1
