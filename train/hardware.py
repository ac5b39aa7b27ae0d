"""What a training can make use of: half precision, several GPUs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow

from models.networks import Head, build

FLOAT32 = "float32"
CPU_FLAGS = ("avx512_bf16", "amx_bf16")
"""With one of these a processor multiplies bfloat16 by itself; without, TensorFlow imitates it, slowly."""


def precision_policy(wanted: bool | None) -> str:
    """Keras' name of the precision to train in: `float32`, or a mixed one, which keeps all weights in float32.

    Args:
        wanted: None decides by the hardware: mixed where it multiplies half precision by itself.
    """
    if wanted is False:
        return FLOAT32
    if gpus := tensorflow.config.list_physical_devices("GPU"):
        major = tensorflow.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0))[0]
        if major >= 8:  # Ampere and later
            return "mixed_bfloat16"
        return "mixed_float16" if wanted or major == 7 else FLOAT32  # tensor cores came with 7
    return "mixed_bfloat16" if wanted or _cpu_multiplies_bfloat16() else FLOAT32


def _cpu_multiplies_bfloat16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").split()
    except OSError:  # not Linux
        return False
    return any(flag in flags for flag in CPU_FLAGS)


@contextmanager
def all_gpus() -> Iterator[None]:
    """Networks built and trained inside share each batch among all GPUs there are (`tf.distribute`)."""
    several = len(tensorflow.config.list_logical_devices("GPU")) > 1
    strategy = tensorflow.distribute.MirroredStrategy() if several else tensorflow.distribute.get_strategy()
    with strategy.scope():
        yield


@contextmanager
def in_precision(policy: str) -> Iterator[None]:
    """Networks built inside compute in this precision."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def twin(network: keras.Model, head: Head, policy: str) -> keras.Model:
    """The same network with the same weights that computes in another precision; the network itself for float32."""
    if policy == FLOAT32:
        return network
    with in_precision(policy):
        copy = build(network.name, "none", head)
    copy.set_weights(network.get_weights())
    return copy
