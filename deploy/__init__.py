"""A fine-tuned network in, a verified bundle out. Needs tf2onnx and Keras (extra `deploy`)."""
