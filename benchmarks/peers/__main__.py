"""All peers on one clip, in turn: `python -m benchmarks.peers CLIP`; see README.md beside."""

import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.peers.entries import ENTRIES, ROOT, Entry
from benchmarks.peers.process import ENVIRONMENT
from benchmarks.peers.report import Comparison, Peer
from benchmarks.peers.rounds import Rounds
from benchmarks.peers.table import table
from benchmarks.peers.timing import RULE
from models.errors import RivereyeError, UsageError
from models.outputs import check_file, replace_text
from models.say import say
from stream.bench.clips import describe
from stream.bench.machine import look_around

SEED = 6


def main(
    clip: Annotated[Path, typer.Argument(help="A video; 1080p25 in H.264, 10 s or more, for figures to be quoted.")],
    rounds: Annotated[int, typer.Option(min=1, help="How often each is run.")] = 3,
    only: Annotated[list[str] | None, typer.Option(help="Names of those to run; may be given several times.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds after which one run of one peer is killed.")] = 600.0,
    work: Annotated[
        Path | None, typer.Option(help="Folder that keeps the models that are made, for the next time.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--json", help="File for all figures.")] = None,
) -> None:
    """Compares rivereye with others on the same work."""
    console = Console(stderr=True)
    try:
        found = compare(clip, rounds, chosen(only or []), limit, work, out, console)
    except RivereyeError as error:
        say(console, f"error: {error}")
        raise typer.Exit(error.exit_code) from error
    Console(width=200).print(table(found))
    for name, reason in found.left_out.items():
        say(console, f"left out: {name}: {reason}")


def chosen(names: Sequence[str]) -> list[Entry]:
    """All where none is named. Raises UsageError: there is no such peer."""
    known = {each.name: each for each in ENTRIES}
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"--only: no peer {unknown[0]!r}; there are {', '.join(known)}")
    return [each for each in ENTRIES if not names or each.name in names]


def compare(
    clip: Path,
    rounds: int,
    entries: Sequence[Entry],
    limit: float,
    work: Path | None,
    out: Path | None,
    console: Console,
) -> Comparison:
    """Raises UsageError, SourceError: see there. RivereyeError: not one of them did the work."""
    if out is not None:
        check_file(out, overwrite=True)
    created, began = datetime.now(UTC), time.monotonic()
    with ExitStack() as stack:
        place = work or Path(stack.enter_context(TemporaryDirectory()))
        place.mkdir(parents=True, exist_ok=True)
        described = describe(clip, clip.stem, None)
        running = Rounds(clip.resolve(), place.resolve(), described.frames, rounds, limit, SEED)
        taken, left_out = running.take(entries, lambda text: say(console, text))
    if not taken:
        raise RivereyeError(f"no peer did the work: {'; '.join(f'{name}: {why}' for name, why in left_out.items())}")
    found = Comparison(
        created=f"{created:%Y-%m-%dT%H:%M:%SZ}",
        seconds=round(time.monotonic() - began, 1),
        command=shlex.join([Path(sys.executable).name, "-m", "benchmarks.peers", *sys.argv[1:]]),
        machine=look_around({}),
        clip=described,
        rule=RULE,
        rounds=rounds,
        seed=SEED,
        peers=tuple(
            Peer(
                name=each.entry.name,
                what=each.entry.what,
                command=shown(each.entry.command(running.clip, running.work)),
                versions=each.samples[-1][0].versions,
            )
            for each in taken
        ),
        figures=tuple(figure for each in taken for figure in each.figures()),
        left_out=left_out,
    )
    if out is not None:
        replace_text(out, found.model_dump_json(by_alias=True, indent=1) + "\n")
    return found


def shown(command: Sequence[str]) -> str:
    """As it is typed in the checkout: no path of this machine where it can be without."""
    environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    return shlex.join(["env", *environment, *(each.removeprefix(f"{ROOT}/") for each in command)])


if __name__ == "__main__":
    typer.run(main)
