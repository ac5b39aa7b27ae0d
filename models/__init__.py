"""What a ship model is, for every stage: networks (Keras), bundles on disk, classifiers (ONNX Runtime)."""
