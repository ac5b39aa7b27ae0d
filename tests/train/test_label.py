"""`rivereye label`: its server, asked over HTTP as a browser asks it, and its command as a process of its own."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

import pytest

from tests.factories import COMMAND, rivereye, start, write_picture
from train.dataset import find_samples
from train.groups import Grouping
from train.labelpage import PageServer
from train.sorting import Moved, Sorting

NAMES = ["north_00001.jpg", "north_00002.jpg", "north_00003.jpg", "north_00004.jpg"]
HEADER = "file,media_time,time,probability,decided,reasons"


def fill(folder: Path, names: list[str] = NAMES) -> Path:
    folder.mkdir(exist_ok=True)
    for level, name in enumerate(names):
        write_picture(folder / name, 4 * level)
    return folder


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@dataclass
class Page:
    """What a browser does: `post` and `get` return the status and what was answered."""

    server: PageServer
    tab: str = "one"

    def get(self, what: str, **headers: str) -> tuple[int, bytes]:
        return self.ask("GET", f"/{self.server.token}/{what}", headers=headers)

    def post(self, what: str, **body: object) -> tuple[int, dict[str, object]]:
        content = json.dumps({"tab": self.tab} | body).encode()
        status, answer = self.ask("POST", f"/{self.server.token}/{what}", content)
        return status, json.loads(answer)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def state(self) -> dict[str, object]:
        status, content = self.get("state")
        assert status == 200
        answer: dict[str, object] = json.loads(content)
        return answer

    def left(self) -> list[str]:
        items = self.state()["items"]
        assert isinstance(items, list)
        return [each["name"] for each in items]


@contextmanager
def serving(folder: Path) -> Iterator[Page]:
    with PageServer(Sorting(folder)) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Page(server)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return fill(tmp_path / "north")


@pytest.fixture
def page(folder: Path) -> Iterator[Page]:
    with serving(folder) as page:
        yield page


def counts(left: int, ship: int = 0, no_ship: int = 0, aside: int = 0) -> dict[str, int]:
    return {"left": left, "ship": ship, "no_ship": no_ship, "aside": aside}


def test_the_page_stands_alone(page: Page) -> None:
    """Whatever it needs is in it; it names no other place."""
    status, content = page.get("")
    assert status == 200
    assert b"{{" not in content
    assert not re.findall(rb"https?://|src=|@import|url\(", content)


def test_says_what_is_left_in_order(page: Page) -> None:
    state = page.state()
    assert page.left() == NAMES
    assert state["counts"] == counts(4)
    assert state["items"] == [{"id": name, "name": name, "why": ""} for name in NAMES]


def test_what_is_no_picture_is_left_alone(page: Page, folder: Path) -> None:
    (folder / "notes.txt").touch()
    (folder / "folder.jpg").mkdir()
    (folder / "ship").mkdir()
    assert page.left() == NAMES
    assert page.post("sort", id="notes.txt", to="ship")[0] == 409
    assert (folder / "notes.txt").exists()


def test_says_why_a_picture_was_kept(page: Page, folder: Path) -> None:
    lines = [
        HEADER,
        f"{NAMES[0]},1.0,,0.5192,no_ship,uncertain changed",
        f"{NAMES[1]},2.0,,0.9,ship,",
        f"{NAMES[2]},3.0,,,ship,unlike new-reason",
        f"{NAMES[3]},4",
        "",
        "\x00,,,,,,,,,,",
    ]
    (folder / "collected.csv").write_text("\n".join(lines), encoding="utf-8")
    items = page.state()["items"]
    assert isinstance(items, list)
    assert [each["why"] for each in items] == [
        "kept because the model was uncertain and the scene had changed; probability of a ship 52%",
        "probability of a ship 90%",
        "kept because it looks unlike what the model was trained on and new-reason",
        "",
    ]


def test_a_table_that_is_none_does_no_harm(page: Page, folder: Path) -> None:
    (folder / "collected.csv").write_bytes(b"\xff\xfe\x00" * 100)
    assert page.left() == NAMES


def test_sends_pictures_as_they_are(page: Page, folder: Path) -> None:
    assert page.get(f"picture/{NAMES[1]}") == (200, (folder / NAMES[1]).read_bytes())


def test_sorts_into_folders_that_training_takes(page: Page, folder: Path) -> None:
    assert page.post("sort", id=NAMES[0], to="ship") == (200, {"counts": counts(3, ship=1)})
    assert page.post("sort", id=NAMES[1], to="no_ship") == (200, {"counts": counts(2, 1, 1)})
    assert page.post("sort", id=NAMES[2], to="aside") == (200, {"counts": counts(1, 1, 1, 1)})
    assert files(folder) == [f".set-aside/{NAMES[2]}", f"no_ship/{NAMES[1]}", NAMES[3], f"ship/{NAMES[0]}"]
    samples = find_samples([folder], "ship", Grouping())
    assert sorted((each.path.name, each.label, each.group) for each in samples) == [
        (NAMES[0], 1, "north"),
        (NAMES[1], 0, "north"),
    ]


def test_undo_goes_back_step_by_step(page: Page, folder: Path) -> None:
    for name, to in zip(NAMES[:3], ("ship", "no_ship", "aside"), strict=True):
        page.post("sort", id=name, to=to)
    for name, left in zip(reversed(NAMES[:3]), (2, 3, 4), strict=True):
        status, answer = page.post("undo")
        assert (status, answer["item"]) == (200, {"id": name, "name": name, "why": ""})
        assert page.state()["counts"] == counts(left, int(left < 4), int(left < 3))
    assert page.left() == NAMES
    status, answer = page.post("undo")
    assert status == 409
    assert "nothing to undo" in str(answer["error"])


def test_undo_takes_back_ones_own(page: Page) -> None:
    other = Page(page.server, "two")
    page.post("sort", id=NAMES[0], to="ship")
    other.post("sort", id=NAMES[1], to="ship")
    assert page.post("undo")[1]["item"] == {"id": NAMES[0], "name": NAMES[0], "why": ""}
    assert page.post("undo")[0] == 409
    assert other.post("undo")[0] == 200


def test_of_two_who_sort_the_same_the_second_is_told(page: Page, folder: Path) -> None:
    page.post("sort", id=NAMES[0], to="ship")
    status, answer = Page(page.server, "two").post("sort", id=NAMES[0], to="no_ship")
    assert (status, answer) == (409, {"error": f"{NAMES[0]} was sorted already, into ship"})
    assert files(folder) == [*NAMES[1:], f"ship/{NAMES[0]}"]


def test_many_who_sort_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two servers of the same folder, several pages each, all in a hurry."""
    names = [f"{number}.jpg" for number in range(60)]
    folder = fill(tmp_path / "many", names)
    before = {name: (folder / name).read_bytes() for name in names}
    done: list[int] = []

    def hurry(page: Page, to: str) -> None:
        done.extend(page.post("sort", id=name, to=to)[0] for name in names)

    with serving(folder) as one, serving(folder) as other:
        threads = [Thread(target=hurry, args=(page, to)) for page in (one, other) for to in ("ship", "no_ship")]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert sorted(done) == [200] * 60 + [409] * 180
    assert {path.name: path.read_bytes() for path in folder.rglob("*.jpg")} == before
    assert sorted(Path(each).name for each in files(folder)) == sorted(names)
    assert len(files(folder)) == 60


def test_nothing_is_moved_over_another_file(page: Page, folder: Path) -> None:
    (folder / "ship").mkdir()
    (folder / "ship" / NAMES[0]).write_text("of last year", encoding="utf-8")
    status, answer = page.post("sort", id=NAMES[0], to="ship")
    assert status == 409
    assert "holds another picture of this name" in str(answer["error"])
    assert (folder / "ship" / NAMES[0]).read_text(encoding="utf-8") == "of last year"
    assert page.left() == NAMES
    page.post("sort", id=NAMES[1], to="ship")
    (folder / NAMES[1]).write_text("come meanwhile", encoding="utf-8")
    assert page.post("undo")[0] == 409
    assert (folder / NAMES[1]).read_text(encoding="utf-8") == "come meanwhile"


def test_undo_of_what_was_moved_on_is_told_and_the_one_before_follows(page: Page, folder: Path) -> None:
    page.post("sort", id=NAMES[0], to="ship")
    page.post("sort", id=NAMES[1], to="ship")
    (folder / "ship" / NAMES[1]).unlink()
    status, answer = page.post("undo")
    assert status == 409
    assert "is not in ship any more" in str(answer["error"])
    assert page.post("undo")[0] == 200
    assert page.left() == [NAMES[0], *NAMES[2:]]


def test_goes_on_where_it_was_left(folder: Path) -> None:
    with serving(folder) as page:
        page.post("sort", id=NAMES[0], to="ship")
    with serving(folder) as page:
        assert page.left() == NAMES[1:]
        assert page.state()["counts"] == counts(3, ship=1)
        assert page.post("undo")[0] == 409


@pytest.mark.parametrize("what", ["state", "", f"picture/{NAMES[0]}"])
@pytest.mark.parametrize("token", ["", "x", "wrong/", "%2e%2e/"])
def test_without_the_token_nothing_is_told(page: Page, token: str, what: str) -> None:
    status, content = page.ask("GET", f"/{token}{what}")
    assert status == 403
    assert b"open the whole address" in content


def test_without_the_token_nothing_is_moved(page: Page) -> None:
    body = json.dumps({"id": NAMES[0], "to": "ship", "tab": "one"}).encode()
    for path in ("/sort", "/x/sort", f"/{page.server.token[:-1]}/sort", f"/{page.server.token}x/sort"):
        assert page.ask("POST", path, body)[0] == 403
    assert page.left() == NAMES


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::1]", "", "@", "a b"])
def test_a_foreign_host_is_refused_even_with_the_token(page: Page, host: str) -> None:
    """As it comes when a foreign name was made to point here (DNS rebinding)."""
    assert page.get("state", Host=host)[0] == 403
    body = json.dumps({"id": NAMES[0], "to": "ship", "tab": "one"}).encode()
    assert page.ask("POST", f"/{page.server.token}/sort", body, {"Host": host})[0] == 403
    assert page.left() == NAMES


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8000", "LOCALHOST"])
def test_a_tunnel_to_here_is_fine(page: Page, host: str) -> None:
    assert page.get("state", Host=host)[0] == 200


def test_only_this_machine_is_served(page: Page) -> None:
    assert page.server.server_address[0] == "127.0.0.1"


OUTSIDE = [
    *("../secret.jpg", "..%2fsecret.jpg", "%2e%2e%2fsecret.jpg", "ship/old.jpg", "ship%2fold.jpg", "./north_00001.jpg"),
    *("..", ".", "", "/", "%00", "north_00001.jpg%00.jpg", "%2fetc%2fpasswd", "..%5csecret.jpg", "missing.jpg"),
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_way_leads_out_of_the_folder(page: Page, folder: Path, name: str) -> None:
    write_picture(folder.parent / "secret.jpg", 1)
    (folder / "ship").mkdir()
    write_picture(folder / "ship" / "old.jpg", 1)
    before = files(folder.parent)
    status, content = page.get(f"picture/{name}")
    assert status == 404, content
    assert b"JFIF" not in content
    for absolute in (name, str(folder.parent / "secret.jpg")):
        assert page.post("sort", id=absolute, to="ship")[0] == 409
    assert page.post("sort", id=NAMES[0], to="../..")[0] == 400
    assert files(folder.parent) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"id": 1}', b'{"id": {}, "to": ["ship"]}'])
def test_a_request_that_makes_no_sense_is_refused(page: Page, body: bytes) -> None:
    status, content = page.ask("POST", f"/{page.server.token}/sort", body)
    assert status == 400
    assert json.loads(content)["error"]
    assert page.left() == NAMES


def test_a_request_that_is_too_long_is_refused(page: Page) -> None:
    with socket.create_connection(("127.0.0.1", page.server.server_port), timeout=10) as connection:
        head = f"POST /{page.server.token}/sort HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")
    assert page.get("nothing")[0] == page.ask("POST", f"/{page.server.token}/nothing", b"{}")[0] == 404


def test_other_pages_may_neither_frame_nor_read_it(page: Page) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", page.server.server_port, timeout=10)
    connection.request("GET", f"/{page.server.token}/")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Access-Control-Allow-Origin"] is None
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_name_that_is_no_unicode_can_be_sorted(tmp_path: Path) -> None:
    folder = fill(tmp_path / "north", ["sch\u00f6n & 100%.jpg"])
    try:
        write_picture(folder / "a.jpg", 9).rename(folder / os.fsdecode(b"sch\xf6n.jpg"))
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    with serving(folder) as page:
        items = page.state()["items"]
        assert isinstance(items, list)
        assert len(items) == 2
        for each in items:
            assert page.get(f"picture/{each['id']}")[0] == 200
            assert page.post("sort", id=each["id"], to="ship")[0] == 200
    assert len(list((folder / "ship").iterdir())) == 2


def test_a_folder_that_cannot_be_made_is_told(page: Page, folder: Path) -> None:
    (folder / "ship").touch()
    status, answer = page.post("sort", id=NAMES[0], to="ship")
    assert status == 500
    assert "it cannot be done" in str(answer["error"])
    assert page.left() == NAMES


def test_once_closed_nothing_is_moved_any_more(folder: Path) -> None:
    sorting = Sorting(folder)
    with pytest.raises(Moved):
        sorting.sort("missing.jpg", "ship", "one")
    sorting.close()
    late = Thread(target=sorting.sort, args=(NAMES[0], "ship", "one"), daemon=True)
    late.start()
    late.join(0.2)
    assert late.is_alive()
    assert sorting.left() == NAMES


@contextmanager
def labelling(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, running, and the address it printed."""
    with start("label", *arguments, "--no-browser") as process:
        assert process.stderr is not None
        first = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", first)
        assert address, first
        yield process, address[0]


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_says_what_was_done(folder: Path, by: signal.Signals) -> None:
    with labelling(folder) as (process, address):
        place = urlsplit(address)
        connection = http.client.HTTPConnection(place.netloc, timeout=10)
        connection.request("POST", f"{place.path}sort", json.dumps({"id": NAMES[0], "to": "ship", "tab": "one"}))
        assert connection.getresponse().status == 200
        process.send_signal(by)
        _, said = process.communicate(timeout=20)
        connection.close()
    assert process.returncode == 0
    assert "Traceback" not in said
    assert f"1 picture sorted (1 ship, 0 no ship, 0 set aside), 3 left; go on with: rivereye label {folder}" in said


def test_says_what_comes_next_when_none_is_left(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()
    fill(tmp_path / "done" / "ship", NAMES[:2])
    result = rivereye("label", tmp_path / "done")
    assert result.returncode == 0
    assert "all pictures of" in result.stderr
    assert "training needs pictures of both" in result.stderr
    fill(tmp_path / "done" / "no_ship", NAMES[2:])
    result = rivereye("label", tmp_path / "done")
    assert f"2 ship, 2 no ship, 0 set aside; now train on them: rivereye train {tmp_path / 'done'}" in result.stderr


@pytest.mark.parametrize(
    ("name", "code", "said"), [("missing", 2, "no folder at"), ("empty", 1, "no pictures in"), ("file", 2, "no folder")]
)
def test_what_cannot_be_sorted_is_told(tmp_path: Path, name: str, code: int, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    result = rivereye("label", tmp_path / name)
    assert result.returncode == code
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = rivereye("label", folder, "--port", str(taken.getsockname()[1]), "--no-browser")
    assert result.returncode == 2
    assert "give another --port" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_browser_with_windows_is_opened(folder: Path, tmp_path: Path) -> None:
    """Here the browser is a script that notes the address."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n', encoding="utf-8")
    script.chmod(0o755)
    command: list[str | Path] = [COMMAND, "label", folder]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"BROWSER": str(script)})
    with process:
        deadline = time.monotonic() + 30
        while not (tmp_path / "opened").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert (tmp_path / "opened").read_text(encoding="utf-8").strip() in said
    assert process.returncode == 0


def test_sorting_loads_nothing_heavy() -> None:
    code = "import sys, train.label; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "keras", "scipy", "albumentations", "onnx", "onnxruntime"} & set(done.stdout.split())
