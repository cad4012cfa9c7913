"""The routes of what the console alone can do, over the dispatch of the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from headgate.api.console.calls import OPERATIONS
from headgate.api.console.checking import whole
from headgate.api.console.handlers import load
from headgate.api.public.dispatch import Dispatch

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.public.asking import WhoAsks
    from headgate.api.public.contract import Endpoint
    from headgate.api.rates import Rates
    from headgate.control.work import Control


def operation_routes(control: Control, rates: Rates, who_asks: WhoAsks) -> list[Route]:
    """Fixed paths stand before those with names in them, so that these hide none."""
    load()
    dispatch = Dispatch(control, rates, who_asks, OPERATIONS, whole)
    paths: dict[str, dict[str, Endpoint]] = {}
    endpoints = [each.endpoint for each in OPERATIONS.values()]
    for each in sorted(endpoints, key=lambda each: each.path.count("{")):
        paths.setdefault(each.path, {})[each.method] = each
    return [_route(dispatch, path, methods) for path, methods in paths.items()]


def _route(dispatch: Dispatch, path: str, methods: dict[str, Endpoint]) -> Route:
    async def answer(request: Request) -> Response:
        asked = "GET" if request.method == "HEAD" else request.method
        return await dispatch.answer(methods[asked], request)

    return Route(path.replace("{messageId}", "{messageId:path}"), answer, methods=list(methods))
