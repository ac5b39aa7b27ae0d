"""Which pictures come from one source (camera, clip, collection) and must stay on one side of a split.

Neighbouring frames of one camera look alike: with one in training and the other in the test, a
network is tested on what it has learnt by heart.
"""

import csv
import re
from fnmatch import fnmatch
from pathlib import Path

from models.errors import UsageError

ALONE = "picture"
BY_NAME = "name"


class Grouping:
    """Names the group of a picture.

    `Grouping("name")`: the sub-folder inside the class folder, else the file's name without its
    number (`harbour_0012.jpg` is of `harbour`); a name that is only a number stands alone.
    `Grouping("picture")`: every picture stands alone.
    `Grouping("groups.csv")`: a table with the columns `pattern,group`. The first pattern (as in a
    shell) that fits the file's name decides; an empty group lets each picture stand alone; where no
    pattern fits, the name decides.
    """

    def __init__(self, rule: str = BY_NAME) -> None:
        self.rule = rule
        self.patterns = () if rule in (BY_NAME, ALONE) else _read_table(Path(rule))

    def of(self, path: Path, class_folder: Path) -> str:
        """The group of the picture at `path`, which lies somewhere in `class_folder`."""
        if self.rule == ALONE:
            return str(path)
        for pattern, group in self.patterns:
            if fnmatch(path.name, pattern):
                return group or str(path)
        if path.parent != class_folder:
            return path.parent.relative_to(class_folder).as_posix()
        return re.sub(r"[\W_]*\d+$", "", path.stem) or str(path)


def _read_table(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--groups {path}: cannot be read ({error}); give name, picture, or a CSV file") from error
    if not rows or not {"pattern", "group"} <= set(rows[0]):
        raise UsageError(
            f"--groups {path}: needs the columns pattern,group; received {list(rows[0]) if rows else 'no rows'}"
        )
    if any(row["pattern"] is None for row in rows):
        raise UsageError(f"--groups {path}: a row has no pattern; every row needs pattern,group")
    return tuple((row["pattern"].strip(), (row["group"] or "").strip()) for row in rows)
