"""The page of `rivereye label` in a real browser: keys are pressed, and files move."""

import re
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Request, Route, expect

from tests.browsers import chromium, needs_chromium
from tests.factories import rivereye, start, write_corrupt
from tests.pictures import draw, save
from tests.train.test_label import HEADER, NAMES, files, labelling, serving
from train.dataset import find_samples
from train.groups import Grouping

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.timeout(180),
    needs_chromium,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, name in enumerate(NAMES):
        save(draw(number % 2 == 0, number), tmp_path / "north" / name)
    lines = [HEADER, f"{NAMES[0]},1.0,,0.5192,no_ship,uncertain changed"]
    (tmp_path / "north" / "collected.csv").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path / "north"


@dataclass
class Tab:
    """An open page, and what went wrong on it."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def sees(self, name: str) -> None:
        """Waits until the picture of this name is shown and can be sorted."""
        expect(self.page.locator("main img")).to_have_attribute("alt", name)
        expect(self.page.locator("#ship")).to_be_enabled()

    def press(self, *keys: str) -> None:
        """Each once the page is ready for it."""
        for key in keys:
            self.rests()
            self.page.keyboard.press(key)
        self.rests()

    def rests(self, rests: bool = True) -> None:
        expect(self.page.locator("body")).to_have_attribute("aria-busy", "false" if rests else "true")

    def shows(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text)


def pictures(folder: Path) -> list[str]:
    return [each for each in files(folder) if each.endswith(".jpg")]


Opener = Callable[..., Tab]


@pytest.fixture
def open_tab(browser: Browser) -> Iterator[Opener]:
    """Opens an address in a new tab, with options of Playwright's; at the end none may have complained."""
    tabs: list[Tab] = []

    def opening(address: str, **options: Any) -> Tab:
        context = browser.new_context(viewport={"width": 1000, "height": 700}, **options)
        tab = Tab(context.new_page(), address)
        host = re.sub(r"(https?://[^/]+/).*", r"\1", address)

        def look(request: Request) -> None:
            if not request.url.startswith((host, "data:")):
                tab.complaints.append(f"asks {request.url}")

        tab.page.on("request", look)
        tab.page.on("console", lambda message: tab.complaints.append(f"logs {message.text}"))
        tab.page.on("pageerror", lambda error: tab.complaints.append(f"fails with {error}"))
        tab.page.goto(address)
        tabs.append(tab)
        return tab

    yield opening
    complaints = [each for tab in tabs for each in tab.complaints]
    for tab in tabs:
        tab.page.context.close()
    assert not complaints


@pytest.fixture
def tab(folder: Path, open_tab: Opener) -> Iterator[Tab]:
    with serving(folder) as page:
        yield open_tab(page.server.address)


def test_shows_a_picture_and_what_is_known_of_it(tab: Tab) -> None:
    tab.sees(NAMES[0])
    tab.shows("1 of 4", NAMES[0], "the model was uncertain and the scene had changed; probability of a ship 52%")
    width = tab.page.evaluate("document.querySelector('main img').naturalWidth")
    assert width == 200


@pytest.mark.parametrize(("key", "place"), [("s", "ship"), ("S", "ship"), ("n", "no_ship"), ("x", ".set-aside")])
def test_a_key_sorts(tab: Tab, folder: Path, key: str, place: str) -> None:
    tab.sees(NAMES[0])
    tab.press(key)
    tab.sees(NAMES[1])
    tab.shows("2 of 4")
    assert (folder / place / NAMES[0]).is_file()
    assert not (folder / NAMES[0]).exists()


def test_arrows_sort_too(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.press("ArrowRight", "ArrowLeft")
    tab.sees(NAMES[2])
    assert pictures(folder) == [f"no_ship/{NAMES[1]}", *NAMES[2:], f"ship/{NAMES[0]}"]
    tab.shows("1 ship · 1 no ship")


@pytest.mark.parametrize("keys", [("u", "u", "u"), ("Control+z",) * 3, ("Meta+z", "U", "Control+z")])
def test_undo_takes_several_steps_back(tab: Tab, folder: Path, keys: tuple[str, ...]) -> None:
    tab.sees(NAMES[0])
    tab.press("s", "Space", "n")
    tab.sees(NAMES[3])
    tab.press(keys[0])
    tab.sees(NAMES[2])
    tab.press(keys[1])
    tab.sees(NAMES[1])
    tab.press(keys[2])
    tab.sees(NAMES[0])
    assert pictures(folder) == NAMES
    tab.page.keyboard.press("Control+y")
    tab.sees(NAMES[0])


def test_what_is_left_for_later_comes_again(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.press("Space", "s", "Space", "n")
    tab.shows("2 pictures were left for later", "2 of 4 sorted")
    tab.page.keyboard.press("Enter")
    tab.sees(NAMES[0])
    tab.press("s")
    tab.sees(NAMES[2])
    tab.press("Space")
    tab.shows("1 picture was left for later")


def test_at_the_end_it_says_what_comes_next(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.press("s", "n", "s", "x")
    tab.shows("All sorted", "2 ship, 1 no ship, 1 set aside", f"rivereye train {folder} --out runs/mine", "4 of 4")
    expect(tab.page.locator("#ship")).to_be_disabled()
    tab.press("s", "n", "Space", "x")
    assert len(pictures(folder)) == 4
    tab.press("u")
    tab.sees(NAMES[3])
    tab.press("s", "u", "u", "u", "u")
    tab.sees(NAMES[0])


def test_buttons_do_as_keys_do(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.page.click("#ship")
    tab.sees(NAMES[1])
    tab.page.click("#no_ship")
    tab.sees(NAMES[2])
    tab.page.click("#skip")
    tab.sees(NAMES[3])
    tab.press("Space")  # a button that was clicked is not pressed again
    tab.shows("2 pictures were left for later")
    tab.page.click("#again")
    tab.sees(NAMES[2])
    tab.page.click("#aside")
    tab.sees(NAMES[3])
    tab.page.click("#undo")
    tab.sees(NAMES[2])
    assert pictures(folder) == [f"no_ship/{NAMES[1]}", *NAMES[2:], f"ship/{NAMES[0]}"]


def test_a_key_held_down_sorts_one_picture(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    for _ in range(5):
        tab.page.keyboard.down("s")
        tab.page.wait_for_timeout(50)
    tab.page.keyboard.up("s")
    tab.sees(NAMES[1])
    assert len(list((folder / "ship").iterdir())) == 1


def test_other_shortcuts_are_the_browsers(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    for key in ("Alt+s", "Control+x", "Meta+x", "a", "Control+Shift+z"):
        tab.page.keyboard.press(key)
    tab.page.wait_for_timeout(100)
    tab.sees(NAMES[0])
    assert pictures(folder) == NAMES


def test_nothing_is_sorted_before_it_is_seen(folder: Path, browser: Browser) -> None:
    held: list[Route] = []
    with serving(folder) as page:
        context = browser.new_context()
        opened = context.new_page()
        opened.route("**/picture/**", lambda route: held.append(route))
        opened.goto(page.server.address)
        tab = Tab(opened, page.server.address)
        expect(opened.locator("#why")).to_contain_text(NAMES[0])
        tab.rests(False)
        for key in ("s", "n", "x", "u"):
            opened.keyboard.press(key)
        assert pictures(folder) == NAMES
        opened.wait_for_timeout(100)
        for each in held:
            each.continue_()
        tab.sees(NAMES[0])
        context.close()


def test_the_next_pictures_are_loaded_beforehand(tab: Tab) -> None:
    asked: list[str] = []
    tab.sees(NAMES[0])
    tab.page.evaluate("Promise.all([...loaded.values()].map(each => each.ready))")
    tab.page.on("request", lambda request: asked.append(request.url))
    tab.press("s")
    tab.sees(NAMES[1])
    assert not [url for url in asked if NAMES[1] in url]


def test_a_broken_picture_can_only_be_set_aside_or_left(tab: Tab, folder: Path) -> None:
    write_corrupt(folder / NAMES[1], "text")
    tab.page.reload()
    tab.sees(NAMES[0])
    tab.press("s")
    tab.shows("This picture cannot be shown")
    expect(tab.page.locator("#ship")).to_be_disabled()
    tab.press("s", "n")
    assert (folder / NAMES[1]).exists()
    tab.press("x")
    tab.sees(NAMES[2])
    assert (folder / ".set-aside" / NAMES[1]).exists()


def test_two_tabs_do_not_hinder_each_other(folder: Path, browser: Browser) -> None:
    """A refusal is in the console of the browser too, as every answer other than 200 is."""
    with serving(folder) as page:
        contexts = [browser.new_context() for _ in range(2)]
        one, other = (Tab(context.new_page(), page.server.address) for context in contexts)
        for each in (one, other):
            each.page.goto(each.address)
            each.sees(NAMES[0])
        one.press("s")
        one.sees(NAMES[1])
        other.press("n")
        other.sees(NAMES[1])
        other.shows(f"{NAMES[0]} was sorted already, into ship", "2 of 4")
        other.press("n")
        other.sees(NAMES[2])
        one.press("u")
        one.sees(NAMES[0])
        assert pictures(folder) == [f"no_ship/{NAMES[1]}", NAMES[0], *NAMES[2:]]
        for context in contexts:
            context.close()


def test_undo_outlives_a_reload(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.press("s")
    tab.sees(NAMES[1])
    tab.page.reload()
    tab.sees(NAMES[1])
    tab.press("u")
    tab.sees(NAMES[0])
    assert pictures(folder) == NAMES


def test_pictures_that_come_meanwhile_are_shown_too(tab: Tab, folder: Path) -> None:
    tab.sees(NAMES[0])
    tab.press("s", "s", "s")
    save(draw(True, 9), folder / "north_00005.jpg")
    tab.press("n")
    tab.sees("north_00005.jpg")
    tab.shows("5 of 5")


def test_a_click_enlarges_the_picture(tab: Tab) -> None:
    tab.sees(NAMES[0])
    picture = tab.page.locator("main img")
    before = picture.bounding_box()
    picture.click()
    after = picture.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 2 * before["width"]
    picture.click()
    assert picture.bounding_box() == before


def test_it_fits_a_phone_and_a_dark_room(folder: Path, open_tab: Opener) -> None:
    with serving(folder) as page:
        light = open_tab(page.server.address, color_scheme="light")
        dark = open_tab(page.server.address, color_scheme="dark")
        colour = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
        assert min(light.page.evaluate(colour)) > 200
        assert max(dark.page.evaluate(colour)) < 60
        dark.page.set_viewport_size({"width": 360, "height": 640})
        dark.sees(NAMES[0])
        assert dark.page.evaluate("document.documentElement.scrollWidth") <= 360
        for name in ("ship", "no_ship", "undo", "skip", "aside"):
            box = dark.page.locator(f"#{name}").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 640
            assert box["height"] >= 40
        stage = dark.page.locator("main").bounding_box()
        assert stage is not None
        assert stage["height"] > 250


def test_another_page_cannot_sort(folder: Path, browser: Browser) -> None:
    """A page of another origin does not know the token, and even with it may not frame the page or read an answer."""
    with serving(folder) as ours, serving(folder) as foreign:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://localhost:{foreign.server.server_port}/{foreign.server.token}/nothing")
        ask = "url => fetch(url, {method: 'POST', body: '{}'}).then(answer => answer.text(), error => 'refused')"
        assert page.evaluate(ask, f"http://127.0.0.1:{ours.server.server_port}/sort") == "refused"
        assert page.evaluate(ask, f"{ours.server.address}sort") == "refused"
        context.close()
    assert pictures(folder) == NAMES


def test_once_the_command_has_ended_the_page_says_so(folder: Path, browser: Browser) -> None:
    with labelling(folder) as (process, address):
        context = browser.new_context()
        tab = Tab(context.new_page(), address)
        tab.page.goto(address)
        tab.sees(NAMES[0])
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        tab.press("s")
        tab.shows("no answer: has `rivereye label` ended? Start it again; nothing is lost")
        assert pictures(folder) == NAMES
        with pytest.raises(Error):
            tab.page.reload()
        context.close()


def test_from_a_clip_to_a_folder_that_training_takes(tmp_path: Path, open_tab: Opener) -> None:
    """With the released model and the demo's clip, in which a ship is in sight from about 7 to 18 s."""
    folder = tmp_path / "mine"
    clip = ROOT / "stream" / "demo" / "river.mp4"
    done = rivereye("collect", clip, "--out", folder)
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in folder.glob("*.jpg"))
    assert 4 <= len(names) <= 16
    assert "flipped" in (folder / "collected.csv").read_text(encoding="utf-8")
    with start("label", folder, "--no-browser") as process:
        assert process.stderr is not None
        address = re.search(r"http\S+", process.stderr.readline())
        assert address is not None
        tab = open_tab(address[0])
        for number, name in enumerate(names):
            tab.sees(name)
            tab.press("s" if number % 2 else "n")
        tab.shows("All sorted", f"rivereye train {folder}")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert f"{len(names)} pictures sorted" in said
    samples = find_samples([folder], "ship", Grouping())
    assert sorted(each.path.name for each in samples) == names
    assert {each.group for each in samples} == {"river"}
    assert sum(each.label for each in samples) == len(names) // 2
