"""What a ship model is, for every stage: networks (Keras), bundles on disk, classifiers (ONNX Runtime)."""

import os

# ONNX Runtime's wheels report to Microsoft, on Linux since 1.29; a camera's machine tells nobody anything. It reads this when it is loaded, so
# every stage imports this package first.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# TensorFlow takes oneDNN's convolutions by itself only on processors that multiply 8-bit numbers at once. Without those (AVX2, 2 cores) training a slim
# network takes 48 ms a picture with them and 67 without, a VGG16 up to block 4 89 and 105.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
