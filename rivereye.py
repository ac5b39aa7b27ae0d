"""The front door: `rivereye <verb>`. A verb imports its stage only when it is called."""

import signal
import sys

try:
    from importlib.metadata import version
    from typing import Annotated

    import typer

    import deploy.verbs
    import stream.afterwards
    import stream.bench.benchverbs
    import stream.configuration.configverbs
    import stream.doctor.doctorverb
    import stream.store.storeverbs
    import stream.verbs
    import stream.web.webverbs
    import train.afterwards
    import train.verbs
    from models.errors import RivereyeError
    from models.say import say
    from stream.options import console
except KeyboardInterrupt:  # somebody was quick; imports take a third of a second
    sys.stderr.write("rivereye: interrupted\n")
    sys.exit(1)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")

INTERRUPTED_IN_TYPER = 130
"""Typer's exit code for Ctrl-C; ours are 0 to 3."""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rivereye {version('rivereye')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Says, frame by frame, whether a ship is in sight, with what certainty, and when it could not see."""


app.command("train")(train.verbs.train)
app.command("evaluate")(train.afterwards.evaluate)
app.command("table")(train.verbs.table)
app.command("slim")(train.afterwards.slim)
app.command("aim")(train.afterwards.aim)
app.command("across")(train.afterwards.across)
app.command("export")(deploy.verbs.export)
app.command("verify")(deploy.verbs.verify)
app.command("import")(deploy.verbs.import_)
app.command("stream")(stream.verbs.stream)
app.command("serve")(stream.web.webverbs.serve)
app.command("replay")(stream.afterwards.replay)
app.command("adapt")(stream.afterwards.adapt)
app.add_typer(stream.configuration.configverbs.app, name="config")
app.add_typer(stream.store.storeverbs.app, name="store")
app.command("reload")(stream.configuration.configverbs.reload)
app.command("doctor")(stream.doctor.doctorverb.doctor)
app.add_typer(stream.bench.benchverbs.app, name="bench")
app.command("collect")(stream.afterwards.collect)
app.command("label")(train.verbs.label)


def main() -> None:
    """Runs the command line; every foreseen error becomes one sentence and an exit code."""
    try:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        app(standalone_mode=True)
    except RivereyeError as error:
        say(console, f"rivereye: {error}", "red")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:  # before Typer, or after it
        say(console, "rivereye: interrupted")
        sys.exit(1)
    except SystemExit as end:
        if end.code == INTERRUPTED_IN_TYPER:
            say(console, "rivereye: interrupted")
            sys.exit(1)
        raise
