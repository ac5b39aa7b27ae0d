"""Pictures of one folder, moved one by one into a sub-folder a class, and back."""

from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from models.errors import DataError
from models.moving import move_to_free
from models.picture import is_picture

Class = Literal["ship", "no_ship", "aside"]
FOLDERS: dict[Class, str] = {"ship": "ship", "no_ship": "no_ship", "aside": ".set-aside"}
"""Names of the sub-folders. Training takes every sub-folder for a class but those that begin with a dot."""


class Moved(DataError):
    """A picture is not, or no longer, where it was thought to be; somebody else was faster."""


@dataclass(frozen=True, slots=True)
class Move:
    """`who` moved the picture `name` to the class `to`."""

    who: str
    name: str
    to: Class


@dataclass(slots=True)
class Sorting:
    """The pictures that lie directly in `folder`. May be used by several threads, and several programs, at once."""

    folder: Path
    _moves: list[Move] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def left(self) -> list[str]:
        """File names of the pictures that are still to be sorted, in order."""
        return sorted(path.name for path in self.folder.iterdir() if is_picture(path))

    def counts(self) -> dict[str, int]:
        """How many pictures are `left`, and how many lie in each class, whoever put them there."""
        places: dict[str, Path] = {"left": self.folder}
        places.update((name, self.folder / place) for name, place in FOLDERS.items())
        return {name: _pictures_in(place) for name, place in places.items()}

    def path_of(self, name: str) -> Path:
        """Where a picture that is still to be sorted lies. Raises Moved for any other name, paths among them."""
        path = self.folder / name
        if "\0" in name or path.name != name or not is_picture(path):
            raise Moved(self._where(name))
        return path

    def sort(self, name: str, to: Class, who: str) -> None:
        """Moves a picture into its class.

        Raises:
            Moved: it was sorted already, or there is none of this name; or its class has another one so named.
            OSError: it cannot be moved, and is where it was.
        """
        with self._lock:
            source, target = self.path_of(name), self._target(name, to)
            target.parent.mkdir(exist_ok=True)
            try:
                move_to_free(source, target)
            except FileExistsError as error:
                raise Moved(
                    f"{name} stays where it is: {target.parent} holds another picture of this name; rename one of them"
                ) from error
            except FileNotFoundError as error:
                raise Moved(self._where(name)) from error
            self._moves.append(Move(who, name, to))

    def undo(self, who: str) -> str:
        """Takes back the last move of theirs that was not taken back yet. Returns the picture's name.

        Raises:
            Moved: there is none, or the picture was moved on since; the one before can be taken back next.
            OSError: it cannot be moved, and is where it was.
        """
        with self._lock:
            last = next((move for move in reversed(self._moves) if move.who == who), None)
            if last is None:
                raise Moved("nothing to undo: no picture was sorted from this page since `rivereye label` began")
            try:
                move_to_free(self._target(last.name, last.to), self.folder / last.name)
            except FileExistsError as error:
                self._moves.remove(last)
                raise Moved(
                    f"{last.name} stays in {FOLDERS[last.to]}: another picture of this name has come into {self.folder}"
                ) from error
            except FileNotFoundError as error:
                self._moves.remove(last)
                raise Moved(
                    f"{last.name} is not in {FOLDERS[last.to]} any more; somebody moved it, so it stays so"
                ) from error
            self._moves.remove(last)
            return last.name

    def sorted_now(self) -> dict[str, int]:
        """How many pictures went into each class since this began, without those taken back."""
        return {name: sum(move.to == name for move in self._moves) for name in FOLDERS}

    def close(self) -> None:
        """Lets a move that has begun come to its end, and begins no other."""
        self._lock.acquire()

    def _target(self, name: str, to: Class) -> Path:
        return self.folder / FOLDERS[to] / name

    def _where(self, name: str) -> str:
        for to, place in FOLDERS.items():
            if Path(name).name == name and "\0" not in name and self._target(name, to).is_file():
                return f"{name} was sorted already, into {place}"
        return f"no picture {name!r} is left to be sorted; it was moved or removed"


def _pictures_in(folder: Path) -> int:
    return sum(is_picture(path) for path in folder.iterdir()) if folder.is_dir() else 0
