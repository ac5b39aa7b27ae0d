"""Pictures in, a fine-tuned network and its report out. Needs Keras and TensorFlow (extra `train`)."""

import models  # noqa: F401 - before anything loads ONNX Runtime
