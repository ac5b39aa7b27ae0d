"""What a ship model is, for every stage: networks (Keras), bundles on disk, classifiers (ONNX Runtime)."""

import os

# ONNX Runtime's wheels report to Microsoft, on Linux since 1.29; a camera's machine tells nobody anything. It reads this when it is loaded, so
# every stage imports this package first.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
