"""A fine-tuned network in, a verified bundle out. Needs tf2onnx and Keras (extra `deploy`)."""

import models  # noqa: F401 - before anything loads ONNX Runtime
