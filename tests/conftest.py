"""What many tests share and none changes."""

from pathlib import Path

import pytest

from tests.factories import write_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that opens, and answers with the mean brightness."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "brightness")
