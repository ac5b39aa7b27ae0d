"""What the full network sees half-way, for a slim one to see the same: A. Romero et al., "FitNets: Hints for Thin Deep Nets" (ICLR 2015).

Whether a ship is there is one number a picture, from which little can be learnt; what the last hidden layer makes of it are as many as it has units:
R. Müller et al., "Subclass Distillation" (2020).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from train.inputs import Inputs

MEASURED = 512
"""Pictures that a spread is measured on."""


@dataclass(frozen=True, slots=True)
class Hint:
    """`seen`: what a layer of the full network gives for each picture, all its channels or units; `channels`: those that the slim network kept;
    `spread`: by which each of these is divided, and by the root of how many numbers there are, so that the sum of all squares is a mean."""

    seen: Inputs
    channels: NDArray[np.intp]
    spread: NDArray[np.float32]

    @classmethod
    def measured(cls, seen: Inputs, channels: NDArray[np.intp]) -> "Hint":
        """With the spread among MEASURED of all: each channel's own of maps, so that all count alike; one for all units of a dense layer, of which some
        say next to nothing."""
        # Not the first, which are often all of one kind.
        some = np.linspace(0, len(seen) - 1, min(MEASURED, len(seen))).astype(np.intp)
        own = seen.take(some)[..., channels].astype(np.float32)
        spread = own.std(tuple(range(own.ndim - 1))) if own.ndim > 2 else np.full(len(channels), own.std())
        return cls(seen, channels, np.asarray(spread + 1e-3, np.float32))

    @property
    def directed(self) -> bool:
        """Whether it is of the picture as it was, and of its mirror image another one: maps are."""
        return self.seen.values.ndim > 2

    def of(self, seen: Inputs) -> "Hint":
        """The same channels and spread for other pictures."""
        return Hint(seen, self.channels, self.spread)

    def take(self, chosen: NDArray[np.intp]) -> NDArray[np.float32]:
        """For chosen pictures, flat: (len(chosen), height * width * channels), or (len(chosen), units)."""
        own = self.seen.take(chosen)[..., self.channels].astype(np.float32) * self._scale
        return own.reshape(len(chosen), -1)

    def given_by(self, network: keras.Model) -> keras.KerasTensor:
        """What the slim network sees itself there, flat and divided alike; float32."""
        name = f"{self.seen.layer}_seen"
        own = network.get_layer(self.seen.layer).output
        own = keras.layers.Rescaling(self._scale, dtype="float32", name=f"{name}_scaled")(own)
        return keras.layers.Flatten(dtype="float32", name=name)(own)

    @property
    def _scale(self) -> NDArray[np.float32]:
        places = np.prod(self.seen.values.shape[1:-1], initial=1.0)
        return np.asarray(1 / self.spread / np.sqrt(places * len(self.channels)), np.float32)


def beside(network: keras.Model, hints: Sequence[Hint]) -> keras.Model:
    """The slim network (layers shared) with what it sees itself, flat, beside its answer: (n, 1 + numbers of all hints), float32."""
    if not hints:
        return network
    given = [network.output, *(hint.given_by(network) for hint in hints)]
    return keras.Model(network.input, keras.layers.Concatenate(dtype="float32", name="beside")(given))
