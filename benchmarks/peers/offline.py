"""Keeps ultralytics from the network."""

import os
import sys
from pathlib import Path


def stay_offline() -> None:
    """No statistics are sent, no packages or weights fetched, no settings left in the user's home. To be called before ultralytics is imported."""
    os.environ["YOLO_OFFLINE"] = "true"
    os.environ["YOLO_AUTOINSTALL"] = "false"
    os.environ["YOLO_VERBOSE"] = "false"
    os.environ["YOLO_CONFIG_DIR"] = str(Path(sys.prefix) / "settings")
