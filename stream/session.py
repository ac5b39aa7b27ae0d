"""A watch under way: its cameras, what is followed of each, and where it goes."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from models.classifier import Classifier
from stream.configuration.settings import Settings
from stream.following.watch import News, Watch
from stream.looking.lookout import Lookout
from stream.looking.pipeline import BATCH, Look, Pipeline
from stream.sinks.sheet import Sheet
from stream.sinks.sinks import Sinks
from stream.summary import Summary, Tally
from stream.web.live import Live


class Session:
    """Cameras can be added and removed while it runs; each ends in order, with its passages closed.

    Args:
        settings: of the watch; those of single cameras may change later.
        classifier: answers for the views.
        sinks: where looks and passages go.
        live: the watch has no end of its own.
        shown: where pages look for the newest picture of each camera.
    """

    def __init__(
        self, settings: Settings, classifier: Classifier, sinks: Sinks, live: bool, shown: Live | None = None
    ) -> None:
        self.settings, self.sinks, self.shown = settings, sinks, shown
        places = settings.outputs
        pictures = any(place is not None for place in (places.video, places.snapshots, places.sheet, shown))
        self.pipeline = Pipeline(classifier, settings.batch or BATCH, settings.max_batch_wait_ms / 1000, pictures)
        self.sheet = Sheet()
        self.summary = Summary(live)
        self.watches: dict[str, Watch] = {}
        self.tallies: dict[str, Tally] = {}
        self.lookouts: dict[str, Lookout] = {}
        self._endless = False
        sinks.listeners.settings(settings)
        self._began = time.monotonic()

    def add(self, lookout: Lookout, leave: float | None) -> None:
        """Begins to look. `leave`: see `Passages`."""
        camera = lookout.camera
        watch = Watch(camera, self.settings.passages, leave, self.settings.outputs.snapshots is not None)
        timed = lookout.first is None or lookout.first.timed
        self.watches[camera], self.tallies[camera] = watch, Tally(camera, timed)
        self.lookouts[camera] = lookout
        self.pipeline.add(lookout)

    def remove(self, camera: str) -> None:
        """Looks no more; what the camera came to stays in the summary."""
        tally, watch = self.tallies.pop(camera), self.watches.pop(camera)
        error, source, status = self.pipeline.error(camera), self.pipeline.source(camera), self.pipeline.status(camera)
        counts = self.pipeline.remove(camera)
        tally.read, tally.skipped, tally.dropped = counts.read, counts.skipped, Counter(counts.dropped)
        # Of a batch in which a place failed, the rest was not written.
        tally.dropped["stopped"] += counts.recorded - tally.frames
        tally.promised = None if source is None else source.expected
        tally.trouble = None if error is None else str(error)
        # An address may turn out to be a recording, which has an end.
        self._endless |= self.lookouts.pop(camera).live and (source is None or source.live)
        self._tell(tally, watch.finish())
        if status.phase != "failed":
            status = replace(status, phase="ended")
        self.sinks.listeners.states({camera: status})
        self.sinks.hours(list(watch.coverage.hours()))
        self.sinks.finish_video(camera)
        tally.hour = watch.coverage.total()
        self.summary.tallies.append(tally)

    def run(self) -> Iterator[Sequence[Look]]:
        """Batch by batch, with nothing to look at now and then; each is followed and written before it is given."""
        looking = self.pipeline.run()
        try:
            for looks in looking:
                for look in looks:
                    self._follow(look)
                self._show_states()
                yield looks
        finally:
            looking.close()

    def finish(self) -> None:
        """Closes passages, and adds all up. May be called twice."""
        self.summary.seconds = time.monotonic() - self._began
        for camera in list(self.watches):
            self.remove(camera)
        self.summary.live = self._endless

    def _show_states(self) -> None:
        """Gathered only where somebody wants them: a recording has hundreds of batches a second."""
        if self.sinks.listeners or self.shown is not None:
            states = {camera: self.pipeline.status(camera) for camera in self.watches}
            self.sinks.listeners.states(states)
            if self.shown is not None:
                self.shown.states(states)

    def _follow(self, look: Look) -> None:
        watch, tally = self.watches[look.camera], self.tallies[look.camera]
        if look.frame.index is not None:
            tally.states[look.detection.state] += 1
        source = self.pipeline.source(look.camera)
        self.sinks.look(look, None if source is None else source.fps)
        if self.shown is not None:
            self.shown.look(look.detection, look.frame.picture)
        self._tell(tally, watch.follow(look.detection, look.frame.picture))
        if look.detection.time is not None:
            self.sinks.hours(watch.coverage.take_finished())

    def _tell(self, tally: Tally, news: Sequence[News]) -> None:
        self.sinks.news(news)
        for each in news:
            tally.events[each.event.type] += 1
            if each.event.type == "end":
                tally.passages.append(each.event.after)
                if each.picture is not None and self.settings.outputs.sheet is not None:
                    self.sheet.keep(each.event.after, each.picture)
