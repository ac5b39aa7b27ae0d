"""The verbs about the configuration file, as the command line has them."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.errors import RivereyeError, UsageError
from models.say import say

if TYPE_CHECKING:
    from models.bundle import Bundle
    from stream.configuration.settings import Settings

console = Console(stderr=True)
app = typer.Typer(no_args_is_help=True, help="Check a configuration file, or show what can stand in one.")
PROCESSES = Path("/proc")
"""Linux only."""

File = Annotated[Path, typer.Argument(help="A configuration file (TOML).")]


@app.command("check")
def check(file: File) -> None:
    """Say what a configuration would run, without running it. Exit code 2 where it is wrong."""
    from stream.configuration.config import load_settings, read_table
    from stream.configuration.doubts import doubts
    from stream.configuration.effective import picked_up, resolved

    settings = load_settings(file)
    if settings.web is not None and settings.outputs.store is None:
        raise UsageError(f"{file}: [web] shows what is in a store, and there is none; set outputs.store, too")
    if settings.web is not None:
        _zone(settings.web.zone, file)
    bundle = _bundle(settings, file)
    console.print(_cameras(settings, _thresholds(settings, bundle, file)))
    runs = resolved(settings, picked_up(settings, bundle, console), bundle)
    what = f"model {bundle.card.name} {runs.precision or bundle.precision} on {runs.provider}, batches of {runs.batch}"
    say(console, what + (f", {runs.threads} threads" if runs.threads else ""))
    for line in _places(settings):
        say(console, line)
    for doubt in doubts(settings, read_table(file)):
        say(console, f"{file}: {doubt}", "yellow")
    say(console, f"{file} is valid")


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a configuration file."""
    from stream.configuration.config import schema as make

    typer.echo(make(), nl=False)


@app.command("example")
def example() -> None:
    """Print an example of a configuration file, with all there is."""
    from stream.configuration.config import EXAMPLE

    typer.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)


def reload(file: File) -> None:
    """Make the rivereye that runs with this file read it again: only what changed starts again.

    Nothing is sent where the file is wrong. It needs a pid_file in the configuration.
    """
    from stream.configuration.config import PREFIX, load_settings, read_table

    if sys.platform == "win32":
        raise UsageError("cannot reload on Windows, which knows no SIGHUP; start rivereye again")
    place = os.environ.get(f"{PREFIX}PID_FILE") or read_table(file).get("pid_file")
    if not isinstance(place, str):
        raise UsageError(f'{file} has no pid_file; put pid_file = "rivereye.pid" into it and start rivereye again')
    number = _running(file.absolute().parent / place, file)
    try:
        load_settings(file, _environment(number))
        os.kill(number, signal.SIGHUP)
    except ProcessLookupError as error:
        raise RivereyeError(f"process {number} ended meanwhile; start rivereye again") from error
    except PermissionError as error:
        raise UsageError(f"may not reload process {number}: it is another user's; call this as that user") from error
    say(console, f"asked process {number} to read {file} again; its log says what changed")


def _bundle(settings: "Settings", file: Path) -> "Bundle":
    from models.classifier import Choice

    try:
        bundle = Choice(settings.model, settings.precision, settings.provider).bundle()
        bundle.read_model()
    except RivereyeError as error:
        raise UsageError(f"{file}: {error}") from error
    return bundle


def _zone(name: str | None, file: Path) -> None:
    """Raises UsageError: this machine knows none of that name."""
    from stream.web.moments import zone_named

    try:
        zone_named(name)
    except UsageError as error:
        raise UsageError(f"{file}: web.zone: {error}") from error


def _thresholds(settings: "Settings", bundle: "Bundle", file: Path) -> dict[str, float]:
    """By camera; raises UsageError where the model does not know one."""
    values = {}
    for name, camera in settings.cameras.items():
        try:
            value = bundle.card.threshold_named(None if camera.threshold is None else str(camera.threshold))
        except UsageError as error:
            raise UsageError(f"{file}: cameras.{name}.threshold: {error}") from error
        if camera.leave is not None and camera.leave > value:
            raise UsageError(
                f"{file}: cameras.{name}.leave is {camera.leave}; it must be {value}, its threshold, or less"
            )
        values[name] = value
    return values


def _cameras(settings: "Settings", thresholds: dict[str, float]) -> Table:
    table = Table("camera", "source", "views", "policy", "frames/s", "threshold")
    table.columns[1].overflow = "fold"
    for name, camera in settings.cameras.items():
        row = [name, camera.shown, f"zones {', '.join(camera.zones)}" if camera.zones else camera.views]
        row += [camera.policy or "by kind of source", "all" if camera.fps is None else f"{camera.fps:g}"]
        row += [f"{thresholds[name]:.3g}" + (f" ({camera.threshold})" if isinstance(camera.threshold, str) else "")]
        table.add_row(*map(escape, row if camera.enabled else [name, camera.shown, "left alone", "", "", ""]))
    return table


def _places(settings: "Settings") -> Iterator[str]:
    from stream.configuration.serving import served
    from stream.store.place import place_named
    from stream.telling.webhook import Webhook

    for key, value in settings.outputs:
        if key == "store" and value is not None:
            yield f"store: {place_named(value.get_secret_value()).shown}"
        elif key in settings.outputs.model_fields_set:
            yield f"{key}: {value}"
    if settings.mqtt is not None:
        yield f"mqtt: {settings.mqtt.place}, topics {settings.mqtt.topic_prefix}/..."
    if settings.webhook is not None:
        yield f"webhook: {Webhook(settings.webhook).place}"
    yield from served(settings)


def _running(pid_file: Path, file: Path) -> int:
    """The number of the process; raises RivereyeError where there is none, or it is no rivereye that can reload."""
    try:
        text = pid_file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise RivereyeError(f"no rivereye runs with {file}: cannot read {pid_file}: {error.strerror}") from error
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 2:
        raise RivereyeError(f"{pid_file} holds {text[:20]!r}, no process number; remove it and start rivereye again")
    try:
        os.kill(number, 0)
        known = not PROCESSES.joinpath("self").exists() or _reloads(PROCESSES / str(number))
    except (ProcessLookupError, FileNotFoundError) as error:
        raise RivereyeError(
            f"no rivereye runs with {file}: {pid_file} names process {number}, which is gone"
        ) from error
    except PermissionError:
        known = True  # the signal will tell
    if not known:
        raise RivereyeError(
            f"process {number}, named by {pid_file}, is no rivereye that can reload; remove the file and start rivereye again"
        )
    return number


def _reloads(process: Path) -> bool:
    """Whether it is a rivereye, and listens for SIGHUP: any other would be ended by it."""
    names = [Path(each).name for each in process.joinpath("cmdline").read_text(errors="replace").split("\0")[:4]]
    masks = re.findall(r"^Sig(?:Cgt|Blk):\s*([0-9a-f]+)$", process.joinpath("status").read_text(), re.MULTILINE)
    listens = any(int(mask, 16) >> (signal.SIGHUP - 1) & 1 for mask in masks)
    script = names[0].startswith("python") and not {"rivereye", "rivereye.py"}.isdisjoint(names[1:])
    return listens and (script or names[0] == "rivereye")


def _environment(number: int) -> dict[str, str]:
    """Of the process, since its variables count there; where they cannot be known, ours."""
    if not PROCESSES.joinpath("self").exists():
        return dict(os.environ)
    content = os.fsdecode(PROCESSES.joinpath(str(number), "environ").read_bytes())
    pairs = (each.partition("=") for each in content.split("\0") if each)
    return {name: value for name, _, value in pairs}
