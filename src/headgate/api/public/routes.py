"""The routes of the Public API: every endpoint of the contract, also those still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from headgate.api.public.contract import contract
from headgate.api.public.handlers import load

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.public.contract import Endpoint
    from headgate.api.public.dispatch import Dispatch


def routes(dispatch: Dispatch) -> list[Route]:
    """Fixed paths stand before those with names in them, so that these hide none."""
    load()
    ordered = sorted(contract().endpoints, key=lambda each: each.path.count("{"))
    return [_route(dispatch, each) for each in ordered]


def _route(dispatch: Dispatch, endpoint: Endpoint) -> Route:
    async def answer(request: Request) -> Response:
        if endpoint.path == "/" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/app/", 302)
        return await dispatch.answer(endpoint, request)

    return Route(endpoint.path, answer, methods=[endpoint.method], name=endpoint.op)
