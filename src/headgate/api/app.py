"""The web server of the control plane, as an ASGI application."""

from __future__ import annotations

from contextlib import suppress
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headgate.api.openapi import document
from headgate.api.public.answers import Fault, failed
from headgate.api.public.dispatch import Dispatch
from headgate.api.public.rates import Rates
from headgate.api.public.routes import routes
from headgate.store.ids import new_id
from headgate.telemetry import log

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from headgate.control.work import Control

_HEADERS = (
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Authorization, Cookie, Accept"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""No answer may be kept by anybody between, framed, or taken for another type."""


class Operated(Protocol):
    """What operators ask: counters in the text format of Prometheus, and who is ready."""

    def metrics(self) -> bytes: ...

    def health(self) -> tuple[bool, dict[str, Any]]: ...


def make_app(control: Control, operations: Operated, *, calls_a_minute: int) -> ASGIApp:
    """`calls_a_minute` is how often each token may call the Public API."""
    app = FastAPI(
        title="Headgate", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.add_exception_handler(404, _no_route)
    app.add_exception_handler(405, _no_method)
    app.add_exception_handler(Exception, _broken)
    app.router.routes.extend([_openapi_route(), *_operators_routes(operations)])
    app.router.routes.extend(routes(Dispatch(control, Rates(calls_a_minute))))
    return _Guarded(app)


def _openapi_route() -> Route:
    async def answer(_: Request) -> Response:
        return JSONResponse(document())

    return Route("/openapi.json", answer, methods=["GET"])


def _operators_routes(operations: Operated) -> list[Route]:
    def metrics(_: Request) -> Response:
        return Response(operations.metrics(), media_type="text/plain; version=0.0.4")

    def health(_: Request) -> Response:
        is_ready, told = operations.health()
        return JSONResponse(told, 200 if is_ready else 503)

    return [
        Route("/metrics", metrics, methods=["GET"]),
        Route("/health", health, methods=["GET"]),
    ]


async def _no_route(request: Request, _: Exception) -> Response:
    return failed(404, Fault("not-found", f"there is no {request.url.path}"))


async def _no_method(request: Request, error: Exception) -> Response:
    allowed = (getattr(error, "headers", None) or {}).get("Allow", "")
    told = f"{request.url.path} takes {allowed or 'other methods'}"
    return failed(405, Fault("method-not-allowed", told), headers={"Allow": allowed})


async def _broken(request: Request, error: Exception) -> Response:
    """The client learns a name under which the log tells where it was, and no more than that."""
    name, frames = new_id("req"), extract_tb(error.__traceback__)
    log.error(
        "request.broke",
        request=name,
        path=request.url.path,
        error=type(error).__name__,
        at=f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "",
    )
    return failed(500, Fault("internal-error", f"this should not have happened: request {name}"))


class _Guarded:
    """Puts the headers that keep answers private on each of them, and lets no error out.

    The server would write its whole message, which may hold a secret.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] += [each for each in _HEADERS if each[0] not in given]
            await send(message)

        with suppress(Exception):  # it was answered and told of, where its message tells nothing
            await self._app(scope, receive, guarded)
