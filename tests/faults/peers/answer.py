"""The beginning of an answer over HTTP."""

from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase


def begin(request: BaseHTTPRequestHandler, content_type: str, length: int | None = None) -> BufferedIOBase:
    """Sends the header of an answer; its content is written to what this returns."""
    request.send_response(200)
    request.send_header("Content-Type", content_type)
    if length is not None:
        request.send_header("Content-Length", str(length))
    request.end_headers()
    return request.wfile
