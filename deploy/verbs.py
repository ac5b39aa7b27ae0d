"""The verbs of this stage, as the command line has them. TensorFlow is imported only by those that convert."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from models.errors import UsageError
from models.extras import check_installed, importing

console = Console(stderr=True)
EXTRA = ("deploy", "keras", "onnx", "scipy", "tensorflow", "tf2onnx")
"""The extra of those that convert, and what it brings."""


def export(
    run: Annotated[Path, typer.Argument(help="Folder that `rivereye train` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle, to be made.")],
    precision: Annotated[
        str, typer.Option(help="fp32, fp16 (for GPUs), int8 (a quarter of the size, fast on processors), or several.")
    ] = "fp32,fp16,int8",
    data: Annotated[
        Path | None, typer.Option(help="More pictures to compare on, such as the camera takes; labels are not needed.")
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=1, help="How many pictures to compare on; fewer than 1000 want --force.")
    ] = 1000,
    force: Annotated[
        bool, typer.Option("--force", help="Write the bundle although a limit is passed; its card says so.")
    ] = False,
    notes: Annotated[
        Path | None, typer.Option(help="Markdown for the end of the bundle's README: licences, limits.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that is there.")] = False,
) -> None:
    """Convert a trained network to ONNX, and prove on real pictures that it still decides the same.

    Ends with exit code 3, and writes nothing, where there are fewer than 1000 real pictures to compare on, more decisions flip than 0 (fp32), 0.1 % (fp16) or 0.5 % (int8), probabilities of fp32 differ by more than 0.001, or int8 is slower than fp32. Pictures that flip are kept beside the bundle.
    """
    from deploy.pictures import check_folder_of_pictures
    from deploy.request import check_out, precisions_named, read_notes
    from deploy.run import open_run

    # All that can be said before TensorFlow is loaded, which takes seconds.
    check_installed(*EXTRA)
    precisions = precisions_named(precision)
    read_notes(notes)
    open_run(run)
    check_out(out, overwrite)
    if data is not None:
        check_folder_of_pictures(data)
    with importing("deploy"):
        from deploy.export import Settings
        from deploy.export import export as begin

    settings = Settings(precisions, data, pictures, force, notes)
    begin(run, out, settings, overwrite, console)


def verify(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or the name of a released model.")],
    data: Annotated[
        Path | None, typer.Option(help="Pictures to compare the precisions on, such as the camera takes.")
    ] = None,
    provider: Annotated[str, typer.Option(help="auto, cpu, cuda, tensorrt or openvino.")] = "auto",
    precision: Annotated[str | None, typer.Option(help="fp32, fp16 or int8: this file alone. By itself all.")] = None,
    pictures: Annotated[int, typer.Option(min=1, help="How many pictures of --data at most.")] = 1000,
    json: Annotated[bool, typer.Option("--json", help="One JSON object to standard output, no table.")] = False,
) -> None:
    """Is this bundle whole, and does it answer here as it did where it was made? Run it on the machine that will use it.

    Exit code 1: it is broken. 3: on the pictures of --data more decisions flip than the export allows.
    """
    from deploy.verify import verify as begin

    begin(bundle, data, provider, precision, pictures, json, console)


def import_(
    file: Annotated[Path, typer.Argument(help="An .onnx, .keras or .h5 file: a classifier of single pictures.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle, to be made.")],
    data: Annotated[
        Path,
        typer.Option(
            help="Pictures to compare on; those in sub-folders ship and no_ship also say how often it is right."
        ),
    ],
    labels: Annotated[
        str | None,
        typer.Option(help="Its classes in the order of its outputs: no_ship,ship. By itself what the file says."),
    ] = None,
    positive: Annotated[str, typer.Option(help="Those of the labels that are ships.")] = "ship",
    size: Annotated[str | None, typer.Option(help="Width and height of its pictures: 224x224.")] = None,
    layout: Annotated[str | None, typer.Option(help="NHWC or NCHW.")] = None,
    colour: Annotated[str | None, typer.Option(help="RGB (by itself) or BGR.")] = None,
    mean: Annotated[
        str | None, typer.Option(help="Taken off pixels (0 to 255), in its own order of colours. By itself 0.")
    ] = None,
    scale: Annotated[str | None, typer.Option(help="What they are then divided by. By itself 255.")] = None,
    scores: Annotated[
        str | None, typer.Option(help="What it gives: probabilities, or scores that want softmax or sigmoid.")
    ] = None,
    threshold: Annotated[float, typer.Option(help="Probability from which on a ship is in sight.")] = 0.5,
    source: Annotated[str, typer.Option(help="Where its weights come from.")] = "as given by whoever imported it",
    licence: Annotated[str, typer.Option(help="Of its weights.")] = "not stated",
    precision: Annotated[str, typer.Option(help="fp32, fp16, int8, or several.")] = "fp32",
    pictures: Annotated[
        int, typer.Option(min=1, help="How many pictures to compare on; fewer than 1000 want --force.")
    ] = 1000,
    force: Annotated[
        bool, typer.Option("--force", help="Write the bundle although a limit is passed; its card says so.")
    ] = False,
    notes: Annotated[Path | None, typer.Option(help="Markdown for the end of the bundle's README.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a bundle that is there.")] = False,
) -> None:
    """Make a bundle of anybody's image classifier, so that it can be streamed like our own.

    What options leave open is read from the file: its shapes, its last operation, and the metadata that Ultralytics and OpenVINO's Model API write. What was understood is said.
    """
    from deploy.pictures import check_folder_of_pictures
    from deploy.request import check_file, check_out, precisions_named, read_notes

    # All that can be said before TensorFlow is loaded, which takes seconds.
    check_installed(*EXTRA)
    precisions, sides = precisions_named(precision), _size(size)
    means, scales = _numbers("mean", mean), _numbers("scale", scale)
    read_notes(notes)
    check_file(file)
    check_out(out, overwrite)
    check_folder_of_pictures(data)
    with importing("deploy"):
        from deploy.asked import Asked
        from deploy.importing import Settings, import_model

    asked = Asked(
        labels=None if labels is None else _names(labels),
        positive=_names(positive),
        size=sides,
        layout=layout,
        colour=colour,
        mean=means,
        scale=scales,
        scores=scores,
    )
    settings = Settings(data, precisions, threshold, source, licence, pictures, force, notes)
    import_model(file, out, asked, settings, overwrite, console)


def _names(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in text.split(","))


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)x(\d+)", text)
    if not match or not all(16 <= int(side) <= 4096 for side in match.groups()):
        raise UsageError(f"--size {text}: give width and height in pixels, from 16 to 4096, such as 224x224")
    return int(match[1]), int(match[2])


def _numbers(option: str, text: str | None) -> tuple[float, ...] | None:
    try:
        return None if text is None else tuple(float(each) for each in text.split(","))
    except ValueError:
        raise UsageError(f"--{option} {text}: give one number, or three with commas") from None
