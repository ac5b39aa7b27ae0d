"""The scores of a passage as a line."""

from collections.abc import Iterator
from dataclasses import dataclass

from stream.store.curves import Curve

WIDTH, HEIGHT = 600.0, 160.0
"""Of the drawing; scores of 0 lie at the bottom, of 1 at the top."""
TICKS = 5


@dataclass(frozen=True, slots=True)
class Drawn:
    """`lines`: points of lines, one for each stretch in which scores followed one another. `dots`: scores that stand alone.

    `begin`, `end`: where the passage lies. `ticks`: position and seconds from its start.
    """

    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    begin: float
    end: float
    ticks: tuple[tuple[float, float], ...]
    width: float = WIDTH
    height: float = HEIGHT


def drawn(curve: Curve, length: float) -> Drawn:
    """`length`: of the passage, in seconds."""
    first = min(0.0, curve.begin)
    last = max(length, curve.begin + curve.step * (len(curve.scores) - 1))
    span = max(last - first, 0.001)

    def x(seconds: float) -> float:
        return round(WIDTH * (seconds - first) / span, 1)

    stretches = list(_stretches(curve))
    points = [[(x(at), round(HEIGHT * (1 - score), 1)) for at, score in each] for each in stretches]
    step = _round_step(span / TICKS)
    count = int(last // step)
    return Drawn(
        lines=tuple(" ".join(f"{left},{top}" for left, top in each) for each in points if len(each) > 1),
        dots=tuple(each[0] for each in points if len(each) == 1),
        begin=x(0.0),
        end=x(length),
        ticks=tuple((x(step * number), step * number) for number in range(count + 1)),
    )


def _stretches(curve: Curve) -> Iterator[list[tuple[float, float]]]:
    """Seconds and scores that follow one another."""
    found: list[tuple[float, float]] = []
    for number, score in enumerate(curve.scores):
        if score is not None:
            found.append((curve.begin + curve.step * number, score))
        elif found:
            yield found
            found = []
    if found:
        yield found


def _round_step(seconds: float) -> float:
    """1, 2 or 5 times a power of ten, that is no shorter."""
    power = 0.01
    while True:
        for factor in (1, 2, 5):
            if power * factor >= seconds:
                return power * factor
        power *= 10
