"""An edge box has neither TensorFlow nor Keras; importing what runs there must not want them."""

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "tf2onnx", "onnx", "scipy", "sklearn", "matplotlib"}
UNASKED = {"jinja2", "pygal", "sqlalchemy", "alembic", "psycopg"}
LIGHT = {"deploy", "deploy.verbs", "train", "train.verbs", "train.afterwards", "train.options"}
"""Of the other stages: their part of the command line."""


def loaded_by(module: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"], capture_output=True, text=True, check=True
    )
    return {line.split("|")[-1].strip() for line in done.stderr.splitlines()}


def packages_of(modules: set[str]) -> set[str]:
    return {each.split(".")[0] for each in modules}


@pytest.mark.parametrize(
    "module",
    [
        *("rivereye", "stream", "stream.stream", "stream.bench.bench", "stream.bench.compare"),
        *("models.binding", "models.bundle", "models.classifier", "models.machine", "models.providers"),
    ],
)
def test_the_base_install_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_by(module)
    packages = packages_of(loaded)
    assert module.split(".")[0] in packages
    assert not packages & HEAVY
    assert {each for each in loaded if each.split(".")[0] in ("train", "deploy")} <= LIGHT


def test_a_watch_loads_nothing_of_a_benchmark_a_store_or_a_broker() -> None:
    """A box starts watching after every power cut."""
    heavy = {"prometheus_client", "psycopg", "paho", "wsgiref", "fastapi", "uvicorn", *UNASKED}
    assert not packages_of(loaded_by("stream.stream")) & heavy
    assert not packages_of(loaded_by("rivereye")) & {
        "fastapi",
        "jinja2",
        "onnxruntime",
        "pygal",
        "sqlalchemy",
        "uvicorn",
    }


def test_a_bundle_is_verified_without_what_made_it() -> None:
    """On the machine that will use it."""
    loaded = loaded_by("deploy.verify")
    assert "deploy.verify" in loaded
    assert not packages_of(loaded) & HEAVY
    assert "train" not in packages_of(loaded)
