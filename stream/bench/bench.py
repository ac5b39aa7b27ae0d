"""`rivereye bench`: measures this machine with a model, and says what it carries."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from models.bundle import open_bundle
from models.command import typed
from models.errors import OutputError, reason
from models.outputs import check_folder, new_folder
from models.say import say
from stream.bench.accuracy import find_labelled
from stream.bench.demands import check_energy, check_labels, check_met
from stream.bench.figure import Requirement
from stream.bench.labels import labels
from stream.bench.machine import look_around
from stream.bench.page import page
from stream.bench.repeats import restless
from stream.bench.report import BENCH, Report
from stream.bench.run import Run
from stream.bench.table import show
from stream.bench.used import remember, used
from stream.bench.wanted import Wanted

PAGE = "bench.html"


def bench(
    wanted: Wanted,
    data: Path | None,
    against: str | None,
    requirements: Sequence[Requirement],
    out: Path,
    overwrite: bool,
    console: Console,
) -> Report:
    """Measures, writes `bench.json` and `bench.html` into the folder `out`, and shows the table.

    Args:
        wanted: what is measured.
        data: labelled pictures, for the accuracy of each precision.
        against: another model to measure beside it, folder or name.
        requirements: limits on figures.
        out: folder.
        overwrite: replace a benchmark that is there.
        console: for progress; the table goes to standard output.

    Raises:
        BundleError, SourceError, UsageError, OutputError: see there; nothing was written.
        GateNotMet: a requirement is not met; all was written and shown.
    """
    began = time.monotonic()
    check_folder(out, overwrite, BENCH)
    labelled = None if data is None else find_labelled(data)
    bundle = wanted.choice.bundle()
    other = None if against is None else open_bundle(against)
    runs = used(wanted.choice, bundle, wanted.batches, wanted.threads, console)
    check_labels(requirements, labels(wanted, bundle, runs, other))
    with tempfile.TemporaryDirectory(prefix="rivereye-bench-") as folder:
        run = Run(wanted, bundle, runs, Path(folder), console, other)
        try:
            check_energy(requirements, bool(run.energy), run.energy.absent)
            run.measure()
            if labelled is not None:
                run.judge(labelled)
            if wanted.capacity:
                run.find_capacity()
        finally:
            run.close()
    report = _report(run, time.monotonic() - began)
    try:
        with new_folder(out, overwrite, BENCH) as draft:
            (draft / BENCH).write_text(report.model_dump_json(by_alias=True, indent=1) + "\n", encoding="utf-8")
            (draft / PAGE).write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write {out}: {reason(error)}; choose another place") from error
    finally:
        _show(report)  # minutes of measuring must not be lost to a full disk
    say(console, f"written: {out / BENCH}, {out / PAGE}")
    if wanted.tune and len(run.tried) > 1:
        remember(run.used, bundle, run.tried, console)
    check_met(requirements, report.figures)
    return report


def _show(report: Report) -> None:
    """Whoever reads standard output may have seen enough, and rich would end the program there."""
    with suppress(SystemExit):
        show(report, Console())


def _report(run: Run, seconds: float) -> Report:
    return Report(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(seconds, 1),
        command=typed(),
        machine=look_around(run.energy.absent),
        model=run.used,
        clips=run.clips,
        plan=run.wanted.plan,
        figures=tuple(run.figures),
        latencies=tuple(run.latencies),
        capacity=run.capacity,
        accuracy=tuple(run.accuracy),
        tried=tuple(run.tried),
        left_out=run.left_out,
        notes=(*run.notes, *restless(run.figures, run.wanted.plan)),
    )
