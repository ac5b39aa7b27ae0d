"""About how long a benchmark will take, before it begins."""

from stream.bench.report import Clip
from stream.bench.scenarios import HALVINGS, SEARCHES
from stream.bench.stages import WAYS
from stream.bench.sweep import settings
from stream.bench.tune import MOST
from stream.bench.wanted import Wanted

PIXELS = 1920 * 1080
PASS = 0.5
"""Of the length of a clip at 1080p: what a sample of recorded video takes, on average of the three kinds, with the released model on two cores."""
SCENARIOS, SERVED_S = 5, 2.5
"""Samples that the scenarios take the time of, as some of them are longer; and what it takes to try one rate of the server's at least."""
COMMAND_S = 4.0
"""Of a sample of the whole command."""
ATTEMPTS, AROUND_S = 8, 12.0
"""To find the most cameras; each takes that much besides what counts."""


def outlook(wanted: Wanted, precisions: int, clips: tuple[Clip, ...], beside: int = 0) -> float:
    """In seconds, from how many samples there will be of what length; figures that are not stable take up to `trials` in place of `repeats`.

    `precisions`: of the model, that are measured; `beside`: of the other one.
    """
    rounds, duration = 1 + wanted.plan.repeats, wanted.plan.duration
    video = {each.name: PASS * each.frames / (each.fps or 25) * each.width * each.height / PIXELS for each in clips}
    swept = len(settings(wanted.providers, [""] * precisions, wanted.batches, wanted.threads))
    main = video.get(wanted.main, 0.0)
    parts = {
        "model": swept * duration,
        "scenarios": SCENARIOS * duration,
        "pipeline": 3 * sum(video.values()),
        "stages": (len(WAYS) - 1) * duration + main,
        "command": COMMAND_S,
    }
    seconds = rounds * (duration * (1 + 2 * beside) + sum(each for part, each in parts.items() if wanted.asks(part)))
    if wanted.asks("scenarios"):
        seconds += SEARCHES * (HALVINGS + 2) * max(duration, SERVED_S)
    if wanted.tune:
        seconds += rounds * min(MOST, swept) * main + (0 if wanted.asks("model") else rounds * parts["model"])
    if wanted.capacity:
        seconds += ATTEMPTS * (wanted.seconds + AROUND_S)
    return seconds


def in_words(seconds: float) -> str:
    """Such as "about 7 minutes"."""
    if seconds < 90:
        return f"about {max(10, round(seconds, -1)):.0f} seconds"
    return f"about {round(seconds / 60)} minutes"
