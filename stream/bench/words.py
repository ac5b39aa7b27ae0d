"""A benchmark in words: its figures as cells of tables, its records as sentences."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from stream.bench.figure import Figure
from stream.bench.report import Capacity, Latencies, Machine, Plan, Report, Tried

UNSTABLE = "~"
"""Before a value that may well be another next time; "about", to who has not read the note."""


@dataclass(frozen=True, slots=True)
class Cell:
    """`spread`: from the smallest to the largest sample; empty where there is one sample only. `share`: to be drawn as a bar."""

    text: str
    spread: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """`strong`: what one looks for in this table. `begins`: another group of rows begins with it."""

    cells: tuple[Cell, ...]
    strong: bool = False
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A table, and the sentence that is said above it.

    `names`: so many columns, from the left, hold names; the others hold numbers. `main`: where there is little room, the spread of this
    column alone is shown; None: each is.
    """

    key: str
    title: str
    said: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    names: int = 1
    main: int | None = None


def grouped(rows: list[Row]) -> Iterator[Row]:
    """Of rows with the same name in front, the first alone says it."""
    for index, row in enumerate(rows):
        yield Row(row.cells if not index else (Cell(""), *row.cells[1:]), row.strong, begins=not index)


def plain(text: str) -> str:
    """Letters that cannot be printed become `?`: names of files may hold what moves a terminal's cursor."""
    return "".join(each if each.isprintable() else "?" for each in text)


def number(value: float, like: float | None = None) -> str:
    """To three digits or so, with as many decimals as `like` would have."""
    size = abs(value if like is None else like)
    return f"{value:.{0 if size >= 100 or size == 0 else 1 if size >= 10 else 2 if size >= 1 else 3}f}"


def cell(figure: Figure | None) -> Cell:
    """Its median and spread; a dash where it was not measured."""
    if figure is None:
        return Cell("-")
    if all(float(each).is_integer() for each in figure.samples):
        value, low, high = (f"{each:g}" for each in (figure.value, figure.low, figure.high))
    else:
        value, low, high = (number(each, figure.value) for each in (figure.value, figure.low, figure.high))
    return Cell(f"{'' if figure.stable else UNSTABLE}{value}", "" if low == high else f"{low} to {high}")


def unstable(report: Report) -> bool:
    return not all(each.stable for each in (*report.figures, *(tried.fps for tried in report.tried)))


def one(report: Report, name: str, **labels: object) -> Figure | None:
    return next(iter(report.named(name, **labels)), None)


def distinct(figures: Iterable[Figure], *keys: str) -> list[tuple[str, ...]]:
    """The values that these labels have, each once, in the order in which they came."""
    return list(dict.fromkeys(tuple(each.labels.get(key, "-") for key in keys) for each in figures))


def best(report: Report) -> Figure | None:
    """The fastest row of the model's sweep."""
    return max(report.named("model_fps"), key=lambda each: each.value, default=None)


def distributions(report: Report) -> list[tuple[str, Latencies]]:
    """Latencies with a name that no other has."""
    names = [each.name for each in report.latencies]
    return [
        (
            each.name.replace("_", " ")
            + (f", {', '.join(each.labels.values())}" if names.count(each.name) > 1 else ""),
            each,
        )
        for each in report.latencies
    ]


def setting(tried: Tried) -> str:
    return f"{tried.provider} {tried.precision}, batch {tried.batch}, {counted(tried.threads, 'thread')}, decoder {tried.hwaccel}"


def apart(tried: Sequence[Tried]) -> list[str]:
    """Names of settings by what is not the same in all of them: there is little room beside a bar."""
    parts = [
        (a.precision, a.provider, f"batch {a.batch}", counted(a.threads, "thread"), f"decoder {a.hwaccel}")
        for a in tried
    ]
    kept = [index for index in range(len(parts[0])) if len({each[index] for each in parts}) > 1] or [0]
    return [", ".join(each[index] for index in kept) for each in parts]


def carried(report: Report, capacity: Capacity) -> str:
    """How many cameras, in a sentence."""
    needs = [
        f"{cell(figure).text} {unit}"
        for name, unit in (("capacity_cores", "cores"), ("capacity_memory_mb", "MB"))
        if (figure := one(report, name, clip=capacity.clip)) is not None
    ]
    needed = f", with {' and '.join(needs)}" if needs else ""
    end = f" The search ended there: {capacity.limit}." if capacity.limit else ""
    return (
        f"{counted(capacity.cameras, 'camera')} (clip {capacity.clip}) at {capacity.fps:g} looks a second each, "
        f"99 of 100 looks within {capacity.limit_ms:g} ms{needed}.{end}"
    )


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(machine: Machine) -> str:
    return machine.processor or "a processor without a name"


def found(report: Report) -> tuple[str, str, str]:
    """The machine and what ran on it, in three lines."""
    machine, model = report.machine, report.model
    sets = f" ({', '.join(machine.instruction_sets)})" if machine.instruction_sets else ""
    gpus = ", ".join(f"{each.name} with {each.memory_mb / 1024:.0f} GiB, driver {each.driver}" for each in machine.gpus)
    yardstick = one(report, "machine_matmul_gflops")
    speed = f"; {cell(yardstick).text} GFLOP/s in products of matrices" if yardstick is not None else ""
    ways = f"decoder {model.hwaccel}{', tuned for this machine' if model.tuned else ''}"
    return (
        f"{named(machine)}{sets}: {machine.cores:g} of {machine.cores_of_machine} cores{speed}",
        f"{machine.system}, {machine.memory_mb / 1024:.1f} GiB of memory, {gpus or 'no GPU'}; fingerprint {machine.fingerprint}",
        f"{model.name}: {model.precision} on {model.provider}, batch {model.batch}, {counted(model.threads, 'thread')}, {ways}",
    )


def notes(report: Report) -> tuple[str, ...]:
    """What is to be known before its figures are believed."""
    return tuple(report.notes)


def spread_note(plan: Plan) -> str:
    return (
        f"Values are medians, and in brackets the smallest and the largest of {plan.repeats} samples or more, taken in turn with all others. "
        f"Of accuracy it is the 95 % interval."
    )


def unstable_note(plan: Plan) -> str:
    return (
        f"not stable: the last three samples were not within {100 * plan.stability:g} % of their mean. "
        "Something else may have run on the machine."
    )
