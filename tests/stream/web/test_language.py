"""English and Russian say the same."""

import re
from pathlib import Path
from sqlite3 import SQLITE_CANTOPEN, OperationalError

import pytest
from sqlalchemy.exc import DBAPIError

from models.errors import SourceError, StoreError
from stream.sources.opening import Opening
from stream.sources.source import open_source
from stream.store.place import place_named
from stream.store.reading import Reader
from stream.store.trouble import POSTGRES_HINTS, SQLITE_AWAY, trouble_of
from stream.web.desk import FOLDER
from stream.web.language import Language, language_for
from stream.web.troubles import HINTS
from stream.web.words import ENDS, REASONS, RUSSIAN

SAID = re.compile(r"""_\(\s*"([^"]+)"\s*\)""")
SENTENCES = re.compile(r'(?:trouble\(request, \d+, |NO_DAY = |wrong=|^    \d+: )"([^"]+)"', re.MULTILINE)
EN, RU = Language("en"), Language("ru")


def said() -> set[str]:
    """All that pages may say."""
    templates = {text for path in FOLDER.glob("templates/*.j2") for text in SAID.findall(path.read_text())}
    code = {text for path in FOLDER.glob("*.py") for text in SENTENCES.findall(path.read_text())}
    assert len(templates) > 80
    assert "There is no such camera." in code
    assert "This is not the token." in code
    return templates | code | set(REASONS.values()) | set(ENDS.values()) | {"h", "min", "s"}


def test_each_sentence_has_its_russian_one_and_none_is_left_over() -> None:
    assert said() == RUSSIAN.keys()


def test_russian_is_russian() -> None:
    assert [text for text in RUSSIAN.values() if not re.search("[\u0410-\u044f]", text)] == []


@pytest.mark.parametrize(
    ("wanted", "kept", "header", "expected"),
    [
        (None, None, "", "en"),
        (None, None, "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, None, "de-DE,de;q=0.9,en;q=0.5,ru;q=0.4", "en"),
        (None, None, "ru;q=0.3,en;q=0.7", "en"),
        (None, None, "ru;q=nonsense", "en"),
        (None, "ru", "en", "ru"),
        ("en", "ru", "ru", "en"),
        ("xx", "yy", "ru", "ru"),
    ],
)
def test_the_reader_chooses(wanted: str | None, kept: str | None, header: str, expected: str) -> None:
    assert language_for(wanted, kept, {"accept-language": header}).name == expected


def test_numbers_and_lengths() -> None:
    assert (EN.number(1234567.891, 1), RU.number(1234567.891, 1)) == ("1\u202f234\u202f567.9", "1\u202f234\u202f567,9")
    assert (EN.length(0), EN.length(3.25), EN.length(59.4)) == ("0\xa0s", "3.3\xa0s", "59\xa0s")
    assert (EN.length(9.94), EN.length(9.97), EN.length(10)) == ("9.9\xa0s", "10\xa0s", "10\xa0s")
    assert (EN.length(59.6), EN.length(300), EN.length(3599.6), EN.length(86400)) == (
        "1\xa0min",
        "5\xa0min",
        "1\xa0h",
        "24\xa0h",
    )
    assert (EN.length(61), RU.length(3600 * 7 + 60)) == ("1\xa0min 01\xa0s", "7\xa0ч 01\xa0мин")


def test_only_what_is_whole_is_called_so() -> None:
    assert [EN.percent(share) for share in (None, 0.0, 0.5, 0.99999, 1.0)] == [
        "\N{EN DASH}",
        "0.0%",
        "50.0%",
        "99.9%",
        "100%",
    ]
    assert RU.percent(0.125) == "12,5\xa0%"


def test_what_is_not_known_stays_as_it_is() -> None:
    assert RU.reason("dark") == "слишком темно"
    assert RU.reason("<b>") == EN.reason("<b>") == "<b>"


def test_trouble_is_told_in_russian(tmp_path: Path) -> None:
    """Sentences as they are made; what is not known is English, and that is said."""
    with Reader(str(tmp_path / "none.db")) as reader, pytest.raises(StoreError) as none:
        reader.cameras()
    assert RU.trouble(str(none.value)).startswith(f"хранилища {tmp_path}/none.db нет")
    lost = OperationalError("unable to open database file")
    lost.sqlite_errorcode = SQLITE_CANTOPEN
    away = str(trouble_of(DBAPIError("", {}, lost), place_named(str(tmp_path / "river.db"))))
    assert RU.trouble(away) == (
        f"хранилищем {tmp_path}/river.db сейчас нельзя пользоваться: unable to open database file; "
        "есть ли его папка и можно ли в неё писать?"
    )
    with pytest.raises(SourceError) as refused:
        open_source("http://127.0.0.1:9/none", Opening())
    assert RU.trouble(str(refused.value)) == (
        "не открыть http://127.0.0.1:9/none: отказ, не найдено или не видео; проверьте адрес, имя и пароль"
    )
    assert RU.trouble("no frame for 12 s") == "кадров нет уже 12 с"
    assert RU.trouble("There is no such camera.") == "Такой камеры нет."
    assert RU.trouble("codec x") == "подробности по-английски: codec x"
    assert EN.trouble("codec x") == "codec x"


def test_hints_are_those_that_stores_give() -> None:
    assert HINTS.keys() == {*SQLITE_AWAY.values(), *POSTGRES_HINTS.values()}
