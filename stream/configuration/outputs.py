"""What can be set of the places where things go, and of what stays there."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from stream.configuration.frozen import Frozen


class Outputs(Frozen):
    """Where things go; what has no place is not written."""

    detections: Annotated[str | None, Field(description="JSON Lines, a line a frame; - is standard output.")] = None
    passages: Annotated[Path | None, Field(description="JSON Lines: begin, updates and end of passages.")] = None
    csv: Annotated[Path | None, Field(description="Detections as a table.")] = None
    hours: Annotated[
        Path | None, Field(description="JSON Lines: per camera and hour for how long it could see, and what.")
    ] = None
    video: Annotated[Path | None, Field(description="Annotated video: an .mp4; of several cameras a folder.")] = None
    snapshots: Annotated[Path | None, Field(description="Folder for the best frame of each passage.")] = None
    sheet: Annotated[Path | None, Field(description="Contact sheet of all passages (.jpg or .png).")] = None
    store: Annotated[
        SecretStr | None,
        Field(
            description="Of live cameras, passages and coverage to be asked: an SQLite file, or postgresql://USER:{NAME}@HOST/DATABASE. {NAME} and {file:PATH} stand for secrets."
        ),
    ] = None
    box: Annotated[
        str | None, Field(min_length=1, description="Name of this machine in the store; by itself its host name.")
    ] = None
    rotate_mb: Annotated[
        float | None, Field(gt=0, description="Begin a new detections file after so many megabytes.")
    ] = None
    keep: Annotated[int, Field(ge=1, description="So many old detections files stay.")] = 10
    fsync: Annotated[
        Literal["never", "second", "line"], Field(description="When lines, and the store, are forced onto the disk.")
    ] = "never"


class Retention(Frozen):
    """What of the snapshots stays: the oldest go first."""

    max_mb: Annotated[float | None, Field(gt=0, description="All snapshots together.")] = None
    days: Annotated[float | None, Field(gt=0, description="Age of the oldest.")] = None
    free_mb: Annotated[float, Field(ge=0, description="So much disk stays free; else no pictures are written.")] = 200.0
