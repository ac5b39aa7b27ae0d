"""An opened bundle: BGR pictures in, ship probabilities out, by ONNX Runtime."""

import re
from dataclasses import dataclass
from threading import Lock

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from models.binding import Binding
from models.bundle import DEFAULT, Bundle, apart, golden_pictures, open_bundle
from models.closing import Closing
from models.errors import BundleError, UsageError, first_line
from models.machine import usable_cores
from models.providers import AUTO, ON_GPU, open_session, provider_named
from models.weights import elsewhere, no_numbers

UNKNOWN_OPERATOR = re.compile(r"(\S+?)\(-?\d+\) is not a registered function/op|No Op registered for (\S+)")
NO_PROTOBUF = "INVALID_PROTOBUF"
"""What ONNX Runtime says of an operator that it does not know, and of bytes that are no ONNX file."""
FEW = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Which model, in which precision (None: see `open_bundle`), on which provider (see `provider_named`)."""

    model: str = DEFAULT
    precision: str | None = None
    provider: str = AUTO

    def bundle(self) -> Bundle:
        """Raises BundleError, UsageError: see `open_bundle` and `provider_named`."""
        return open_bundle(self.model, self.precision, provider_named(self.provider))


class Classifier(Closing):
    """Answers for batches of pictures. Use it as a context manager, or close it; closing twice is fine. Thread-safe.

    Opening checks the file against its card, and refuses a runtime that does not reproduce the card's golden answers.

    Args:
        bundle: to open.
        provider: see `models.providers.provider_named`.
        threads: on the CPU; 0: as many as there are cores.

    Raises:
        UsageError: there is no such provider here.
        BundleError: the file is not what its card says, is no ONNX model, takes other input, or
            answers differently here than where it was made.
    """

    def __init__(self, bundle: Bundle, provider: str = AUTO, threads: int = 0) -> None:
        self.bundle, self.provider = bundle, provider_named(provider)
        self.input = bundle.card.input
        self._lock = Lock()
        self._session: ort.InferenceSession | None = _open(bundle, self.provider, threads or usable_cores())
        self._binding = Binding(self._session, "cuda") if self.provider in ON_GPU else None
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
        answers = self._run(pictures)[:, 1]
        if not ((answers >= 0) & (answers <= 1)).all():  # NaN is neither
            raise BundleError(
                f"{self.bundle.folder} answers {answers.min()} to {answers.max()}, no probability; the model is broken"
            )
        return answers

    def close(self) -> None:
        """Whoever is in the middle of an answer still gets it."""
        self._session = self._binding = None

    def _run(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        session, binding = self._session, self._binding
        if session is None:
            raise ValueError("the classifier is closed")
        if binding is not None:
            with self._lock:
                return binding.run(pictures)
        return np.asarray(session.run([self.bundle.card.output], {self.input.name: pictures})[0], np.float32)

    def _few_by_few(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """ONNX Runtime keeps the memory that its largest batch took: the check shall not be the largest."""
        parts = range(0, len(pictures), FEW)
        return np.concatenate([self.probabilities(pictures[start : start + FEW]) for start in parts])

    def _check_golden(self) -> None:
        golden, path = self.bundle.model.golden, self.bundle.folder / self.bundle.model.file
        pictures = golden_pictures(golden.seed, len(golden.probabilities), self.input.width, self.input.height)
        expected = golden.probabilities
        try:
            difference = apart(self._few_by_few(pictures), expected)
            if difference <= golden.tolerance:  # NaN is not
                return
            if broken := no_numbers(self.bundle.read_model()):
                # In 8 bits NaN becomes some number, so that the answers do not show it.
                raise BundleError(f"{path} has weights that are no numbers (NaN): {broken}; the model is broken")
            swapped = apart(self._few_by_few(np.ascontiguousarray(pictures[..., ::-1])), expected)
        except BundleError:
            raise
        except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
            raise BundleError(f"{path} cannot be run: {first_line(error)}") from error
        if swapped <= golden.tolerance:
            raise BundleError(
                f"{self.bundle.folder} takes RGB pictures where its card says BGR: its colours were swapped after it was made; "
                f"copy the bundle again"
            )
        raise BundleError(
            f"{self.bundle.folder} answers differently here than where it was made: the logits of golden pictures differ by {difference:.4f}, "
            f"allowed {golden.tolerance}; the file (its weights, or the mean it subtracts), this runtime ({ort.__version__}, {self.provider}) "
            f"or this processor is at fault"
        )


def _open(bundle: Bundle, provider: str, threads: int) -> ort.InferenceSession:
    path = bundle.folder / bundle.model.file
    content = bundle.read_model()
    if elsewhere(content):
        raise BundleError(f"{path} keeps weights in other files, which no card vouches for; export it with all inside")
    try:
        session = open_session(content, provider, threads)
    except UsageError:
        raise
    except Exception as error:  # ONNX Runtime's exceptions share no base but Exception
        raise BundleError(f"{path} {_refused(error)}") from error
    _check_signature(session, bundle)
    return session


def _refused(error: Exception) -> str:
    """Why ONNX Runtime opens no session, in words."""
    said = str(error)
    if unknown := UNKNOWN_OPERATOR.search(said):
        return (
            f"has the operator {unknown[1] or unknown[2]}, which ONNX Runtime {ort.__version__} does not know, and no other library is "
            f"loaded for a model; export it without"
        )
    if NO_PROTOBUF in said:
        return "is no ONNX file, though its card vouches for it; copy the bundle again"
    return f"is no model that ONNX Runtime {ort.__version__} can open: {first_line(error)}"


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
