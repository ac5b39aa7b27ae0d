"""The settings with which recorded video goes through this machine fastest. What they were chosen by is kept."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import cv2

from stream.bench.figure import Figure
from stream.bench.recorded import Watching, looked
from stream.bench.repeats import Kind, Task, measure
from stream.bench.report import Plan, Tried
from stream.bench.sweep import Opened, Setting
from stream.sources.opening import ACCELERATIONS, Opening, parameters

FPS = {"tuning_fps": Kind("frames/s", "higher")}
MOST = 8
"""Settings of a model that are tried on video: the fastest of the model alone, which says much of what is to be expected."""

Tell = Callable[[int, int], None]


def tune(
    opened: Opened, swept: Sequence[Figure], clip: Path, watching: Watching, plan: Plan, tell: Tell
) -> list[Tried]:
    """Tries the fastest settings of the model alone on a recording, then the best of them with each decoder. One is chosen, if there are several.

    Args:
        opened: classifiers.
        swept: figures `model_fps` of all settings that may be chosen.
        clip: recording.
        watching: how it is looked at, but for what is tried.
        plan: how often.
        tell: see `measure`.
    """
    wanted = fastest(swept)
    tasks = [_task(opened, each, "none", clip, watching) for each in wanted]
    first = [_tried(figure) for figure in measure(tasks, plan, tell)]
    best = choose(first)
    decoders = [name for name in ACCELERATIONS if name != "none" and opens(clip, name)]
    again = Setting(best.provider, best.precision, best.batch, best.threads)
    tasks = [_task(opened, again, name, clip, watching) for name in decoders]
    tried = [*first, *(_tried(figure) for figure in measure(tasks, plan, tell))]
    best = choose(tried)
    return [each.model_copy(update={"chosen": each is best and len(tried) > 1}) for each in tried]


def fastest(swept: Sequence[Figure]) -> list[Setting]:
    """Up to MOST settings, all of the provider and precision of the fastest one."""
    ordered = sorted(swept, key=lambda each: -each.value)
    kind = [(each.labels["provider"], each.labels["precision"]) for each in ordered]
    same = [each for each, named in zip(ordered, kind, strict=True) if named == kind[0]]
    return [
        Setting(
            each.labels["provider"], each.labels["precision"], int(each.labels["batch"]), int(each.labels["threads"])
        )
        for each in same[:MOST]
    ]


def choose(tried: Sequence[Tried]) -> Tried:
    """The fastest; of those whose medians lie within its spread, which differ by chance, the one that takes least: no special decoder, few in a
    batch, few threads."""
    best = max(tried, key=lambda each: each.fps.value)
    alike = [each for each in tried if each.fps.value >= best.fps.low]
    return min(alike, key=lambda each: (each.hwaccel != "none", each.batch, each.threads, -each.fps.value))


def opens(clip: Path, hwaccel: str) -> bool:
    """Whether this hardware really decodes the clip: where it cannot, OpenCV takes software without a word."""
    capture = cv2.VideoCapture(str(clip), cv2.CAP_FFMPEG, parameters(Opening(hwaccel=hwaccel), timeouts=False))
    found = bool(capture.grab()) and int(capture.get(cv2.CAP_PROP_HW_ACCELERATION)) > 0
    capture.release()
    return found


def _task(opened: Opened, setting: Setting, hwaccel: str, clip: Path, watching: Watching) -> Task:
    classifier = opened.get(setting.provider, setting.precision, setting.threads)
    settings = replace(watching, batch=setting.batch, hwaccel=hwaccel).settings(clip)

    def sample() -> dict[str, float]:
        seconds, _, _, frames = looked(settings, classifier, None)
        return {"tuning_fps": frames / seconds}

    return Task({**setting.labels, "hwaccel": hwaccel}, FPS, sample)


def _tried(fps: Figure) -> Tried:
    return Tried(
        provider=fps.labels["provider"],
        precision=fps.labels["precision"],
        batch=int(fps.labels["batch"]),
        threads=int(fps.labels["threads"]),
        hwaccel=fps.labels["hwaccel"],
        fps=fps,
        chosen=False,
    )


def chosen_by(tried: Sequence[Tried]) -> str | None:
    """What is to be known of a choice: that there was none, or that it may be chance. None where one was clearly the fastest."""
    if len(tried) < 2:
        return "tuning had one setting only to choose from, so that nothing was tuned; give no --batch and --threads, or several of them"
    best = next(each for each in tried if each.chosen)
    alike = [each for each in tried if not each.chosen and each.fps.high >= best.fps.low]
    if not alike:
        return None
    return f"tuning: {len(alike)} of {len(tried)} settings are as fast as the chosen one but for chance, which was chosen as it takes least of the machine"
