"""Sentences about trouble that come from elsewhere in rivereye, in Russian: those of a fixed form, each with what stands in it."""

import re
from collections.abc import Sequence

AWAY = "the store (.+) cannot be used now: (.+)"
HINTS = {
    "another program holds it": "его держит другая программа",
    "make room": "освободите место на диске",
    "is its disk well, and is there room?": "исправен ли диск и есть ли на нём место?",
    "is its folder there, and may this user write in it?": "есть ли его папка и можно ли в неё писать?",
    "memory is short": "не хватает памяти",
    "give the user and password that it knows": "укажите имя и пароль, которые ему известны",
    "create it, or give another": "создайте базу или укажите другую",
    "let the user create tables and write": "разрешите пользователю создавать таблицы и писать",
    "let it have more connections": "разрешите серверу больше соединений",
}
"""Of a store that is away: see `stream/store/trouble.py`."""
TROUBLES: Sequence[tuple[str, str]] = (
    *(
        (f"{AWAY}; {re.escape(hint)}", f"хранилищем {{0}} сейчас нельзя пользоваться: {{1}}; {russian}")
        for hint, russian in HINTS.items()
    ),
    (AWAY, "хранилищем {0} сейчас нельзя пользоваться: {1}"),
    (
        "no store at (.+); `rivereye stream --store` makes one",
        "хранилища {0} нет; его создаёт `rivereye stream --store`",
    ),
    (
        "the store (.+) has tables of version (.+), and (.+) is wanted; `rivereye store upgrade` makes it so",
        "таблицы хранилища {0} версии {1}, а нужна {2}; их обновит `rivereye store upgrade`",
    ),
    ("no frame for ([0-9]+) s", "кадров нет уже {0} с"),
    ("its decoder has not answered for ([0-9]+) s, and was given up", "декодер молчал {0} с и остановлен"),
    (
        "(.+) was lost after ([0-9]+) frames: it ended, or gave nothing for (.+) s",
        "{0}: связь потеряна, кадров было {1}: поток кончился или молчал {2} с",
    ),
    (
        "cannot open (.+): no answer within (.+) s; check address, user and password",
        "не открыть {0}: ответа нет {1} с; проверьте адрес, имя и пароль",
    ),
    (
        "cannot open (.+): refused, not found, or no video; check address, user and password",
        "не открыть {0}: отказ, не найдено или не видео; проверьте адрес, имя и пароль",
    ),
    (
        "cannot open (.+): (.+); check address, user and password",
        "не открыть {0}: {1}; проверьте адрес, имя и пароль",
    ),
    (
        "cannot open camera ([0-9]+): not connected, in use, or not permitted; .+",
        "не открыть камеру {0}: не подключена, занята или нет прав; `ls /dev/video*` покажет, какие есть",
    ),
    (
        "(.+) opens, but not one frame can be decoded; is it complete[?]",
        "{0} открывается, но ни один кадр не читается",
    ),
    ("(.+)", "подробности по-английски: {0}"),
)
"""Regular expressions that Python and browsers read alike; the first one that fits counts."""


def russian(text: str) -> str:
    for pattern, sentence in TROUBLES:
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return sentence.format(*found.groups())
    return text
