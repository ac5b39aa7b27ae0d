"""A bundle and a camera, a video or pictures in; detections and passages out. The base install."""

import models  # noqa: F401 - before anything loads ONNX Runtime
