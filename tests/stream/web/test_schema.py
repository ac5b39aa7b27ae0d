"""The interface asked whatever its own description allows, and what it does not: nothing makes it fail."""

import subprocess
import sys
from pathlib import Path

import pytest

from stream.web.web import Web

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ENDLESS = "/api/v1/events"
"""A stream without end is asked for elsewhere."""


@pytest.mark.timeout(240)
def test_nothing_that_is_asked_makes_it_fail(web: Web, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("schemathesis")
    options = (
        f"--checks {CHECKS} --exclude-path {ENDLESS} --phases examples,coverage,fuzzing --mode all --max-examples 30"
    )
    done = subprocess.run(
        [command, "run", f"{web.address}api/v1/openapi.json", *options.split(), "--seed", "1", "--no-color"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert "11 selected / 12 total" in done.stdout
