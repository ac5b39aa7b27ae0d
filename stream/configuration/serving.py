"""What a configuration serves to others: where, to whom, and what that still lacks on this machine."""

from collections.abc import Iterator
from importlib.util import find_spec

from stream.configuration.settings import Settings
from stream.health.place import address_of


def served(settings: Settings) -> Iterator[str]:
    """A line for each, without secrets."""
    if settings.metrics is not None:
        host, port = address_of(settings.metrics)
        shown = f"[{host}]" if ":" in host else host
        yield f"metrics: http://{shown}:{port}/metrics, for all who reach it: without a token, without TLS"
    if settings.web is not None:
        yield f"pages: {settings.web.shown}"


def lacking(settings: Settings) -> Iterator[str]:
    """A sentence for each library and file that is not there now."""
    web, store = settings.web, settings.outputs.store
    on_a_server = store is not None and store.get_secret_value().startswith("postgres")
    for key, wanted, extra, libraries in (
        ("metrics", settings.metrics is not None, "metrics", ["prometheus_client"]),
        ("outputs.store", on_a_server, "postgres", ["psycopg"]),
        ("mqtt", settings.mqtt is not None, "mqtt", ["paho"]),
        ("web", web is not None, "web", ["fastapi", "uvicorn"]),
    ):
        gone = [name for name in libraries if find_spec(name) is None] if wanted else []
        if gone:
            yield f"{key}: {' and '.join(gone)} {'is' if len(gone) == 1 else 'are'} not installed here; pip install 'rivereye[{extra}]'"
    for name in ("certificate", "key"):
        path = getattr(web, name, None)
        if path is not None and not path.exists():
            yield f"web.{name}: there is no {path} now"
