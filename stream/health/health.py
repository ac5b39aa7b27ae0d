"""How a watch is doing, told as it turns: to systemd, and to whoever asks over HTTP. One that hangs says no more, and is found out."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from models.classifier import Classifier
from models.closing import Closing
from models.extras import check_installed
from stream.configuration.settings import Settings
from stream.health.notify import Notifier
from stream.health.readiness import sentence
from stream.health.vitals import Vitals, vitals_of
from stream.looking.pipeline import Look
from stream.session import Session

if TYPE_CHECKING:
    from stream.health.metrics import Metrics
    from stream.health.server import Server

EVERY_S = 0.5
"""What others see is so old at most, as long as the watch turns."""


class Health(Closing):
    """Serves metrics and health where the settings say so, and talks to systemd where that listens.

    Raises:
        MissingExtra: metrics are wanted, and their library is not installed.
        OutputError: they cannot be served at that place.
    """

    def __init__(
        self,
        settings: Settings,
        classifier: Classifier,
        environ: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            settings: of the watch: where to serve, and whose disks to look at.
            classifier: that answers in it.
            environ: see Notifier.
            clock: seconds, monotonic.
        """
        self.vitals: Vitals | None = None
        """How the watch was doing at its last turn; None before the first."""
        self._clock = clock
        self._metrics: Metrics | None = None
        self._server: Server | None = None
        if settings.metrics is not None:
            self._serve(settings.metrics, settings, classifier)
        self._notifier = Notifier(environ)

    def update(self, session: Session, looks: Sequence[Look]) -> None:
        """After each batch, and when nothing happens; by the thread that watches."""
        if self._metrics is None and not self._notifier.wanted:
            return
        if self._metrics is not None:
            self._metrics.take(looks)
        now = self._clock()
        if self.vitals is None or now - self.vitals.at >= EVERY_S:
            self.vitals = vitals_of(session, now)
            self._notifier.turned(sentence(self.vitals), now)

    def close(self) -> None:
        """May be called twice."""
        self._notifier.close()
        if self._server is not None:
            self._server.close()

    def _serve(self, place: str, settings: Settings, classifier: Classifier) -> None:
        check_installed("metrics", "prometheus_client")
        from stream.health.metrics import Metrics
        from stream.health.server import Server

        self._metrics = Metrics(lambda: self.vitals, settings, classifier, self._clock)
        self._server = Server(place, self._metrics.registry, lambda: self.vitals, self._clock)
