"""`rivereye doctor`, as the command line has it."""

import sys
from typing import Annotated

import typer

from stream.options import Config, console

ARROW = "->"
WIDE = 200
"""Columns, where nobody watches but a file."""
STYLES = {"ok": "green", "warning": "yellow", "bad": "red"}


def doctor(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object in place of a table.")] = False,
) -> None:
    """Look at this machine, and at all that a configuration names: box, disks, model, cameras. Says what to do.

    Exit code 1 where something is bad; a warning is none.
    """
    import json
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from stream.doctor.doctor import examine
    from stream.doctor.finding import worst

    with console.status("looking"):
        findings = list(examine(config))
    verdict = worst(findings)
    if as_json:
        typer.echo(json.dumps({"verdict": verdict, "findings": [asdict(each) for each in findings]}, indent=2))
    else:
        table = Table("", "what", "how it is, and what to do", box=None)
        for each in findings:
            told = Text(each.found).append(f"\n{ARROW} {each.todo}" if each.todo else "", "bold")
            table.add_row(Text(each.verdict, STYLES[each.verdict]), Text(each.check), told)
        Console(width=None if sys.stdout.isatty() else WIDE).print(table)
    if verdict == "bad":
        raise typer.Exit(1)
