"""Where detections, passages and pictures go."""
