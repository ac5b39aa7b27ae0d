"""A background that goes on learning while its camera is watched."""

from pathlib import Path

from stream.looking.background import Background, Learner
from stream.looking.views import Layout

EVERY_S = 30.0
"""Seconds of media time between two looks that are learnt from: neighbouring frames say the same thing many times."""
ENOUGH = 60
"""Such looks, half an hour, before what was learnt counts: a ship in a lock stays for ten minutes, and is no background."""
HALF_LIFE = 2880.0
"""Such looks after which one counts half: a day."""
SAVED_S = 600.0


class Adapting:
    """Of one camera.

    Args:
        path: where it is written, now and then and at the end.
        before: what was known when the watch began; of views with few looks yet it still holds. None: nothing.
        layout: the camera's views.
        model: sha256 of the ONNX file that looks.
    """

    def __init__(self, path: Path, before: Background | None, layout: Layout, model: str) -> None:
        self.path, self.background = path, before
        self._before = before
        self._learner = Learner(layout, model, HALF_LIFE)
        self._due: float | None = None
        self._saved: float | None = None
        self._looks = 0

    def learn(self, answers: dict[int, float], media_time: float) -> None:
        """Takes what the network answered to views of one frame, by number of the view: bare answers only."""
        if self._due is not None and media_time < self._due:
            return
        self._due = media_time + EVERY_S
        for index, answer in answers.items():
            self._learner.add(index, answer)
        self._looks += 1
        if self._looks >= ENOUGH:
            self.background = self._known()
        if self._saved is None:
            self._saved = media_time
        elif media_time - self._saved >= SAVED_S:
            self._saved = media_time
            self.save()

    def save(self) -> None:
        """Raises OutputError. Writes nothing as long as too little was learnt."""
        if self._looks >= ENOUGH and self.background is not None:
            self.background.write(self.path)

    def _known(self) -> Background:
        fresh = self._learner.background()
        if self._before is None:
            return fresh
        views = tuple(
            new if new.usual is not None and new.looks >= ENOUGH else old
            for new, old in zip(fresh.views, self._before.views, strict=True)
        )
        return fresh.model_copy(update={"views": views, "keep": self._before.keep})
