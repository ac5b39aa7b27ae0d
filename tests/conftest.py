"""What many tests share and none changes."""

import signal
from pathlib import Path

import pytest

from tests.factories import write_bundle

# A shell starts background jobs deaf to Ctrl-C, and their children too; what the tests start must hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that opens, and answers with the mean brightness."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "brightness")
