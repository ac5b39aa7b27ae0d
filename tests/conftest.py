"""What many tests share and none changes."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import write_bundle

# A shell starts background jobs deaf to Ctrl-C, and their children too; what the tests start must hear it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def settings_of_nobody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever was tuned on this machine counts in no test, nor in what the tests start; other programs find their settings, by links."""
    folder = tmp_path_factory.mktemp("config")
    ours = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    for each in ours.iterdir() if ours.is_dir() else ():
        if each.name != "rivereye":
            (folder / each.name).symlink_to(each)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a bundle that opens, and answers with the mean brightness."""
    return write_bundle(tmp_path_factory.mktemp("bundles") / "brightness")
