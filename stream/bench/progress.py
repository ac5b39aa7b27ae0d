"""How far a benchmark is, for whoever waits at a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from models.say import say


def progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


@contextmanager
def told(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Tells how many are done, and of how many; without a terminal only what it is, once."""
    if not console.is_terminal:
        say(console, f"measuring: {what}")
    with progress(console) as bar:
        task = bar.add_task(what)
        yield lambda done, total: bar.update(task, completed=done, total=total, description=f"{what} {done}/{total}")


@contextmanager
def described(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Tells what is being done, of which nobody knows how much is to come; without a terminal a line each time."""
    if not console.is_terminal:
        yield lambda text: say(console, f"measuring: {what}: {text}")
        return
    with progress(console) as bar:
        task = bar.add_task(what, total=None)
        yield lambda text: bar.update(task, description=text)
