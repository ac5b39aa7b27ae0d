"""How wide each layer of a slim network is: cut hardest where the time is spent, in steps that 8-bit kernels are made for."""

from collections.abc import Mapping

EARLY = ("block1", "block2")
EARLY_SHARE = 0.75
"""Of what other blocks keep. These two have 15 % of a VGG16's channels in front of 80 % of its pixels, and in 8 bits take most of the time of
a slim one: docs/slim.md has the profile."""
LATE, LATE_SHARE = "block5", 4 / 3
"""Of what other blocks keep: it looks at less than 1 % of the pixels, and costs next to nothing."""
STEP, LEAST = 16, 16
"""Channels. ONNX Runtime's convolutions in 8 bits take 16 at a time: 24 cost as much as 32."""
FIRST_STEP, FIRST_LEAST = 8, 8
"""Of the first convolution, whose pixels are laid side by side (see `deploy.bytesin`)."""


def widths_at(full: Mapping[str, int], keep: float) -> dict[str, int]:
    """Channels of each convolution, by name.

    Args:
        full: of the full network, from the pictures on.
        keep: share of the channels to keep, of EARLY blocks EARLY_SHARE of that, of the LATE one LATE_SHARE; more than 0, at most 1.
    """
    widths = {}
    for number, (name, channels) in enumerate(full.items()):
        share = keep * _share(name) if keep < 1 else 1.0
        step, least = (STEP, LEAST) if number else (FIRST_STEP, FIRST_LEAST)
        widths[name] = min(channels, max(least, step * round(channels * share / step)))
    return widths


def _share(name: str) -> float:
    if name.startswith(EARLY):
        return EARLY_SHARE
    return LATE_SHARE if name.startswith(LATE) else 1.0
