"""Cookies that cannot be forged, and guesses that are counted."""

import pytest

from stream.web.tokens import ALL_GUESSES, GUESSES, MINUTE_S, REMEMBERED, SESSION_S, Gate, Guesses
from tests.stream.web.rooms import TOKEN


class Times:
    """A clock that is turned by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_who_knows_it_is_let_in_until_the_cookie_ends() -> None:
    clock = Times()
    gate = Gate(TOKEN, clock)
    assert gate.knows(TOKEN)
    cookie = gate.cookie()
    assert TOKEN not in cookie
    assert gate.admits(cookie)
    assert Gate(TOKEN, clock).admits(cookie), "a new start ends no cookie"
    assert not Gate(f"{TOKEN}!", clock).admits(cookie), "another token does"
    clock.now += SESSION_S + 1
    assert not gate.admits(cookie)


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], f"{TOKEN} ", TOKEN.upper(), "\udcff", "ключ"])
def test_nothing_else_is_the_token(wrong: str) -> None:
    assert not Gate(TOKEN).knows(wrong)


def test_no_cookie_can_be_made_by_hand() -> None:
    clock = Times()
    gate = Gate(TOKEN, clock)
    until, _, signed = gate.cookie().partition(".")
    for forged in (f"{int(until) + 1}.{signed}", signed, f".{signed}", until, f"{until}.", "x.y", "", "\udcff.\udcff"):
        assert not gate.admits(forged)


def test_guesses_from_one_place_are_few() -> None:
    clock = Times()
    guesses = Guesses(clock)
    for _ in range(GUESSES):
        assert guesses.wait("10.0.0.1") == 0
        guesses.wrong("10.0.0.1")
    assert 0 < guesses.wait("10.0.0.1") <= MINUTE_S + 1
    assert guesses.wait("10.0.0.2") == 0
    clock.now += MINUTE_S + 1
    assert guesses.wait("10.0.0.1") == 0


def test_guesses_from_everywhere_are_few_and_cost_little_memory() -> None:
    guesses = Guesses(Times())
    for number in range(ALL_GUESSES):
        assert guesses.wait(f"10.0.{number}.1") == 0
        guesses.wrong(f"10.0.{number}.1")
    assert guesses.wait("10.9.9.9") > 0
    for number in range(REMEMBERED + 50):
        guesses.wrong(str(number))
    assert len(guesses._of) == REMEMBERED


def test_who_has_many_addresses_is_one() -> None:
    guesses = Guesses(Times())
    for number in range(GUESSES):
        guesses.wrong(f"2001:db8::{number:x}")
    assert guesses.wait("2001:db8::ffff") > 0
    assert guesses.wait("2001:db8:0:1::1") == 0
