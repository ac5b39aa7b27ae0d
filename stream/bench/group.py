"""`rivereye bench vgg16-river` means `rivereye bench run vgg16-river`; whoever asks for help need not know."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from models.errors import UsageError

RUN = "run"
ALIKE = 0.75
"""Of a word and a command, by difflib, from which on the one is taken for the other, mistyped."""


class Group(TyperGroup):
    """What is no command is a model or an option, and meant for `run`. Raises UsageError: it looks like a command, and there is no such folder."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] in self.commands:
            return super().parse_args(ctx, args)
        others = [name for name in self.commands if name != RUN]
        if args and not Path(args[0]).exists() and (meant := get_close_matches(args[0], others, 1, ALIKE)):
            raise UsageError(f"bench {args[0]}: neither a model nor a command; is `rivereye bench {meant[0]}` meant?")
        return super().parse_args(ctx, [RUN, *args])


class _Context(typer.Context):
    @property
    def command_path(self) -> str:
        return super().command_path.removesuffix(f" {RUN}")


class Run(TyperCommand):
    """Help and mistakes do not name `run`."""

    context_class = _Context
