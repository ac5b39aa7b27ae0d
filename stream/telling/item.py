"""One piece of news for one receiver, and what that one answers."""

from dataclasses import dataclass
from typing import Literal, Protocol

Verdict = Literal["taken", "refused", "later", "away"]
"""taken: the receiver has it. refused: it will not have this one. later: not this one now, others perhaps. away: nobody answers."""


@dataclass(frozen=True, slots=True)
class Item:
    """`number` gives the order. `id` never repeats, and stays the same when an item is sent again.

    `body` is the text of a JSON object that is not empty.
    """

    number: int
    id: str
    camera: str
    kind: str
    body: str

    @property
    def message(self) -> bytes:
        """What is sent: the body, with `id` as its first key."""
        return f'{{"id":"{self.id}",{self.body[1:]}'.encode()

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body.encode())


@dataclass(frozen=True, slots=True)
class Put:
    """An item that has no number yet."""

    receiver: str
    camera: str
    kind: str
    body: str

    @property
    def size(self) -> int:
        return len(self.body.encode())


@dataclass(frozen=True, slots=True)
class Over:
    """An item that is not to be sent any more; `why`: set aside for this reason, None: the receiver has it."""

    receiver: str
    size: int
    why: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """`waiting`: items still to be sent. `size`: bytes of all there are, those set aside included."""

    waiting: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """`trouble`: the sentence for people, where it was not taken. `wait`: for so many seconds the receiver wants no other try."""

    verdict: Verdict
    trouble: str | None = None
    wait: float = 0.0


TAKEN = Answer("taken")


class Receiver(Protocol):
    """Whoever takes items, one at a time."""

    @property
    def refusals(self) -> int:
        """After so many of them an item is set aside."""
        ...

    def send(self, item: Item) -> Answer:
        """Takes finite time."""
        ...

    def cut(self) -> None:
        """Makes a `send` under way in another thread end at once."""
        ...
