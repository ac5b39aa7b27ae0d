"""One camera as it is looked at: its settings, made into what does the work."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from models.bundle import Bundle
from models.errors import UsageError
from stream.configuration.naming import name_for
from stream.configuration.settings import Camera
from stream.looking.background import Background, read_background
from stream.looking.policy import LATEST, Policy, policy_named
from stream.looking.views import Layout, Views, layout_of
from stream.sources.opening import Opening
from stream.sources.pace import Pace
from stream.sources.remote import Remote
from stream.sources.source import TEST, Source, default_name, is_live, open_source
from stream.sources.status import Patience
from stream.sources.url import is_playlist

WHOLE_FRAME = Views()
BURSTS = Policy(lossless=False, max_age=15.0)
"""HLS brings a segment at once, of 2 to 10 s: its frames are looked at until the next comes."""


@dataclass(frozen=True, slots=True)
class Lookout:
    """`open_source` opens the source anew for each connection. `live`: it may come back when it is lost.

    `threshold`: probability from which on a ship is in sight. `policy` None: every frame of a recording, and of a live source what is `usual`.
    `gate`: seconds for which a view that does not change is not looked at again; None: always is. `background`: what it always shows;
    `learning`: the file to which it is written while it is learnt on.
    """

    camera: str
    open_source: Callable[[], Source]
    live: bool
    threshold: float
    layout: Layout = WHOLE_FRAME
    policy: Policy | None = None
    usual: Policy = LATEST
    patience: Patience = Patience()  # noqa: RUF009 - frozen
    gate: float | None = None
    background: Background | None = None
    learning: Path | None = None
    first: Source | None = None
    """A recording, which is opened beforehand, so that a wrong name is told before anything is written."""


def lookout_of(camera: str, settings: Camera, bundle: Bundle) -> Lookout:
    """Raises UsageError, SourceError, BundleError: the settings do not fit the bundle, or a recording cannot be opened."""
    layout = layout_of(settings.views, settings.zones)
    background = None
    if settings.background is not None and not (settings.learn and not settings.background.exists()):
        background = read_background(settings.background)
        background.check(str(settings.background), bundle.model.sha256, layout)
    threshold = None if settings.threshold is None else str(settings.threshold)
    policy = None if settings.policy is None else policy_named(settings.policy)
    opening = Opening(
        settings.open_timeout,
        settings.read_timeout,
        settings.hwaccel,
        settings.rotate,
        Pace(settings.start, settings.end, settings.fps, settings.stride),
        settings.shown,
        catch_up=policy is None or not policy.lossless,
    )
    found = lookout_at(settings.source.get_secret_value(), opening, bundle.card.threshold_named(threshold))
    if settings.leave is not None and settings.leave > found.threshold:
        raise UsageError(
            f"{camera}: leave {settings.leave} is above the threshold, {found.threshold:.3f}: a ship would have left before it came"
        )
    return replace(
        found,
        camera=camera,
        layout=layout,
        policy=policy,
        patience=Patience(settings.open_timeout, settings.read_timeout, settings.retries),
        gate=settings.gate,
        background=background,
        learning=settings.background if settings.learn else None,
    )


def lookout_at(text: str, opening: Opening, threshold: float) -> Lookout:
    """Of a source as the command line names it, with everything else as usual. Raises SourceError: a recording cannot be opened."""
    name = name_for(default_name(text), ())
    if text == TEST and is_live(text):
        return Lookout(name, lambda: open_source(text, opening), True, threshold)
    if is_live(text):
        usual = BURSTS if is_playlist(text) else LATEST
        return Lookout(name, lambda: Remote(text, name, opening), True, threshold, usual=usual)
    first = open_source(text, opening)
    return Lookout(name, lambda: first, False, threshold, first=first)
