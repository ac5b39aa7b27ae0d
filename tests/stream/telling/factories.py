"""News whose numbers are known beforehand, and how they are read again."""

import json
from collections.abc import Sequence
from typing import Any

from stream.following.passage import PassageEvent, Passages
from stream.telling.settings import MqttSettings, OutboxSettings, TellingSettings, WebhookSettings
from tests.factories import make_detection

CLOCK_AT = 1_700_000_000.0


def passage(camera: str = "north", start: float = 0.0) -> list[PassageEvent]:
    """A passage of one ship: new, two updates, end."""
    scores = [0.6, 0.6, 0.7, 0.8, 0.1]
    passages = Passages(bridge=0)
    events: list[PassageEvent] = []
    for index, score in enumerate(scores):
        time = start + 2 * index
        events += passages.add(make_detection(time, score, index, time=CLOCK_AT + time, camera=camera))
        passages.bridge = 3.0 if index < 3 else 0.0
    return events + passages.finish()


def numbered(number: int) -> str:
    """The body of an item that only tests know."""
    return json.dumps({"n": number})


def numbers(messages: Sequence[str | bytes]) -> list[int]:
    """Of bodies made by `numbered`, without those that came twice: each id counts once."""
    seen: dict[str, int] = {}
    for each in messages:
        record: dict[str, Any] = json.loads(each)
        number = record["n"]
        assert seen.setdefault(record["id"], number) == number, "one id, two contents"
    return list(seen.values())


def told_to(
    mqtt: MqttSettings | None = None, webhook: WebhookSettings | None = None, outbox: OutboxSettings | None = None
) -> TellingSettings:
    return TellingSettings(mqtt=mqtt, webhook=webhook, outbox=outbox or OutboxSettings())
