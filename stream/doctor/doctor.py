"""All checks, in order."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from models.errors import RivereyeError, UsageError
from stream.configuration.config import load_settings
from stream.configuration.settings import Settings
from stream.doctor.box import box
from stream.doctor.cameras import cameras
from stream.doctor.disk import disk
from stream.doctor.finding import Finding, failed
from stream.doctor.model import model
from stream.doctor.pages import pages
from stream.doctor.receivers import receivers
from stream.doctor.running import running
from stream.doctor.store import store

Check = Callable[[Settings], Iterable[Finding]]
CHECKS: list[tuple[str, Check]] = [
    ("box", box),
    ("disk", disk),
    ("store", store),
    ("receivers", receivers),
    ("watch", running),
    ("pages", pages),
    ("model", model),
    ("cameras", cameras),
]
"""Each takes the settings of the watch and gives what it finds. One that has nothing to look at gives nothing; what goes wrong with it
otherwise it raises, and that is a finding, too."""
NO_CAMERA = {"none": {"source": "test", "enabled": False}}


def examine(config: Path | None) -> Iterator[Finding]:
    """What there is to say of this machine, and of all that a configuration names; in the order in which it is found."""
    settings = Settings.model_validate({"cameras": NO_CAMERA})
    if config is not None:
        try:
            settings = load_settings(config)
            yield Finding("configuration", "ok", f"{config} is valid")
        except UsageError as error:  # the machine can be looked at all the same
            for line in str(error).splitlines():
                yield failed("configuration", UsageError(line))
    for name, check in CHECKS:
        try:
            yield from check(settings)
        except (RivereyeError, OSError) as error:
            yield failed(name, error)
