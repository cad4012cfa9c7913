"""The web server of the control plane, as an ASGI application."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from fastapi import FastAPI
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from headgate.api.broken import UNAVAILABLE, note_broken, note_unavailable
from headgate.api.config.dispatch import CALLS_A_MINUTE
from headgate.api.config.routes import mount as config_api
from headgate.api.console.guard import Guard
from headgate.api.console.openapi import document as console_document
from headgate.api.console.operations import operation_routes
from headgate.api.console.routes import DEFAULT_CONSOLE, Console, console_routes
from headgate.api.console.streams import Streams
from headgate.api.openapi import document
from headgate.api.public.answers import Fault, failed
from headgate.api.public.asking import by_token
from headgate.api.public.dispatch import Dispatch
from headgate.api.public.routes import routes
from headgate.api.rates import Rates

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from headgate.control.work import Control

CONSOLE = "/app/api/openapi.json"
_HEADERS = (
    (b"cache-control", b"private, no-store"),
    (b"vary", b"Authorization, Cookie, Accept, Origin"),
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


def make_app(
    control: Control,
    operations: Operated,
    *,
    calls_a_minute: int,
    config_calls_a_minute: int = CALLS_A_MINUTE,
    console: Console = DEFAULT_CONSOLE,
    is_stopping: Callable[[], bool] = lambda: False,
) -> ASGIApp:
    """How often each token may call the Public API, and the Config API, in a minute.

    `is_stopping` ends what would go on for ever.
    """
    app = FastAPI(
        title="Headgate", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.add_exception_handler(404, _no_route)
    app.add_exception_handler(405, _no_method)
    app.add_exception_handler(Exception, _broken)
    for error in UNAVAILABLE:
        app.add_exception_handler(error, _unavailable)
    documents = (_document("/openapi.json", document), _document(CONSOLE, console_document))
    app.router.routes.extend([*documents, *_operators_routes(operations)])
    app.router.routes.append(config_api(control, calls_a_minute=config_calls_a_minute))
    guard = Guard(control, console.site, console.lengths)
    rates = Rates(calls_a_minute)
    app.router.routes.extend(console_routes(control, guard, console, rates))
    app.router.routes.extend(operation_routes(control, rates, guard.asker))
    app.router.routes.extend(Streams(control, rates, guard, is_stopping).routes())
    app.router.routes.extend(routes(Dispatch(control, Rates(calls_a_minute), by_token(control))))
    return _Guarded(app)


def _document(path: str, made: Callable[[], dict[str, Any]]) -> Route:
    async def answer(_: Request) -> Response:
        return JSONResponse(made())

    return Route(path, answer, methods=["GET"])


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
    name = note_broken(request, error)
    return failed(500, Fault("internal-error", f"this should not have happened: request {name}"))


async def _unavailable(request: Request, error: Exception) -> Response:
    return failed(503, Fault("service-unavailable", note_unavailable(request, error)))


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
