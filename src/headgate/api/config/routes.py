"""The routes of the Config API: what is served, and what is known to be missing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from headgate.api.broken import UNAVAILABLE, note_broken, note_unavailable
from headgate.api.config.calls import BASE, OPERATIONS
from headgate.api.config.dispatch import CALLS_A_MINUTE, Dispatch
from headgate.api.config.errors import failed
from headgate.api.config.handlers import load
from headgate.api.config.missing import MISSING
from headgate.api.config.openapi import document
from headgate.api.rates import Rates
from headgate.api.routing import routes_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.config.calls import Operation
    from headgate.api.config.missing import Absent
    from headgate.control.work import Control


def mount(control: Control, *, calls_a_minute: int = CALLS_A_MINUTE) -> Mount:
    """All of it, with errors in its own words."""
    unavailable = dict.fromkeys(UNAVAILABLE, _unavailable)
    handlers: Any = {404: _no_route, 405: _no_route, Exception: _broken, **unavailable}
    dispatch = Dispatch(control, Rates(calls_a_minute))
    app = Starlette(
        routes=[_openapi_route(), *routes_of(calls(), dispatch.answer)],
        exception_handlers=handlers,
    )
    app.router.redirect_slashes = False
    mounted = Mount(BASE, app)
    mounted.path_regex = re.compile(mounted.path_regex.pattern, re.DOTALL)  # also of line breaks
    return mounted


def calls() -> list[Operation | Absent]:
    """Every call that has a route."""
    load()
    return [*OPERATIONS.values(), *MISSING]


def _openapi_route() -> Route:
    async def answer(_: Request) -> Response:
        return JSONResponse(document())

    return Route("/openapi.json", answer, methods=["GET"])


async def _no_route(request: Request, _: Exception) -> Response:
    """Whether the path or the method is wrong: to clients it is the same (domain section 20)."""
    return failed(404, f"there is no {request.method} {request.url.path}")


async def _broken(request: Request, error: Exception) -> Response:
    return failed(500, f"this should not have happened: request {note_broken(request, error)}")


async def _unavailable(request: Request, error: Exception) -> Response:
    return failed(503, note_unavailable(request, error))
