"""Options that several verbs of this stage share."""

from pathlib import Path
from typing import Annotated

import typer

RECIPE = "Changes of the recipe"
MACHINE = "Machine"

Data = Annotated[list[Path], typer.Argument(help="Folders that hold one sub-folder a class.")]
Weights = Annotated[
    str, typer.Option(help="Where the base starts: imagenet (fetched), none (random), or a .weights.h5 file.")
]
Groups = Annotated[
    str,
    typer.Option(
        help="What keeps pictures of one source together: name, picture (all independent), or a CSV file (pattern,group or path,group)."
    ),
]
Positive = Annotated[str, typer.Option(help="The sub-folder whose pictures show a ship; all others show none.")]
Features = Annotated[
    Path | None,
    typer.Option(
        help="Folder that keeps what frozen layers answered, for other runs on the same pictures (one at a time). By itself it goes when the run ends.",
        rich_help_panel=MACHINE,
    ),
]
MixedPrecision = Annotated[
    bool | None,
    typer.Option(
        help="Train in half precision. By itself where the hardware multiplies it (GPU; CPU with bfloat16). Judged is always in float32.",
        rich_help_panel=MACHINE,
    ),
]
TestShare = Annotated[float, typer.Option(help="Share of the pictures that are kept apart to test on.")]
ValidationShare = Annotated[
    float | None,
    typer.Option(
        help="Share of the pictures on which epochs and threshold are chosen. By itself 0.15; less leaves more to learn from, once a recipe is settled."
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what is there, and drop an unfinished run of other settings.")
]
Aim = Annotated[
    str | None,
    typer.Option(
        help="What the threshold is chosen for: balanced, 'miss<=2%', 'false-alarms<=1/hour@1fps', ... By itself 'false-alarms<=3%' with river, 0.5 with paper."
    ),
]
Frames = Annotated[
    list[Path] | None,
    typer.Option(
        help="Folder of whole frames with every vessel boxed (YOLO .txt beside each); windows cut out of them are learnt from too."
    ),
]
HoldoutGroup = Annotated[
    list[str] | None,
    typer.Option(
        help="Group (or shell pattern) that is the test part, in place of a share of all groups; may be given again."
    ),
]
Patience = Annotated[
    str | None,
    typer.Option(
        help="End a stage after so many epochs without a better validation loss; for all stages, or one for each: 2,1.",
        rich_help_panel=RECIPE,
    ),
]
Unfreeze = Annotated[
    str | None,
    typer.Option(
        help="In the last stage: how many convolutional blocks (1 to 5), or the first layer by name, as block5_conv2.",
        rich_help_panel=RECIPE,
    ),
]
Copies = Annotated[
    int | None,
    typer.Option(help="Altered copies of each picture; 0: the pictures themselves.", rich_help_panel=RECIPE),
]
