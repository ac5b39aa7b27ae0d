"""The pages in a real browser: what people see, at a desk and on a phone, by day and by night, in two languages."""

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect

from stream.configuration.settings import Settings
from stream.web.language import LANGUAGES, Language
from stream.web.web import Web
from tests.browsers import chromium, needs_chromium
from tests.stream.store.makers import minute, until
from tests.stream.web.rooms import TOKEN, fill, served

NORTH = "box=lock&camera=north"
PAGES = ("/", "/day", "/passages", "/counts", "/counts?by=hour", f"/camera?{NORTH}", f"/log?{NORTH}", "/day?day=x")

pytestmark = [
    pytest.mark.timeout(180),
    needs_chromium,
]
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser, web: Web) -> Iterator[Opener]:
    """Opens a page; at the end none may have asked for anything elsewhere, nor have complained."""
    complaints: list[str] = []
    contexts: list[BrowserContext] = []

    def opening(path: str, width: int = 1280, at: Web = web, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        tab = context.new_page()

        def asks(each: Request) -> None:
            if not each.url.startswith(at.address):
                complaints.append(each.url)

        def says(each: ConsoleMessage) -> None:
            if "404" not in each.text:  # of a page that is not there
                complaints.append(each.text)

        tab.on("request", asks)
        tab.on("console", says)
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("dialog", lambda each: complaints.append(each.message))
        tab.goto(f"{at.address.rstrip('/')}{path}")
        return tab

    yield opening
    for each in contexts:
        each.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_and_can_be_read(opened: Opener, width: int, scheme: str) -> None:
    """Nothing runs off the side; text stands out from what is behind it; what is pressed is large enough for a finger."""
    for path in PAGES:
        tab = opened(path, width, color_scheme=scheme, locale="ru-RU" if scheme == "dark" else "en-GB")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, path
        dark = tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)[0] < 60")
        assert dark == (scheme == "dark")
        assert tab.evaluate(PALE) == [], path
        expect(tab.locator("html")).to_have_attribute("lang", "ru" if scheme == "dark" else "en")
        assert all(box["height"] >= 24 for box in tab.evaluate(PRESSED)), path


PALE = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (text) => channels(text).slice(0, 3).map((each) => each / 255)
    .map((each) => each <= .03928 ? each / 12.92 : ((each + .055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [.2126, .7152, .0722][at], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if ((channels(colour)[3] ?? 1) > .5) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("main p, main td, main th, main dt, main dd, main a, main h1, main h2, header a, footer *, button, label")]
    .filter((each) => each.checkVisibility() && each.textContent.trim() && !each.closest("svg"))
    .filter((each) => {
      const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
      return (a + .05) / (b + .05) < 4.5;
    }).map((each) => each.outerHTML.slice(0, 80));
}"""
"""What has a contrast below 4.5 : 1, which WCAG 2 wants."""
PRESSED = "() => [...document.querySelectorAll('button, select, header a')].filter((each) => each.checkVisibility()).map((each) => ({height: each.getBoundingClientRect().height + (each.className === 'plain' ? 9 : 0)}))"


def test_the_day_shows_ships_and_hatches_what_was_not_seen(opened: Opener) -> None:
    tab = opened("/day?day=2026-11-25")
    ships = tab.locator(".timeline a")
    assert ships.count() == 10
    gaps = tab.locator(".timeline .gap title")
    assert [text for text in gaps.all_text_contents() if "no connection" in text] == [
        "not seen: no connection, 10:00\N{EN DASH}10:20"
    ]
    assert tab.locator(".timeline .gap").first.evaluate("each => getComputedStyle(each).fill") == 'url("#unseen")'
    ships.nth(3).focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("h1")).to_contain_text("Passage: 2026-11-25")
    expect(tab.locator(".curve .line")).to_be_visible()
    expect(tab.locator(".best img")).to_be_visible()
    assert tab.locator(".best img").evaluate("each => each.naturalWidth") == 640


def test_a_day_on_which_nobody_watched_is_no_day_without_ships(opened: Opener, tmp_path: Path) -> None:
    expect(opened("/day?day=2026-01-01").locator(".note")).to_contain_text("no count of 0")
    place = str(tmp_path / "river.db")
    fill(place, minute(-3 * 1440, 10**8))
    with served(place) as web:
        rows = opened("/counts", at=web).locator("tbody tr")
        assert rows.count() == 4, "before the first record there is nothing to be said"
        assert rows.nth(1).locator("td").all_inner_texts() == ["\N{EN DASH}", "0.0%", "\N{EN DASH}"]


def test_a_camera_that_is_new_is_not_hatched_from_midnight(opened: Opener) -> None:
    """South was set up at 9:00, north watched since midnight."""
    tab = opened("/day?day=2026-11-25")
    before = tab.locator(".timeline .before")
    assert before.count() == 2, "of south, and of the one that means harm"
    assert before.last.evaluate("each => getComputedStyle(each).fill") == "none"
    assert before.last.locator("title").text_content() == "before the first record"
    expect(tab.locator(".legend")).to_contain_text("before the first record")
    expect(tab.locator(".timeline .camera").last).to_have_text("south · 100% since 09:00")
    assert "south" not in tab.locator(".timeline .gap title").all_text_contents()
    expect(opened("/day?day=2026-11-26").locator(".legend")).to_have_count(0)


def test_on_a_phone_a_day_that_lasts_is_shown_where_it_is_now(opened: Opener) -> None:
    """At 19:00, and not at midnight, on a drawing that is wider than the screen."""
    tab = opened("/day?day=2026-11-25", 390)
    right = tab.locator(".scroll").evaluate("each => (each.scrollLeft + each.clientWidth) / each.scrollWidth")
    assert right == pytest.approx(19 / 24, abs=0.01)
    assert opened("/day?day=2026-11-24", 390).locator(".scroll[data-newest]").count() == 0


def test_on_a_phone_names_stay_beside_their_rows(opened: Opener) -> None:
    """However far the drawing is scrolled."""
    tab = opened("/day?day=2026-11-25", 375)
    names, drawing = tab.locator(".timeline .camera"), tab.locator(".scroll")

    def inside() -> bool:
        outer = drawing.bounding_box()
        assert outer is not None
        boxes = [each.bounding_box() for each in names.all()]
        return all(box is not None and outer["x"] <= box["x"] < outer["x"] + 20 for box in boxes)

    assert drawing.evaluate("each => each.scrollLeft") > 100
    until(inside)
    drawing.evaluate("each => { each.scrollLeft = 50; }")
    until(inside)
    south = names.last.bounding_box()
    assert south is not None
    assert south["height"] > 13, "it can be read"


def test_on_a_phone_words_of_a_log_are_whole(opened: Opener) -> None:
    """Above values stand their names, which take one line each where they are one word."""
    tab = opened(f"/log?{NORTH}&day=2026-11-25", 375, locale="ru-RU")
    cell = tab.locator("td[data-name='Длительность']").last
    height = "each => parseFloat(getComputedStyle(each, '::before').height)"
    assert cell.evaluate(height) < 25
    assert tab.locator("td[data-name='Длительность']").first.evaluate(height) < 25


def test_the_scale_of_a_score_fits(opened: Opener) -> None:
    for width in (390, 1280):
        tab = opened("/day?day=2026-11-25", width)
        tab.goto(tab.url.partition("/day")[0] + str(tab.locator(".timeline a").nth(3).get_attribute("href")))
        drawing = tab.locator(".curve")
        outer = drawing.bounding_box()
        assert outer is not None
        for each in drawing.locator("text").all():
            box = each.bounding_box()
            assert box is not None
            assert box["x"] >= outer["x"] - 0.5, each.text_content()
            assert box["y"] >= outer["y"] - 0.5, each.text_content()


def test_colours_are_as_the_reader_chooses(opened: Opener) -> None:
    """Without a script, from the first moment on, by keys, and on all pages."""
    tab = opened("/counts?by=hour", color_scheme="light", java_script_enabled=False)
    tab.get_by_role("link", name="Dark").focus()
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile("by=hour&theme=dark"))
    expect(tab.locator("body")).to_have_css("background-color", "rgb(18, 23, 26)")
    tab.get_by_role("link", name="Day", exact=True).click()
    expect(tab.locator("body")).to_have_css("background-color", "rgb(18, 23, 26)")
    expect(tab.get_by_role("link", name="Dark")).to_have_attribute("aria-current", "true")
    tab.get_by_role("link", name="As the system").click()
    expect(tab.locator("body")).to_have_css("background-color", "rgb(245, 246, 245)")


def test_lengths_and_troubles_are_written_alike_here_and_there(opened: Opener) -> None:
    """By the script of the wall as by the pages, so that nothing jumps when news come."""
    seconds = (0, 0.04, 3, 3.25, 9.94, 9.96, 10, 10.4, 59.4, 59.6, 61, 119.6, 300, 3599.4, 3599.6, 3660, 86400, 90061)
    told = ("no frame for 12 s", "the store a b.db cannot be used now: locked; another program holds it", "codec x")
    for language in map(Language, LANGUAGES):
        tab = opened(f"/?lang={language.name}")
        assert tab.evaluate("all => all.map(length)", seconds) == [language.length(each) for each in seconds]
        assert tab.evaluate("all => all.map(trouble)", told) == [language.trouble(each) for each in told]


def test_arrows_turn_days(opened: Opener) -> None:
    tab = opened("/day?day=2026-11-24")
    tab.keyboard.press("ArrowRight")
    expect(tab.locator("h1")).to_contain_text("2026-11-25")
    tab.wait_for_load_state()  # with the script that hears keys
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator("h1")).to_contain_text("2026-11-24")
    tab.locator("input[type=date]").focus()
    tab.keyboard.press("ArrowLeft")
    expect(tab.locator("h1")).to_contain_text("2026-11-24")


def test_cameras_are_chosen_from_a_list_also_those_of_strange_names(opened: Opener) -> None:
    tab = opened("/passages")
    tab.select_option("select", index=1)
    tab.get_by_role("button", name="Show").click()
    assert tab.locator("tbody tr").count() == 1
    assert tab.locator("select").evaluate("each => each.selectedIndex") == 1
    tab.select_option("select", label="north")
    tab.get_by_role("button", name="Show").click()
    assert tab.locator("tbody tr").count() == 6
    with tab.expect_download() as download:
        tab.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "passages-north.csv"
    assert len(download.value.path().read_text().splitlines()) == 7


def test_the_language_is_kept(opened: Opener) -> None:
    tab = opened("/counts?by=hour")
    tab.get_by_role("link", name="Русский").click()
    expect(tab.locator("h1")).to_contain_text("Проходы по часам")
    tab.get_by_role("link", name="День", exact=True).click()
    expect(tab.locator("h1")).to_contain_text("День реки")


def test_zones_are_drawn_by_mouse_and_by_key_and_are_what_a_configuration_takes(opened: Opener) -> None:
    tab = opened(f"/camera?{NORTH}")
    drawing, text = tab.locator(".canvas svg"), tab.locator("#toml")
    expect(text).to_have_value("zones = { channel = [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9]] }")
    expect(tab.locator("label[for=toml]")).to_contain_text("in the table [cameras.north], in the place of its zones")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    tab.locator("#zone-name").fill("lock-gate.1")
    corners = ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4))
    for x, y in (*corners, corners[0]):
        tab.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    zones = _zones(text.input_value())
    assert [[round(x, 2), round(y, 2)] for x, y in zones["lock-gate.1"]] == [list(each) for each in corners]
    # A corner is dragged, beyond the edge: it stays within the picture.
    tab.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.4 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 1.5 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
    tab.mouse.up()
    moved = _zones(text.input_value())["lock-gate.1"][2]
    assert moved[0] == 1
    assert abs(moved[1] - 0.6) < 0.01
    drawing.focus()
    for keys in ("Enter", "ArrowRight Enter", "Shift+ArrowDown Enter", "Backspace", "Enter", "c"):
        for key in keys.split():
            tab.keyboard.press(key)
    assert _zones(text.input_value())["lock-gate-2"] == [[0.5, 0.5], [0.51, 0.5], [0.51, 0.55]]
    settings = Settings.model_validate({"cameras": {"north": {"source": "test", "zones": _zones(text.input_value())}}})
    assert set(settings.cameras["north"].zones) == {"channel", "lock-gate.1", "lock-gate-2"}
    tab.get_by_role("button", name="Remove channel").click()
    assert set(_zones(text.input_value())) == {"lock-gate.1", "lock-gate-2"}
    tab.get_by_role("button", name="Remove all").click()
    expect(tab.locator("#zone-removals button")).to_have_count(0)
    expect(text).to_have_value("# no zones: the whole picture is looked at")


def test_a_zone_that_the_configuration_would_refuse_is_left_out_and_said(opened: Opener) -> None:
    tab = opened(f"/camera?{NORTH}")
    drawing, text, note = tab.locator(".canvas svg"), tab.locator("#toml"), tab.locator("#zone-note")
    expect(note).to_be_hidden()
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    assert box is not None
    tab.locator("#zone-name").fill("bow-tie")
    for x, y in ((0.2, 0.2), (0.4, 0.4), (0.4, 0.2), (0.2, 0.4)):
        tab.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
    tab.get_by_role("button", name="Close the zone").click()
    expect(note).to_contain_text("drag its corners, or remove it: bow-tie")
    assert set(_zones(text.input_value())) == {"channel"}
    tab.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.2 * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.6 * box["height"], steps=4)
    tab.mouse.up()
    expect(note).to_be_hidden()
    assert set(_zones(text.input_value())) == {"channel", "bow-tie"}


def _zones(text: str) -> dict[str, list[list[float]]]:
    """Where people paste it: below the table of its camera."""
    zones: dict[str, list[list[float]]] = tomllib.loads(f"[cameras.north]\n{text}")["cameras"]["north"]["zones"]
    return zones


def test_one_logs_in_and_out(opened: Opener, river: str) -> None:
    with served(river, token=TOKEN) as web:
        tab = opened("/day?day=2026-11-25", at=web)
        expect(tab.locator("header nav")).to_have_count(0)
        expect(tab.get_by_role("button", name="Log out")).to_have_count(0)
        tab.get_by_label("Token").fill(TOKEN)
        tab.keyboard.press("Enter")
        expect(tab.locator("h1")).to_contain_text("2026-11-25")
        assert tab.evaluate("document.cookie") == "", "no script can read it"
        tab.get_by_role("link", name="Now").click()
        expect(tab.locator(".card")).to_have_count(3)
        tab.get_by_role("button", name="Log out").click()
        expect(tab.locator("h1")).to_have_text("Log in")
        tab.goto(web.address)
        expect(tab.locator("h1")).to_have_text("Log in")
