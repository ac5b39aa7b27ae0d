"""What is said of a clip before it is measured with."""

from pathlib import Path

import av
import pytest
from av.video.frame import PictureType

from models.errors import UsageError
from stream.bench.clips import describe
from stream.bench.soundness import named, notes_on
from tests.factories import FAST_START, cut_short, write_clip

LEVELS = [20 + index for index in range(40)]


def said(path: Path) -> str:
    return "; ".join(notes_on(path, describe(path, path.stem, None)))


def test_a_sound_clip_needs_no_word(tmp_path: Path) -> None:
    assert said(write_clip(tmp_path / "north.mp4", LEVELS)) == ""


def test_few_frames(tmp_path: Path) -> None:
    assert "clip north has 3 frames, 0.3 s: too few" in said(write_clip(tmp_path / "north.mp4", LEVELS[:3]))


def test_uneven_times(tmp_path: Path) -> None:
    ticks = [index + 5 * (index > 20) for index in range(40)]
    assert "uneven times" in said(write_clip(tmp_path / "north.mp4", LEVELS, ticks=ticks))


def test_cut_short(tmp_path: Path) -> None:
    found = said(cut_short(write_clip(tmp_path / "north.mp4", LEVELS * 4, options=FAST_START)))
    assert "clip north was cut short, or is damaged: " in found
    assert "frames can be decoded, of 160" in found


def test_damaged_in_the_middle(tmp_path: Path) -> None:
    """Of all packets that are there, some cannot be decoded."""
    clip = write_clip(tmp_path / "north.mp4", LEVELS)
    content = bytearray(clip.read_bytes())
    begin = content.index(b"mdat") + len(content) // 4
    content[begin : begin + 400] = bytes(400)
    clip.write_bytes(content)
    assert "frames can be decoded, of 40" in said(clip)


def test_what_was_made_for_the_purpose_needs_no_word(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "north.mp4", LEVELS[:3])
    assert notes_on(clip, describe(clip, "north", 0)) == []


def test_frames_that_wait_for_later_ones(tmp_path: Path) -> None:
    source, path = write_clip(tmp_path / "plain.mp4", LEVELS), tmp_path / "north.mp4"
    with av.open(str(source)) as read, av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=10, options={"bf": "2", "b-adapt": "0"})
        stream.width, stream.height, stream.pix_fmt, stream.max_b_frames = 64, 48, "yuv420p", 2
        for frame in read.decode(video=0):
            frame.pict_type = PictureType.NONE  # as it was coded before is no matter
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    assert "B-frames, which hardly any camera sends" in said(path)


def test_clips_have_names_of_their_own(tmp_path: Path) -> None:
    one, two = tmp_path / "a" / "north.mp4", tmp_path / "b" / "north.mp4"
    assert named([one, two]) == {"north": one, "north-2": two}
    with pytest.raises(UsageError, match="given twice"):
        named([one, tmp_path / "a" / "." / "north.mp4"])
    with pytest.raises(UsageError, match="a folder"):
        named([tmp_path])
