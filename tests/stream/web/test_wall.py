"""The wall in a real browser, left open: it follows what happens, and never shows as known what is not."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from stream.sources.status import Status
from stream.store.store import Store
from stream.web import feed
from stream.web.live import Live
from tests.browsers import chromium, needs_chromium
from tests.factories import make_detection, rippled
from tests.stream.store.makers import minute, passing, until, up
from tests.stream.web.rooms import NOW, fill, served

pytestmark = [
    pytest.mark.timeout(120),
    needs_chromium,
]
Opener = Callable[[str], Page]
WARNING = "rgb(180, 84, 10)"
DOT = "each => getComputedStyle(each.querySelector('.phase'), '::before').backgroundColor"
PIXEL = """(image) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1, 1];
  canvas.getContext("2d").drawImage(image, 100, 200, 1, 1, 0, 0, 1, 1);
  return canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0];
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens an address; its page is gone at the end, and must have made no mistake."""
    context = browser.new_context(locale="en-GB", color_scheme="light")
    mistakes: list[str] = []

    def opening(address: str) -> Page:
        tab = context.new_page()
        tab.on("pageerror", lambda error: mistakes.append(str(error)))
        tab.goto(address)
        return tab

    yield opening
    context.close()
    assert mistakes == []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store that is looked at ten times a second."""
    monkeypatch.setattr(feed, "LOOK_S", 0.1)
    place = str(tmp_path / "river.db")
    fill(place)
    return place


def sees(live: Live, score: float | None, level: int = 90, phase: str = "up") -> None:
    """North does, and nothing else is watched."""
    live.look(make_detection(0.0, score, reason="dark"), rippled(level, 640, 360))
    live.states({"north": Status(phase=phase, last_frame=time.monotonic(), trouble="no route to it")})  # type: ignore[arg-type]


def test_states_and_pictures_follow(opened: Opener, place: str) -> None:
    live = Live("lock")
    sees(live, 0.9, 200)
    with served(place, live=live) as web:
        tab = opened(web.address)
        card = tab.locator(".card", has_text="north")
        expect(card.locator(".state")).to_contain_text("connected · ship 0.90")
        first = card.locator("img").evaluate(PIXEL)
        sees(live, 0.2)
        expect(card.locator(".state")).to_contain_text("no ship 0.20")
        until(lambda: card.locator("img").evaluate(PIXEL) < first - 60)
        sees(live, None, phase="offline")
        expect(card.locator(".state")).to_have_text("no connection")
        expect(card.locator(".trouble")).to_have_text("no route to it")
        age = card.locator(".age")
        told = age.inner_text()
        expect(age).not_to_have_text(told)


def test_a_camera_that_sees_nothing_is_no_green_one(opened: Opener, place: str) -> None:
    live = Live("lock")
    sees(live, 0.9)
    with served(place, live=live) as web:
        card = opened(web.address).locator(".card", has_text="north")
        expect(card.locator(".state")).to_contain_text("connected · ship")
        assert card.evaluate(DOT) != WARNING
        sees(live, None)
        expect(card.locator(".state")).to_have_text("connected · not seen (too dark)")
        assert card.evaluate(DOT) == WARNING


def test_what_comes_is_there_without_a_reload(opened: Opener, place: str) -> None:
    """A passage, what was seen since, and cameras."""
    live = Live("lock")
    sees(live, 0.9)
    with served(place, live=live) as web, Store(place, "lock", now=lambda: NOW) as store:
        tab = opened(web.address)
        row, covered = (
            tab.locator("#passages tbody tr").first,
            tab.locator(".card", has_text="north").locator(".covered"),
        )
        expect(row).to_contain_text("15:00:00")
        before = covered.inner_text()
        minutes = [minute(-1440 + number, 10**8 + number, unknown={}) for number in range(360, 400)]
        store.write([passing(300, 10**9), *minutes])
        expect(row).to_contain_text("18:00:00")
        assert covered.inner_text() != before
        live.states({"north": Status(phase="up"), "new": Status(phase="up")})
        live.look(make_detection(0.0, 0.7, camera="new"), rippled(90, 640, 360))
        new = tab.locator(".card", has=tab.get_by_role("link", name="new", exact=True))
        expect(new.locator(".state")).to_contain_text("connected · ship 0.70")
        until(lambda: new.locator("img").evaluate("each => each.naturalWidth") == 640)


def test_the_first_picture_of_a_camera_comes_by_itself(opened: Opener, place: str) -> None:
    live = Live("lock")
    live.states({"south": Status()})
    with served(place, live=live) as web:
        card = opened(web.address).locator(".card", has_text="south")
        expect(card.locator(".empty")).to_have_text("No picture has come yet")
        live.look(make_detection(0.0, 0.9, camera="south"), rippled(90, 640, 360))
        live.states({"south": Status(phase="up", last_frame=time.monotonic())})
        expect(card.locator(".seen")).to_contain_text("ship 0.90")
        until(lambda: card.locator("img").evaluate("each => each.naturalWidth") == 640)


def test_while_the_store_is_away_states_and_pictures_agree(opened: Opener, place: str, tmp_path: Path) -> None:
    """Of this watch's cameras; of others', which only the store tells of, nothing is known."""
    live = Live("lock")
    sees(live, 0.9, 200)
    file, aside = Path(place), tmp_path / "aside.db"
    with served(place, live=live) as web:
        tab = opened(web.address)
        here, other = (tab.locator(".card", has_text=name) for name in ("north", "south"))
        expect(here.locator(".state")).to_contain_text("ship 0.90")
        file.rename(aside)
        expect(tab.locator("#trouble")).to_contain_text("The store is away.")
        sees(live, 0.2)
        expect(here.locator(".state")).to_contain_text("no ship 0.20")
        until(lambda: here.locator("img").evaluate(PIXEL) < 140)
        expect(other.locator(".state")).to_be_hidden()
        expect(tab.locator("#passages tbody tr").first).to_contain_text("15:00:00")
        expect(opened(web.address).locator("#passages")).to_have_text("Not known while the store is away.")
        aside.rename(file)
        expect(tab.locator("#trouble")).to_be_hidden()
        expect(other.locator(".state")).to_be_visible()


def test_the_wall_has_a_clock_of_its_zone(opened: Opener, place: str) -> None:
    """It is 19:00 in Berlin, whatever it is in the browser."""
    with served(place, live=Live("lock")) as web:
        clock = opened(web.address).locator("#clock")
        first = clock.inner_text()
        assert first.startswith("19:00:0")
        until(lambda: first < clock.inner_text() < "19:01")


def test_a_camera_that_was_left_off_comes_back(opened: Opener, place: str) -> None:
    day = 86_400.0
    with served(place, now=NOW + 2 * day) as web, Store(place, "lock", now=lambda: NOW + 2 * day) as store:
        tab = opened(web.address)
        expect(tab.locator(".card")).to_have_count(0)
        expect(tab.locator("#gone")).to_have_text("and 2 more that are gone")
        store.write([up("north", 10**8, at=NOW + 2 * day), passing(3 * 1440, 10**8)])
        expect(tab.locator(".card h2")).to_have_text(["north"])
        expect(tab.locator("#gone")).to_have_text("and 1 more that are gone")
        tab.locator("#gone a").click()
        expect(tab.locator(".card h2")).to_have_text(["north", "south"])
