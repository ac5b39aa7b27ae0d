"""What waits is in order, each key once, outlives a kill, and does not grow for ever."""

import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from models.errors import OutputError
from stream.store.records import Record
from stream.store.spool import AHEAD, MB, Spool
from tests.stream.store.makers import NOON, minute, passing, under_way, up

WRITER = """
import sys
from itertools import pairwise
from pathlib import Path
from stream.store.spool import Spool
from tests.stream.store.makers import minute
spool = Spool(Path(sys.argv[1]), 100)
for number in range(1_000_000):
    spool.add([minute(number)])
    print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "river.db.spool"


def taken(spool: Spool, most: int = 10_000) -> list[Record]:
    last, records = spool.first(most)
    spool.remove(last)
    return records


def test_first_in_first_out(path: Path) -> None:
    records: list[Record] = [up(), *(minute(number) for number in range(5)), passing()]
    with Spool(path, 10) as spool:
        spool.add(records[:3])
        spool.add(records[3:])
        assert spool.waiting == 7
        assert taken(spool, 4) == records[:4]
        assert spool.waiting == 3
        assert taken(spool) == records[4:]
        assert taken(spool) == []
        assert spool.waiting == 0


def test_a_newer_one_takes_the_place_of_the_older_at_the_end(path: Path) -> None:
    with Spool(path, 10) as spool:
        spool.add([under_way(1, 1), minute(0, 2)])
        spool.add([passing(1, 3)])
        assert spool.waiting == 2
        assert taken(spool) == [minute(0, 2), passing(1, 3)]


def test_what_changed_while_it_was_carried_stays(path: Path) -> None:
    with Spool(path, 10) as spool:
        spool.add([minute(0, 1), minute(1, 2)])
        last, _ = spool.first(10)
        spool.add([minute(0, 3)])
        spool.remove(last)
        assert spool.waiting == 1
        assert taken(spool) == [minute(0, 3)]


def test_it_is_there_again_after_closing(path: Path) -> None:
    with Spool(path, 10) as spool:
        spool.add([minute(0), passing()])
    with Spool(path, 10) as spool:
        assert spool.waiting == 2
        assert taken(spool) == [minute(0), passing()]


def test_a_kill_loses_nothing_that_was_added(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) == 200:
                process.send_signal(signal.SIGKILL)
        process.wait()
    with Spool(path, 100) as spool:
        numbers = [each.minute - minute().minute for each in taken(spool) if each.kind == "minute"]
    assert len(numbers) > 200
    assert numbers == list(range(len(numbers)))


def test_one_process_holds_it(path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", WRITER, path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(OutputError, match="another rivereye of this box uses it"):
            Spool(path, 10)
        process.kill()
    Spool(path, 10).close()


def test_it_grows_to_its_size_and_drops_minutes_first(path: Path) -> None:
    with Spool(path, 0.5) as spool:
        spool.add([passing(number) for number in range(100)])
        spool.add([up(f"camera{number}") for number in range(100)])
        for start in range(0, 4000, 50):
            spool.add([minute(number) for number in range(start, start + 50)])
        assert path.stat().st_size < 0.6 * MB
        dropped = spool.dropped["minute"]
        assert dict(spool.dropped) == {"minute": dropped}
        assert dropped > 1000
        kept = taken(spool)
        assert len(kept) == 4200 - dropped
        kinds = [each.kind for each in kept]
        assert (kinds.count("passage"), kinds.count("camera")) == (100, 100)
        numbers = [each.minute - minute().minute for each in kept if each.kind == "minute"]
        assert numbers == list(range(dropped, 4000)), "the oldest go first"


def test_passages_go_last(path: Path) -> None:
    with Spool(path, 0.3) as spool:
        spool.add([minute(number) for number in range(200)])
        spool.add([up(f"camera{number}") for number in range(200)])
        for number in range(1000):
            spool.add([passing(number)])
        assert (spool.dropped["minute"], spool.dropped["camera"]) == (200, 200)
        ships = [each.passage.start_time for each in taken(spool) if each.kind == "passage"]
        assert len(ships) == 1000 - spool.dropped["passage"]
        assert ships[-1] == NOON + 60 * 999
        assert spool.waiting == 0
        assert path.stat().st_size < 0.4 * MB


def test_revisions_grow_over_all_starts_whatever_the_clock_says(path: Path) -> None:
    given: list[range] = []
    for now in (1000.0, 1000.0, 10.0, 2000.0, 0.0):
        with Spool(path, 10) as spool:
            given += [spool.revisions(now), spool.revisions(now)]
    assert given[0].start == 1_000_000_000
    assert all(before.stop <= after.start for before, after in pairwise(given))
    assert {len(each) for each in given} == {AHEAD}


def test_a_broken_file_is_moved_out_of_the_way(path: Path) -> None:
    path.write_bytes(b"what a broken disk left of it" * 200)
    with Spool(path, 10) as spool:
        spool.add([minute()])
        assert taken(spool) == [minute()]
    (broken,) = path.parent.glob("*.broken-*")
    assert broken.read_bytes().startswith(b"what a broken disk")


def test_what_cannot_be_read_is_counted_and_holds_nothing_up(path: Path) -> None:
    with Spool(path, 10) as spool:
        spool.add([minute(0), minute(1)])
        spool._file.execute("UPDATE waiting SET record = '{}' WHERE seq = 1")
        spool._file.commit()
        assert taken(spool) == [minute(1)]
        assert (spool.unreadable, spool.waiting) == (1, 0)


def test_no_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write .*where records wait for the store"):
        Spool(tmp_path / "file" / "spool", 10)


def test_its_folder_is_made(tmp_path: Path) -> None:
    Spool(tmp_path / "a" / "b" / "spool", 10).close()
    assert (tmp_path / "a" / "b" / "spool").stat().st_size
    assert [each.name for each in (tmp_path / "a" / "b").iterdir()] == ["spool"]
