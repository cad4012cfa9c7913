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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.config.calls import Operation
    from headgate.api.config.missing import Absent
    from headgate.control.work import Control


def mount(control: Control, *, calls_a_minute: int = CALLS_A_MINUTE) -> Mount:
    """All of it, with errors in its own words."""
    unavailable = dict.fromkeys(UNAVAILABLE, _unavailable)
    handlers: Any = {404: _no_route, 405: _no_route, Exception: _broken, **unavailable}
    app = Starlette(
        routes=[_openapi_route(), *_routes(Dispatch(control, Rates(calls_a_minute)))],
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


def _routes(dispatch: Dispatch) -> list[Route]:
    """Fixed paths stand before those with names in them, so that these hide none."""
    paths: dict[str, dict[str, Operation | Absent]] = {}
    for each in sorted(calls(), key=lambda each: each.path.count("{")):
        paths.setdefault(each.path, {})[each.method] = each
    return [_route(dispatch, path, methods) for path, methods in paths.items()]


def _route(dispatch: Dispatch, path: str, methods: Mapping[str, Operation | Absent]) -> Route:
    async def answer(request: Request) -> Response:
        asked = "GET" if request.method == "HEAD" else request.method
        return await dispatch.answer(methods[asked], request)

    return Route(path, answer, methods=list(methods))


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
