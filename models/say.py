"""Sentences for people."""

from rich.console import Console


def say(console: Console, text: str, style: str | None = None) -> None:
    """Prints the text as it is: no bracket in it is markup, no path is coloured or broken over lines."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
