"""In which language a page speaks, and how it writes numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stream.web.troubles import TROUBLES, russian
from stream.web.words import ENDS, REASONS, RUSSIAN

LANGUAGES = ("en", "ru")
COOKIE = "language"


@dataclass(frozen=True, slots=True)
class Language:
    """English, whose sentences stand in the templates, or Russian, which has one for each of them."""

    name: str

    def say(self, text: str) -> str:
        """Raises KeyError where Russian lacks it."""
        return text if self.name == "en" else RUSSIAN[text]

    def trouble(self, text: str) -> str:
        """As `say`, of a sentence that may come from elsewhere: one that is not known stays English, and that is said."""
        return text if self.name == "en" else RUSSIAN.get(text) or russian(text)

    @property
    def troubles(self) -> Sequence[tuple[str, str]]:
        """As `TROUBLES`: what becomes of sentences from elsewhere."""
        return () if self.name == "en" else TROUBLES

    def reason(self, reason: str) -> str:
        """Why nothing was seen, or how a camera is; one that is not known stays as it is."""
        english = REASONS.get(reason, reason)
        return english if self.name == "en" else RUSSIAN.get(english, english)

    @property
    def reasons(self) -> dict[str, str]:
        """All that are known."""
        return {each: self.reason(each) for each in REASONS}

    @property
    def ends(self) -> dict[str | None, str]:
        """Why passages ended."""
        return {each: self.say(text) for each, text in ENDS.items()}

    def number(self, value: float, digits: int = 0) -> str:
        text = f"{value:,.{digits}f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        return text if self.name == "en" else text.replace(".", ",")

    def percent(self, share: float | None) -> str:
        """Rounded so that only what is whole is called so."""
        if share is None:
            return "\N{EN DASH}"
        value = min(99.9, 100 * share) if share < 1 else 100.0
        space = "" if self.name == "en" else "\N{NO-BREAK SPACE}"
        return f"{self.number(value, 0 if value == 100 else 1)}{space}%"

    def length(self, seconds: float) -> str:
        """A stretch of time: two units at most, of which no second one is 0; tenths below 10 s, where there are any. `wall.js` does it alike."""
        gap = "\N{NO-BREAK SPACE}"
        tenths = math.floor(10 * seconds + 0.5)  # as a browser rounds
        if tenths < 100:
            return f"{self.number(tenths / 10, 1 if tenths % 10 else 0)}{gap}{self.say('s')}"
        whole = math.floor(seconds + 0.5)
        # Of hours, the seconds are left out.
        units = (
            (whole // 3600, "h", whole // 60 % 60, "min") if whole >= 3600 else (whole // 60, "min", whole % 60, "s")
        )
        first, one, second, other = units
        large = [f"{first}{gap}{self.say(one)}"] if first else []
        small = [f"{second:{'02d' if first else 'd'}}{gap}{self.say(other)}"] if second else []
        return " ".join([*large, *small])


def language_for(wanted: str | None, kept: str | None, headers: Mapping[str, str]) -> Language:
    """The one asked for, or chosen before, or that the browser likes best; else English."""
    for name in (wanted, kept):
        if name in LANGUAGES:
            return Language(str(name))
    return Language(_liked(headers.get("accept-language", "")))


def _liked(header: str) -> str:
    best, most = "en", 0.0
    for part in header[:500].split(","):
        tag, _, quality = part.partition(";q=")
        name = tag.strip().lower().partition("-")[0]
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if name in LANGUAGES and weight > most:
            best, most = name, weight
    return best
