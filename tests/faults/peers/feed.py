"""The pictures of a camera over HTTP, at their pace; what it shows can be changed while it runs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event

from tests.faults.peers.scene import Scene, Shown, as_jpegs, encoded


@dataclass
class Feed:
    """`look`: what is shown from now on; "nothing" keeps viewers waiting. `ended`: viewers are sent away.

    `stall_after`: every viewer waits for ever after so many frames.
    """

    scene: Scene
    look: Shown = "river"
    stall_after: int | None = None
    ended: Event = field(default_factory=Event)

    def units(self, jpeg: bool = False) -> Iterator[tuple[bytes, float]]:
        """H.264 access units or JPEG files, each when it is due, with its time in seconds since the first was.

        A changed look begins with its first frame, which is a key frame.
        """
        began, shown, at, sent = time.monotonic(), self.look, 0, 0
        number = 0
        while not self.ended.wait(max(0, began + number / self.scene.fps - time.monotonic())):
            if self.look != shown:
                shown, at = self.look, 0
            if shown != "nothing" and sent != self.stall_after:
                scene = self.scene.looking(shown)
                frames = as_jpegs(scene) if jpeg else encoded(scene)
                yield frames[at % len(frames)], number / self.scene.fps
                at, sent = at + 1, sent + 1
            number = max(number + 1, int((time.monotonic() - began) * self.scene.fps))
