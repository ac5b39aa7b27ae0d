"""A bundle and a camera, a video or pictures in; detections and passages out. The base install."""
