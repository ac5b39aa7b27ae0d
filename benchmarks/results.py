"""The figures of README and docs, from the reports in `benchmarks/results`: `python -m benchmarks.results` writes them there.

`make results` measures anew, with this machine for itself, and then does that.
"""

from collections.abc import Iterable
from pathlib import Path

from benchmarks.outcome import Planted, told
from benchmarks.peers.report import Comparison
from stream.bench.figure import Figure
from stream.bench.report import Report, read_report

ROOT = Path(__file__).parents[1]
README, DOCS = ROOT / "README.md", ROOT / "docs" / "benchmark.md"
FOLDER = ROOT / "benchmarks" / "results"
BENCH, PEERS, PLANTED = FOLDER / "bench", FOLDER / "peers.json", FOLDER / "planted.json"
BEGIN, END = "<!-- figures: begin (python -m benchmarks.results) -->", "<!-- figures: end -->"
OURS = "rivereye"


def figures(report: Report, peers: Comparison) -> str:
    """As Markdown: what this machine carries, then others on the same clip, from the fastest."""
    lines = [
        f"{report.machine.processor} ({'VNNI' if any('vnni' in each for each in report.machine.instruction_sets) else 'no VNNI'}), {report.machine.cores:g} cores, {'no GPU' if not report.machine.gpus else report.machine.gpus[0].name}; "
        f"{report.model.name} in {report.model.precision}, whole frames; medians, and in brackets the smallest and largest sample.",
        "",
        "| measured | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in _rows(report)),
        "",
        f"The same clip ({peers.clip.name}, {peers.clip.width} x {peers.clip.height}) through others, every frame, in turn in one run ([who they are](benchmarks/peers/README.md)):",
        "",
        "| | frames/s | ms of processor time a frame | peak MB |",
        "|---|---|---|---|",
        *_peers(peers),
    ]
    return "\n".join(lines)


def put_into(text: str, inside: str) -> str:
    """The same text with this between the marks. Raises ValueError: it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} and {END} in the text")
    return f"{before}{BEGIN}\n{inside}\n{END}{after}"


def read_peers(path: Path = PEERS) -> Comparison:
    return Comparison.model_validate_json(path.read_bytes())


def read_planted(path: Path = PLANTED) -> Planted | None:
    """None where nothing was planted."""
    return Planted.model_validate_json(path.read_bytes()) if path.exists() else None


def _rows(report: Report) -> Iterable[tuple[str, str]]:
    for clip in report.clips:
        for gate in ("off", "on"):
            (speed,) = report.named("pipeline_fps", clip=clip.name, gate=gate)
            (share,) = report.named("pipeline_to_decode", clip=clip.name, gate=gate)
            (decode,) = report.named("decode_fps", clip=clip.name)
            what = f"{clip.width} x {clip.height} recording, `{clip.name}`{', with the gate' if gate == 'on' else ''}"
            yield what, f"{_shown(speed)} frames/s; {share.value:.0%} of decoding alone ({decode.value:.0f})"
    best = max(report.named("model_fps"), key=lambda each: each.value)
    several = len({each.labels["precision"] for each in report.named("model_fps")}) > 1
    precision = f"{best.labels['precision']}, " if several else ""
    yield (
        f"the model alone, {precision}batches of {best.labels['batch']}, {best.labels['threads']} threads",
        f"{_shown(best)} pictures/s",
    )
    yield from _beside(report)
    for tried in report.tried:
        if tried.chosen:
            what = f"{tried.precision} on {tried.provider}, batches of {tried.batch}, {tried.threads} threads"
            yield f"fastest of {len(report.tried)} settings (`--tune`): {what}", f"{_shown(tried.fps)} frames/s"
    for each in report.accuracy:
        flips = "" if each.flips is None else f"; {each.flips} decided otherwise than by {each.against}"
        value = f"{each.accuracy:.1%} ({each.low:.1%} to {each.high:.1%}){flips}"
        yield f"right of {each.n} labelled pictures, which it may have learnt from, {each.precision}", value
    if report.capacity is not None:
        limit, fps, seconds = report.capacity.limit_ms, report.capacity.fps, report.capacity.seconds
        yield (
            f"live cameras (`{report.capacity.clip}`) at {fps:g} looks a second each, 99 % within {limit:g} ms",
            f"{report.capacity.cameras}, for {seconds:g} s, twice",
        )
    for memory in report.named("capacity_memory_mb"):
        yield "memory of these", f"{memory.value:.0f} MB"
    for first in report.named("command_first_detection_s"):
        yield "`rivereye stream`: first detection after", f"{_shown(first)} s"
    for peak in report.named("command_peak_mb"):
        yield "`rivereye stream`: peak of memory, one recording", f"{_shown(peak)} MB"


def _beside(report: Report) -> Iterable[tuple[str, str]]:
    """Another model."""
    for times in report.named("model_to_against"):
        model, precision = times.labels["model"], times.labels["precision"]
        yield f"as many pictures a second as `{model}` in {precision}", f"{_shown(times)} times"
        for right in report.named("against_accuracy_percent", model=model, precision=precision):
            yield f"right of the same pictures below, `{model}` in {precision}", f"{right.value:.1f} %"


def _peers(peers: Comparison) -> Iterable[str]:
    def of(name: str, peer: str) -> Figure:
        return next(each for each in peers.figures if each.name == name and each.labels["peer"] == peer)

    for each in sorted(peers.peers, key=lambda each: -of("peer_fps", each.name).value):
        name = f"`{each.name}`: {each.what}"
        name = f"**{name}**" if each.name == OURS else name
        cpu, peak = of("peer_cpu_ms", each.name), of("peer_memory_mb", each.name)
        yield f"| {name} | {_shown(of('peer_fps', each.name))} | {cpu.value:.1f} | {peak.value:.0f} |"
    for name, reason in peers.left_out.items():
        yield f"| {name} | not measured: {reason} | | |"


def _shown(figure: Figure) -> str:
    digits = 0 if figure.value >= 100 else 1 if figure.value >= 10 else 2
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def main() -> None:
    insides = {README: figures(read_report(BENCH), read_peers())}
    planted = read_planted()
    if planted is not None:
        insides[DOCS] = told(planted)
    for path, inside in insides.items():
        path.write_text(put_into(path.read_text(encoding="utf-8"), inside), encoding="utf-8")


if __name__ == "__main__":
    main()
