"""Who knows the token: typed once in a browser, which keeps a cookie, or sent by a program with each request."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

SESSION_S = 30 * 86_400
COOKIE = "rivereye"
MINUTE_S = 60.0
GUESSES, ALL_GUESSES = 10, 60
"""Wrong tokens of a minute that are told so: from one address, and from all of them. More are told to wait."""
REMEMBERED = 10_000
"""Addresses."""


class Gate:
    """Cookies hold nothing but when they end, signed with a key made from the token: another token ends them all, and a new start none.

    Args:
        token: what has to be known.
        wall, monotonic: seconds.
    """

    def __init__(
        self, token: str, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._token = token.encode()
        self._key = hashlib.sha256(b"rivereye session\0" + self._token).digest()
        self._wall = wall
        self.guesses = Guesses(monotonic)

    def knows(self, token: str) -> bool:
        """Takes as long for any wrong one."""
        return hmac.compare_digest(
            hashlib.sha256(token.encode(errors="replace")).digest(), hashlib.sha256(self._token).digest()
        )

    def cookie(self) -> str:
        """For somebody who knew it."""
        until = str(int(self._wall()) + SESSION_S)
        return f"{until}.{self._signed(until)}"

    def admits(self, cookie: str) -> bool:
        """Whether it is one of ours, and has not ended."""
        until, _, signed = cookie.partition(".")
        genuine = hmac.compare_digest(signed.encode(errors="replace"), self._signed(until).encode())
        return genuine and int(until) > self._wall()

    def _signed(self, text: str) -> str:
        return hmac.new(self._key, text.encode(errors="replace"), hashlib.sha256).hexdigest()


class Guesses:
    """Counts wrong tokens of the last minute. May be used by several threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._of: OrderedDict[str, list[float]] = OrderedDict()
        self._all: list[float] = []
        self._lock = Lock()

    def refused(self, client: str) -> int:
        """Counts one. Seconds until the next from there is looked at as one of few; 0: it is still one of those.

        The right token is never counted, nor refused: else whoever sends wrong ones from behind the same proxy would lock out all who know it. So a
        guesser may try as many as the machine answers, which SHORTEST_TOKEN allows for.
        """
        if wait := self.wait(client):
            return wait
        self.wrong(client)
        return 0

    def wait(self, client: str) -> int:
        """Seconds until a wrong one from there is one of few again; 0: it is."""
        with self._lock:
            now = self._monotonic()
            self._all = _young(self._all, now)
            mine = _young(self._of.get(_network(client), []), now)
            ends = [
                mine[-GUESSES] if len(mine) >= GUESSES else None,
                self._all[0] if len(self._all) >= ALL_GUESSES else None,
            ]
            return max((int(began + MINUTE_S - now) + 1 for began in ends if began is not None), default=0)

    def wrong(self, client: str) -> None:
        with self._lock:
            now, network = self._monotonic(), _network(client)
            self._of[network] = [*_young(self._of.pop(network, []), now), now][-GUESSES:]
            self._all = [*_young(self._all, now), now][-ALL_GUESSES:]
            while len(self._of) > REMEMBERED:
                self._of.popitem(last=False)


def _young(times: list[float], now: float) -> list[float]:
    return [each for each in times if now - each < MINUTE_S]


def _network(client: str) -> str:
    """Of IPv6 whoever has one address has 2^64 of them."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else client
