"""What is said where something cannot be answered: as JSON to a program, as a page to people."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from models.errors import RecordRefused, StoreError
from stream.web.asked import PREFIX
from stream.web.desk import Desk

SAID = {
    404: "There is nothing at this address.",
    405: "This address is only read.",
    500: "Something went wrong here. It stands in the log.",
}


def tell(app: FastAPI, desk: Desk) -> None:
    """Of all errors of the application."""

    def say(request: Request, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
        if request.url.path.startswith(PREFIX):
            return JSONResponse({"detail": sentence}, status, headers)
        return desk.trouble(request, status, SAID.get(status, sentence))

    @app.exception_handler(StoreError)
    def store(request: Request, error: StoreError) -> Response:
        return say(request, 503, str(error), {"Retry-After": "5"})

    @app.exception_handler(RecordRefused)
    def unheard(request: Request, _: RecordRefused) -> Response:
        """Of a value that no store can hold, such as a NUL in a name."""
        return say(request, 422, "no store can hold what is asked for")

    @app.exception_handler(Exception)
    def broken(request: Request, _: Exception) -> Response:  # what it was, uvicorn logs
        return say(request, 500, "something went wrong here; it stands in the log")

    @app.exception_handler(RequestValidationError)
    def wrong(request: Request, error: RequestValidationError) -> Response:
        return say(request, 422, "; ".join(f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()))

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        return say(request, error.status_code, error.detail, dict(error.headers or {}))
