"""An opened bundle: BGR pictures in, ship probabilities out, by ONNX Runtime."""

import ctypes
import os

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.bundle import Bundle, golden_pictures
from models.closing import Closing
from models.errors import BundleError, first_line

CUDA_DRIVERS = ("libcuda.so.1", "nvcuda.dll")
ERROR_ONLY = 3


class Classifier(Closing):
    """Answers for batches of pictures. Use it as a context manager, or close it; closing twice is fine.

    Opening checks the file against its card, takes the GPU where there is one, and refuses a runtime
    that does not reproduce the card's golden answers. The CUDA path was never run on a GPU.

    Raises:
        BundleError: the file is not what its card says, is no ONNX model, takes other input, or
            answers differently here than where it was made.
    """

    def __init__(self, bundle: Bundle, threads: int = 0) -> None:
        self.bundle = bundle
        self.input = bundle.card.input
        self._session: ort.InferenceSession | None = _open_session(bundle, threads or usable_cores())
        self.provider = self._session.get_providers()[0].removesuffix("ExecutionProvider").lower()
        self._check_golden()

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """How surely each picture shows a ship.

        Args:
            pictures: uint8, (n, height, width, 3), BGR, of the card's input size; n >= 1.

        Returns:
            float32, (n,), each between 0 and 1.

        Raises:
            ValueError: another shape or dtype, or the classifier is closed.
            BundleError: the model answers something that is no probability.
        """
        expected = (self.input.height, self.input.width, 3)
        if pictures.dtype != np.uint8 or pictures.shape[1:] != expected or not len(pictures):
            raise ValueError(
                f"pictures must be uint8 of shape (n, {', '.join(map(str, expected))}); received {pictures.dtype} {pictures.shape}"
            )
        if self._session is None:
            raise ValueError("the classifier is closed")
        answers = np.asarray(self._session.run([self.bundle.card.output], {self.input.name: pictures})[0])[:, 1]
        if not ((answers >= 0) & (answers <= 1)).all():  # NaN is neither
            raise BundleError(
                f"{self.bundle.folder} answers {answers.min()} to {answers.max()}, no probability; the model is broken"
            )
        return np.asarray(answers, np.float32)

    def close(self) -> None:
        self._session = None

    def _check_golden(self) -> None:
        golden = self.bundle.model.golden
        pictures = golden_pictures(golden.seed, len(golden.probabilities), self.input.width, self.input.height)
        try:
            answers = self.probabilities(pictures)
        except BundleError:
            raise
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise BundleError(
                f"{self.bundle.folder / self.bundle.model.file} cannot be run: {first_line(error)}"
            ) from error
        difference = float(np.abs(answers - np.array(golden.probabilities)).max())
        if not difference <= golden.tolerance:  # written so that NaN is refused too
            raise BundleError(
                f"{self.bundle.folder} answers differently here than where it was made: golden pictures differ by {difference:.4f}, "
                f"allowed {golden.tolerance}; the file, this runtime ({ort.__version__}, {self.provider}) or this processor is at fault"
            )


def usable_cores() -> int:
    """Cores this process may use, at least 1; a container often gets fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _open_session(bundle: Bundle, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = ERROR_ONLY
    # Threads that spin for work would take the cores from decoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    providers = ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" in ort.get_available_providers() and _has_cuda_driver():
        ort.preload_dlls()  # from the packages that the extra `gpu` brings
        providers.insert(0, "CUDAExecutionProvider")
    path = bundle.folder / bundle.model.file
    content = bundle.read_model()
    try:
        session = ort.InferenceSession(content, options, providers=providers)
    except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
        raise BundleError(
            f"{path} is no model that ONNX Runtime {ort.__version__} can open: {first_line(error)}"
        ) from error
    _check_signature(session, bundle)
    return session


def _has_cuda_driver() -> bool:
    """ONNX Runtime's GPU build lists CUDA wherever it is installed, and complains at length where there is no GPU."""
    for name in CUDA_DRIVERS:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _check_signature(session: ort.InferenceSession, bundle: Bundle) -> None:
    wanted = bundle.card.input
    takes = {each.name: (each.type, each.shape[1:]) for each in session.get_inputs()}
    gives = {each.name: (each.type, each.shape[1:]) for each in session.get_outputs()}
    if takes != {wanted.name: ("tensor(uint8)", [wanted.height, wanted.width, 3])} or gives != {
        bundle.card.output: ("tensor(float)", [2])
    }:
        raise BundleError(
            f"{bundle.folder / bundle.model.file} is not the model its card describes: it takes {takes} and gives {gives}, "
            f"the card says {wanted.name}, uint8, {wanted.height} x {wanted.width} x 3, and {bundle.card.output}, float32, 2"
        )
