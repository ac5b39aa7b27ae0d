"""Settings that were tuned for a machine: the file, what is taken of it beside what was set, and the command that picks it up."""

import json
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError
from rich.console import Console

from models.bundle import CARD, Bundle, open_bundle
from models.card import Card
from models.errors import OutputError, UsageError
from models.machine import fingerprint
from models.providers import NAMES, provider_named, providers_here
from stream.configuration.effective import picked_up, resolved
from stream.configuration.settings import Settings
from stream.configuration.tuned import (
    Choices,
    Entry,
    Provider,
    Tuned,
    place,
    read_tuned,
    tuned_for,
    write_tuned,
)
from stream.looking.pipeline import BATCH
from tests.factories import BRIGHT, lines_of, rivereye, start, write_bundle, write_clip

HERE, THERE = "0" * 16, "1" * 16
CHOICES = Choices(provider="cpu", precision="int8", batch=8, threads=2, hwaccel="none")
OTHER = CHOICES.model_copy(update={"batch": 3})
CREATED = "2026-01-01T00:00:00Z"
GONE = next(name for name in ("openvino", "tensorrt", "cuda", "none") if name not in providers_here())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a bundle with two precisions, fp32 by itself; both answer with the mean brightness."""
    folder = write_bundle(tmp_path_factory.mktemp("bundles") / "brightness")
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    card["precisions"]["int8"] = card["precisions"]["fp32"]
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")
    return folder


@pytest.fixture
def opened(folder: Path) -> Bundle:
    return open_bundle(str(folder))


@pytest.fixture
def card(opened: Bundle) -> Card:
    return opened.card


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file where the command looks for it; it is not there yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "rivereye" / "tuned.json"


def entry(card: Card, machine: str = HERE, choices: Choices = CHOICES) -> Entry:
    return Entry.of(card, machine, choices, 52.1, CREATED)


def exported_anew(card: Card) -> Card:
    """The same name, another file."""
    model = card.precisions["fp32"].model_copy(update={"sha256": "f" * 64})
    return card.model_copy(update={"precisions": card.precisions | {"fp32": model}})


def settings(camera: dict[str, Any] | None = None, **given: Any) -> Settings:
    return Settings.model_validate({"cameras": {"north": {"source": "test"} | (camera or {})}} | given)


def test_providers_are_those_that_there_are() -> None:
    assert set(get_args(Provider)) == set(NAMES)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"XDG_CONFIG_HOME": "/etc/xdg"}, Path("/etc/xdg/rivereye/tuned.json")),
        ({"XDG_CONFIG_HOME": ""}, Path.home() / ".config" / "rivereye" / "tuned.json"),
        ({"XDG_CONFIG_HOME": "here"}, Path.home() / ".config" / "rivereye" / "tuned.json"),
        ({}, Path.home() / ".config" / "rivereye" / "tuned.json"),
    ],
)
def test_the_place_is_where_settings_are_kept(environ: dict[str, str], found: Path) -> None:
    assert place(environ) == found


def test_nobody_without_a_home_is_in_the_way(opened: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(UsageError, match="set XDG_CONFIG_HOME"):
        place()
    said = StringIO()
    assert picked_up(settings(), opened, Console(file=said)) is None
    assert said.getvalue() == ""


def test_what_is_written_is_read(tmp_path: Path, card: Card) -> None:
    path = tmp_path / "deep" / "tuned.json"
    assert read_tuned(path) == Tuned()
    write_tuned(path, entry(card))
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == "rivereye/tuned/1"
    assert read_tuned(path).entries == (entry(card),)
    assert tuned_for(card, HERE, path) == CHOICES
    assert [each.name for each in path.parent.iterdir()] == ["tuned.json"]


def test_model_and_machine_have_one_entry(tmp_path: Path, card: Card) -> None:
    path = tmp_path / "tuned.json"
    for each in (entry(card), entry(card, THERE), entry(exported_anew(card)), entry(card, HERE, OTHER)):
        write_tuned(path, each)
    assert len(read_tuned(path).entries) == 3
    assert (tuned_for(card, HERE, path), tuned_for(card, THERE, path)) == (OTHER, CHOICES)


def test_what_was_tuned_for_others_is_not_taken(tmp_path: Path, card: Card) -> None:
    path = tmp_path / "tuned.json"
    write_tuned(path, entry(card))
    assert tuned_for(card, THERE, path) is None
    assert tuned_for(exported_anew(card), HERE, path) is None
    assert tuned_for(card.model_copy(update={"name": "other"}), HERE, path) is None


def test_an_entry_names_a_file_that_is_there(card: Card) -> None:
    with pytest.raises(ValidationError, match="no file of the precision fp16; there are fp32, int8"):
        entry(card, choices=CHOICES.model_copy(update={"precision": "fp16"}))


BROKEN: list[tuple[Callable[[dict[str, Any]], object], str]] = [
    (lambda table: table.update(schema="rivereye/tuned/2"), "schema: "),
    (lambda table: table.update(more=1), "more: "),
    (lambda table: table["entries"][0].pop("fps"), "entries.0.fps: "),
    (lambda table: table["entries"][0].update(machine="mine"), "entries.0.machine: "),
    (lambda table: table["entries"][0].update(files={}), "entries.0: no file of the precision int8"),
    (lambda table: table["entries"][0]["choices"].update(provider="auto"), "entries.0.choices.provider: "),
    (lambda table: table["entries"][0]["choices"].update(batch=0), "entries.0.choices.batch: "),
    (lambda table: table["entries"][0]["choices"].update(threads=-1), "entries.0.choices.threads: "),
]


@pytest.mark.parametrize(("spoil", "said"), BROKEN)
def test_a_broken_file_is_named_with_what_to_do(
    tmp_path: Path, card: Card, spoil: Callable[[dict[str, Any]], object], said: str
) -> None:
    path = tmp_path / "tuned.json"
    write_tuned(path, entry(card))
    table = json.loads(path.read_text(encoding="utf-8"))
    spoil(table)
    path.write_text(json.dumps(table), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_tuned(path)
    assert str(raised.value).startswith(f"cannot understand {path}: {said}")
    assert str(raised.value).endswith("delete it; `rivereye bench --tune` makes it anew")


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_broken_file_is_made_anew(tmp_path: Path, card: Card, content: bytes) -> None:
    path = tmp_path / "tuned.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="cannot understand"):
        read_tuned(path)
    write_tuned(path, entry(card))
    assert tuned_for(card, HERE, path) == CHOICES


def test_a_place_that_takes_no_file_is_told(tmp_path: Path, card: Card) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write .*file/tuned.json"):
        write_tuned(tmp_path / "file" / "tuned.json", entry(card))
    with pytest.raises(OutputError, match="it is a folder"):
        write_tuned(tmp_path, entry(card))
    with pytest.raises(UsageError, match="cannot read .*Is a directory"):
        read_tuned(tmp_path)
    assert read_tuned(tmp_path / "file" / "tuned.json") == Tuned()


TUNED = {"precision": "int8", "provider": "cpu", "batch": 8, "threads": 2}
USUAL = {"precision": None, "provider": "auto", "batch": BATCH, "threads": 0}


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        ({}, TUNED),
        ({"provider": "auto"}, TUNED),
        ({"batch": 1}, TUNED | {"batch": 1}),
        ({"threads": 0}, TUNED | {"threads": 0}),
        ({"batch": BATCH, "threads": 1}, TUNED | {"batch": BATCH, "threads": 1}),
        # Half a pair was set: the other half is not taken, and what was measured of the pair only where it runs.
        ({"precision": "fp32"}, USUAL | {"precision": "fp32"}),
        ({"provider": "cpu"}, USUAL | {"provider": "cpu"}),
        ({"provider": "cpu", "precision": "int8"}, TUNED),
        ({"provider": "cuda", "precision": "int8"}, USUAL | {"provider": "cuda", "precision": "int8"}),
        ({"provider": "cuda", "batch": 16}, USUAL | {"provider": "cuda", "batch": 16}),
        # A background fits one precision alone, by itself the bundle's first.
        ({"camera": {"background": "b"}}, USUAL),
        ({"camera": {"background": "b"}, "precision": "int8", "provider": "cpu"}, TUNED),
    ],
)
def test_what_is_set_comes_first(opened: Bundle, given: dict[str, Any], runs: dict[str, Any]) -> None:
    found = resolved(settings(**given), CHOICES, opened)
    assert {name: getattr(found, name) for name in TUNED} == runs
    assert found.cameras == settings(given.get("camera")).cameras


@pytest.mark.skipif(provider_named("auto") != "cpu", reason="by itself the GPU is taken")
def test_batch_and_threads_are_taken_where_their_pair_runs(opened: Bundle) -> None:
    """Whoever chose it: here half of it was set, and the rest is as usual."""
    found = resolved(settings(precision="int8"), CHOICES, opened)
    assert (found.precision, found.provider, found.batch, found.threads) == ("int8", "auto", 8, 2)
    found = resolved(settings(provider="cpu"), CHOICES, replace(opened, precision="int8"))
    assert (found.precision, found.provider, found.batch, found.threads) == (None, "cpu", 8, 2)


def test_a_background_of_the_tuned_precision_is_no_hindrance(opened: Bundle) -> None:
    found = resolved(settings({"background": "b"}), CHOICES, replace(opened, precision="int8"))
    assert (found.precision, found.provider) == ("int8", "cpu")


@pytest.mark.parametrize(
    ("camera", "tuned", "runs"),
    [
        ({}, "vaapi", "auto"),
        ({}, "auto", "auto"),
        ({}, "none", "none"),
        ({"hwaccel": "none"}, "vaapi", "none"),
        ({"hwaccel": "mfx"}, "none", "mfx"),
        ({"hwaccel": "mfx"}, "vaapi", "mfx"),
    ],
)
def test_a_camera_of_its_own_mind_keeps_it(opened: Bundle, camera: dict[str, Any], tuned: str, runs: str) -> None:
    choices = Choices.model_validate(CHOICES.model_dump() | {"hwaccel": tuned})
    given = settings(camera)
    assert resolved(given, choices, opened).cameras["north"].hwaccel == runs
    assert given.cameras["north"].hwaccel == camera.get("hwaccel", "none"), "what was given is as it was"


def test_without_any_tuning_all_is_as_usual(opened: Bundle) -> None:
    found = resolved(settings(), None, opened)
    assert {name: getattr(found, name) for name in USUAL} == USUAL
    assert found.cameras == settings().cameras


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "tuned for this machine: int8 on cpu, batch 8, 2 threads, decoding by hardware where it can (PATH)\n"),
        ({"batch": 1, "camera": {"hwaccel": "none"}}, "tuned for this machine: int8 on cpu, 2 threads (PATH)\n"),
        ({"precision": "fp32", "camera": {"hwaccel": "none"}}, ""),
        ({"tuned": False}, ""),
    ],
)
def test_what_is_taken_is_told(opened: Bundle, config: Path, given: dict[str, Any], said: str) -> None:
    write_tuned(config, entry(opened.card, fingerprint(), CHOICES.model_copy(update={"hwaccel": "vaapi"})))
    console = Console(file=StringIO(), width=40)
    choices = picked_up(settings(**given), opened, console)
    assert (choices is None) == ("tuned" in given)
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue() == said.replace("PATH", str(config))


@pytest.mark.parametrize(
    ("machine", "of", "said"),
    [
        (
            THERE,
            lambda card: card,
            "was tuned on another machine and is left alone; `rivereye bench --tune vgg16-river-slim`",
        ),
        (THERE, exported_anew, ""),
        (None, exported_anew, ""),
    ],
)
def test_what_was_tuned_elsewhere_is_left_alone(
    opened: Bundle, config: Path, machine: str | None, of: Callable[[Card], Card], said: str
) -> None:
    write_tuned(config, entry(of(opened.card), machine or fingerprint()))
    console = Console(file=StringIO())
    assert picked_up(settings(), opened, console) is None
    assert isinstance(console.file, StringIO)
    assert said in console.file.getvalue()
    assert bool(console.file.getvalue()) == bool(said)


@pytest.mark.skipif(GONE == "none", reason="all providers are here")
def test_a_provider_that_has_gone_is_a_warning(opened: Bundle, config: Path) -> None:
    choices = Choices.model_validate(CHOICES.model_dump() | {"provider": GONE})
    write_tuned(config, entry(opened.card, fingerprint(), choices))
    console = Console(file=StringIO())
    assert picked_up(settings(), opened, console) is None
    assert isinstance(console.file, StringIO)
    assert f"has gone: --provider {GONE}: " in console.file.getvalue()
    assert picked_up(settings(provider="cpu"), opened, Console(file=StringIO())) == choices, "it is not wanted"


LONG = 5
"""Seconds that a watch is given to show a frame, and to hear a signal, times four."""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clip") / "north.mp4", [BRIGHT] * 9)


@pytest.mark.parametrize(
    ("options", "precision"), [([], "int8"), (["--precision", "fp32"], "fp32"), (["--no-tuned"], "fp32")]
)
def test_the_command_picks_it_up(
    config: Path, folder: Path, card: Card, clip: Path, options: list[str], precision: str
) -> None:
    write_tuned(config, entry(card, fingerprint()))
    done = rivereye("stream", clip, "--model", folder, *options)
    assert done.returncode == 0, done.stderr
    assert {each["model"]["precision"] for each in lines_of(done.stdout)} == {precision}
    assert (f"tuned for this machine: int8 on cpu, batch 8, 2 threads ({config})" in done.stderr) == (not options)


def test_a_broken_file_fails_no_watch(config: Path, folder: Path, clip: Path) -> None:
    before = rivereye("stream", clip, "--model", folder)
    config.parent.mkdir(parents=True)
    config.write_text("{", encoding="utf-8")
    done = rivereye("stream", clip, "--model", folder)
    assert (done.returncode, done.stdout) == (0, before.stdout)
    assert f"nothing is tuned for this machine: cannot understand {config}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_same_tuning_gives_the_same_bytes(config: Path, folder: Path, card: Card, clip: Path) -> None:
    write_tuned(config, entry(card, fingerprint()))
    by_itself, again, set_by_hand = (
        rivereye("stream", clip, "--model", folder, *options).stdout
        for options in (
            [],
            [],
            ["--no-tuned", "--precision", "int8", "--provider", "cpu", "--batch", "8", "--threads", "2"],
        )
    )
    assert by_itself == again == set_by_hand != ""


def until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 4 * LONG
    while not done():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def threads_of(folder: Path, where: Path, *options: str) -> int:
    """That a watch of the test pattern has, by the kernel, once it has looked at something."""
    with start("stream", "test", "--model", folder, "--output", where, *options) as process:
        until(lambda: where.exists() and where.stat().st_size > 0, "it looks")
        count = len(list(Path(f"/proc/{process.pid}/task").iterdir()))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=4 * LONG)
    return count


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted by Linux")
def test_as_many_threads_as_are_wanted(config: Path, folder: Path, card: Card, tmp_path: Path) -> None:
    one = threads_of(folder, tmp_path / "one.jsonl", "--threads", "1")
    assert threads_of(folder, tmp_path / "nine.jsonl", "--threads", "9") == one + 8
    write_tuned(config, entry(card, fingerprint(), CHOICES.model_copy(update={"threads": 7})))
    assert threads_of(folder, tmp_path / "tuned.jsonl") == one + 6
    assert threads_of(folder, tmp_path / "set.jsonl", "--threads", "3") == one + 2


@pytest.fixture
def watched(config: Path, folder: Path, card: Card, tmp_path: Path) -> Callable[[str, str], str]:
    """Watches with the one text as its file, reloads with the other, and gives what was said."""
    file, lines = tmp_path / "river.toml", tmp_path / "a.jsonl"
    choices = Choices.model_validate(CHOICES.model_dump() | {"hwaccel": "auto"})

    def looks() -> int:
        return lines.read_bytes().count(b"\n") if lines.exists() else 0

    def watch(before: str, after: str) -> str:
        write_tuned(config, entry(card, fingerprint(), choices))
        common = f'model = "{folder}"\noutputs.detections = "{lines}"\n'
        file.write_text(common + before, encoding="utf-8")
        with start("stream", "--config", file) as process:
            until(lambda: looks() > 0, "it looks")
            write_tuned(config, entry(card, fingerprint(), OTHER))  # as if it were tuned again meanwhile
            file.write_text(common + after, encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            enough = looks() + 5 * CHOICES.batch  # it is read anew between two batches
            until(lambda: looks() >= enough, "it goes on")
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=4 * LONG)
        return str(said)

    return watch


CAMERAS = '[cameras.stays]\nsource = "test"\n[cameras.other]\nsource = "test"\n'


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (CAMERAS, CAMERAS, "reloaded: nothing changed"),
        (CAMERAS, f"{CAMERAS}fps = 1\n", "reloaded: changed other (fps); 1 camera as before\n"),
        (CAMERAS, f"batch = 16\n{CAMERAS}", "reloaded: 2 cameras as before; start rivereye again for batch\n"),
        (CAMERAS, f"tuned = false\n{CAMERAS}", "reloaded: 2 cameras as before; start rivereye again for tuned\n"),
        (f"tuned = false\n{CAMERAS}", f"batch = 4\ntuned = false\n{CAMERAS}", "reloaded: nothing changed"),
    ],
)
def test_a_reload_changes_nothing_of_it(watched: Callable[[str, str], str], before: str, after: str, said: str) -> None:
    found = watched(before, after)
    assert said in found
    assert "Traceback" not in found
