"""Settings of a file, with secrets in their places and whole paths: what a watch can begin with."""

import glob
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from models.bundle import CARD
from models.errors import UsageError
from stream.configuration.outputs import Outputs
from stream.configuration.secrets import expand
from stream.configuration.settings import Camera, Settings
from stream.sinks.jsonl import STDOUT
from stream.store.place import place_named
from stream.telling.settings import TellingSettings, resolved
from stream.web.settings import EASY, WebSettings, hard_to_guess


def in_place(settings: Settings, environ: Mapping[str, str], path: Path) -> Settings:
    """Relative paths begin in the folder of the file at `path`.

    Raises:
        UsageError: a secret is missing, or the store's place is none. No message shows a secret.
    """
    folder = path.absolute().parent
    cameras = {
        name: _camera(camera, environ, folder, f"{path}: cameras.{name}.source")
        for name, camera in settings.cameras.items()
    }
    bundle = folder / settings.model
    telling = TellingSettings(mqtt=settings.mqtt, webhook=settings.webhook, outbox=settings.outbox)
    changes = {
        "cameras": cameras,
        "model": str(bundle) if (bundle / CARD).is_file() else settings.model,
        "pid_file": settings.pid_file and folder / settings.pid_file,
        "outputs": outputs_in_place(settings, environ, path),
        **dict(resolved(telling, environ, folder, f"{path}: ")),
        "web": settings.web and web_in_place(settings.web, environ, path),
    }
    return settings.model_copy(update=changes)


def outputs_in_place(settings: Settings, environ: Mapping[str, str], path: Path) -> Outputs:
    """As `in_place`, of what is written alone: other secrets than the store's need not be there."""
    folder, key = path.absolute().parent, f"{path}: outputs.store"
    outputs = settings.outputs
    places: dict[str, Any] = {name: folder / value for name, value in outputs if isinstance(value, Path)}
    if outputs.detections not in (None, STDOUT):
        places["detections"] = str(folder / str(outputs.detections))
    if outputs.store is not None:
        places["store"] = _store(expand(outputs.store.get_secret_value(), environ, folder, key), folder, key)
    return outputs.model_copy(update=places)


def web_in_place(web: WebSettings, environ: Mapping[str, str], path: Path) -> WebSettings:
    """As `in_place`, of the pages alone."""
    folder, key = path.absolute().parent, f"{path}: web.token"
    given: dict[str, Any] = {name: folder / value for name, value in web if isinstance(value, Path)}
    if web.token is not None:
        token = expand(web.token.get_secret_value(), environ, folder, key)
        if not hard_to_guess(token):
            raise UsageError(f"{key}: {EASY}")
        given["token"] = SecretStr(token)
    return web.model_copy(update=given)


def names_files(source: str) -> bool:
    """Whether a source is a path or a glob: no address, no number, neither - nor test."""
    return "://" not in source and source not in ("-", "test") and not (source.isascii() and source.isdigit())


def _camera(camera: Camera, environ: Mapping[str, str], folder: Path, key: str) -> Camera:
    if not camera.enabled:  # its password may be gone
        return camera
    source = expand(camera.source.get_secret_value(), environ, folder, key)
    return camera.resolved(_beside(source, folder), camera.background and folder / camera.background)


def _beside(source: str, folder: Path) -> str:
    if not names_files(source):
        return source
    try:
        if (folder / source).exists():
            return str(folder / source)
    except (OSError, ValueError):
        return source
    return str(Path(glob.escape(str(folder)), source)) if glob.has_magic(source) else source


def _store(text: str, folder: Path, key: str) -> SecretStr:
    try:
        file = place_named(text).file
    except UsageError as error:
        raise UsageError(f"{key}: {error}") from error
    return SecretStr(text if file is None else str(folder / file))
