"""Which pictures come from one source (camera, clip, collection) and must stay on one side of a split.

Neighbouring frames of one camera look alike: with one in training and the other in the test, a
network is tested on what it has learnt by heart.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from models.errors import UsageError, reason

ALONE = "picture"
BY_NAME = "name"


class Grouping:
    """Names the group of a picture.

    `Grouping("name")`: the sub-folder inside the class folder, else the file's name without its
    number (`harbour_0012.jpg` is of `harbour`); a name that is only a number stands alone.
    `Grouping("picture")`: every picture stands alone.
    `Grouping("groups.csv")`: a table with the columns `pattern,group`. The first pattern (as in a
    shell) that fits the file's name decides; an empty group lets each picture stand alone; where no
    pattern fits, the name decides. `fitted` says whether any row did so far.
    `Grouping("manifest.csv")`: a table with the columns `path,group`, one row a file. A path is absolute, or
    starts at the folder of the table. An empty group lets the picture stand alone; where no row names the
    picture, the name decides, and `unnamed` has its path.

    Raises:
        UsageError: the rule is neither name, picture nor a table of either kind.
    """

    def __init__(self, rule: str = BY_NAME) -> None:
        self.rule = rule
        self.patterns: tuple[tuple[str, str], ...] = ()
        self.manifest: dict[Path, str] | None = None
        self.unnamed: set[Path] = set()
        self.fitted = False
        if rule in (BY_NAME, ALONE):
            return
        column, rows = _read_table(Path(rule))
        if column == "path":
            self.manifest = _by_file(Path(rule), rows)
        else:
            self.patterns = rows

    @property
    def used(self) -> str:
        """The rule, or the names of files where no row of its table fitted any picture so far."""
        return self.rule if self.fitted or self.rule in (BY_NAME, ALONE) else BY_NAME

    def of(self, path: Path, class_folder: Path) -> str:
        """The group of the picture at `path`, which lies somewhere in `class_folder`."""
        if self.rule == ALONE:
            return str(path)
        if self.manifest is not None:
            if (group := self.manifest.get(path.resolve())) is not None:
                self.fitted = True
                return group or str(path)
            self.unnamed.add(path)
        for pattern, group in self.patterns:
            if fnmatch(path.name, pattern):
                self.fitted = True
                return group or str(path)
        if path.parent != class_folder:
            return path.parent.relative_to(class_folder).as_posix()
        return re.sub(r"[\W_]*\d+$", "", path.stem) or str(path)


def begin_alike(part_of: Mapping[str, str]) -> list[str]:
    """First words that groups of different parts have in common: `harbour` of `harbour_boat` and `harbour_empty`.

    They may be one camera, and the split worthless. `part_of` has the part of each group.
    """
    parts: defaultdict[str, set[str]] = defaultdict(set)
    for group, part in part_of.items():
        parts[re.split(r"[\W_]", group)[0]].add(part)
    return sorted(word for word, found in parts.items() if word and len(found) > 1)


def _read_table(path: Path) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Its first column's name, `pattern` or `path`, and its rows."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"--groups {path}: cannot be read ({reason(error)}); give name, picture, or a CSV file"
        ) from error
    columns = set(rows[0]) if rows else set()
    found = [column for column in ("pattern", "path") if column in columns]
    if not found or "group" not in columns:
        raise UsageError(
            f"--groups {path}: needs the columns pattern,group or path,group; received {list(rows[0]) if rows else 'no rows'}"
        )
    if len(found) > 1:
        raise UsageError(
            f"--groups {path}: has both columns pattern and path; keep the one that says what belongs together"
        )
    column = found[0]
    # Of a row that is shorter than the header, csv makes None.
    short = [number for number, row in enumerate(rows, 2) if row["group"] is None]
    if short:
        raise UsageError(
            f"--groups {path}: line {short[0]} has no group; an empty one, where each picture stands alone, is written {column},"
        )
    if any(row[column] is None or (column == "path" and not row[column].strip()) for row in rows):
        raise UsageError(f"--groups {path}: a row has no {column}; every row needs {column},group")
    return column, tuple((row[column].strip(), row["group"].strip()) for row in rows)


def _by_file(table: Path, rows: tuple[tuple[str, str], ...]) -> dict[Path, str]:
    """The group of each file. Links are followed, so that a file has one name."""
    groups: dict[Path, str] = {}
    for name, group in rows:
        path = (table.parent / name).resolve()
        if groups.setdefault(path, group) != group:
            raise UsageError(
                f"--groups {table}: {name} is named twice, for {groups[path]!r} and for {group!r}; keep one of the rows"
            )
    return groups
