"""What the full network sees half-way, for a slim one to see the same: A. Romero et al., "FitNets: Hints for Thin Deep Nets" (ICLR 2015)."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from train.inputs import Inputs

MEASURED = 512
"""Pictures that a channel's spread is measured on."""


@dataclass(frozen=True, slots=True)
class Hints:
    """`seen`: what a layer of the full network gives for each picture, all its channels; `channels`: those that the slim network kept;
    `spread`: of each of these, by which it is divided, so that all count alike."""

    seen: Inputs
    channels: NDArray[np.intp]
    spread: NDArray[np.float32]

    @classmethod
    def measured(cls, seen: Inputs, channels: NDArray[np.intp]) -> "Hints":
        """With the spread among the first MEASURED."""
        own = seen.take(np.arange(min(MEASURED, len(seen))))[..., channels].astype(np.float32)
        return cls(seen, channels, own.std((0, 1, 2)) + 1e-3)

    def of(self, seen: Inputs) -> "Hints":
        """The same channels and spread for other pictures."""
        return Hints(seen, self.channels, self.spread)

    def take(self, chosen: NDArray[np.intp]) -> NDArray[np.float32]:
        """Hints for chosen pictures, flat: (len(chosen), height * width * channels)."""
        own = self.seen.take(chosen)[..., self.channels].astype(np.float32) / self.spread
        return own.reshape(len(chosen), -1)

    def beside(self, network: keras.Model) -> keras.Model:
        """The slim network (layers shared) with what it sees itself, flat, beside its answer: (n, 1 + height * width * channels), float32."""
        own = network.get_layer(self.seen.layer).output
        own = keras.layers.Rescaling(1 / self.spread, dtype="float32", name="spread")(own)
        own = keras.layers.Flatten(dtype="float32", name="seen")(own)
        return keras.Model(
            network.input, keras.layers.Concatenate(dtype="float32", name="beside")([network.output, own])
        )
