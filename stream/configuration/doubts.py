"""What is allowed in a configuration and may still be meant otherwise."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from stream.configuration.resolving import names_files
from stream.configuration.secrets import plain, plain_secrets
from stream.configuration.serving import lacking
from stream.configuration.settings import Settings

INSTEAD = "write {{{name}_SECRET}} in its place and set that environment variable, or {{file:/PATH}}"
DECODED = " (percent-decoded in both)"


def doubts(settings: Settings, table: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each. `table`: the file as it is written; what comes from the environment is not in it."""
    yield from _of_secrets(table)
    for name, camera in settings.cameras.items():
        source = camera.source.get_secret_value()
        if camera.enabled and names_files(source) and not re.search(r"[*?[]", source) and not Path(source).exists():
            yield f"cameras.{name}.source: there is no {camera.shown} now"
        if camera.enabled and camera.background is not None and not camera.background.exists():
            yield f"cameras.{name}.background: there is no {camera.background} now; rivereye adapt makes it"
    yield from lacking(settings)
    if not any(settings.enabled.values()):
        yield "no camera is enabled; nothing would run"
    if settings.mqtt is not None and settings.mqtt.risk is not None:
        yield f"mqtt: {settings.mqtt.risk}"
    outputs = settings.outputs
    places: list[object] = [outputs.detections, outputs.store, settings.mqtt, settings.webhook]
    if not any(places) and not any(isinstance(value, Path) for _, value in outputs):
        yield "there are no outputs; nothing would be written"


def _of_secrets(table: Mapping[str, object]) -> Iterator[str]:
    for name, each in _part(table, "cameras").items():
        variable = re.sub(r"\W", "_", name).upper()
        for what in plain_secrets(str(_part({name: each}, name).get("source", ""))):
            yield f"cameras.{name}.source holds {what} in plain text; {INSTEAD.format(name=variable)}{DECODED}"
    for what in plain_secrets(str(_part(table, "outputs").get("store", ""))):
        yield f"outputs.store holds {what} in plain text; {INSTEAD.format(name='STORE')}{DECODED}"
    for name, key in (("mqtt", "password"), ("webhook", "secret"), ("web", "token")):
        if plain(str(_part(table, name).get(key, ""))):
            yield f"{name}.{key} is in plain text; {INSTEAD.format(name=name.upper())}"


def _part(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Empty where the environment says it all."""
    found = table.get(name)
    return found if isinstance(found, dict) else {}
