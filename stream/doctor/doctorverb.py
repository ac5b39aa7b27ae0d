"""`rivereye doctor`, as the command line has it."""

from typing import Annotated

import typer

from stream.options import Config, console

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
        table = Table("", "what", "how it is", "what to do")
        for each in findings:
            mark = Text(each.verdict, STYLES[each.verdict])
            table.add_row(mark, *map(Text, (each.check, each.found, each.todo)))
        Console().print(table)
    if verdict == "bad":
        raise typer.Exit(1)
