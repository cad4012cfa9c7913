"""The routes of the Public API: every endpoint of the contract, also those still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse
from starlette.routing import Route

from headgate.api.public.contract import contract
from headgate.api.public.handlers import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from headgate.api.public.contract import Endpoint
    from headgate.api.public.dispatch import Dispatch


def routes(dispatch: Dispatch) -> list[Route]:
    """Fixed paths stand before those with names in them, so that these hide none."""
    load()
    paths: dict[str, dict[str, Endpoint]] = {}
    for each in sorted(contract().endpoints, key=lambda each: each.path.count("{")):
        paths.setdefault(each.path, {})[each.method] = each
    return [_route(dispatch, path, methods) for path, methods in paths.items()]


def _route(dispatch: Dispatch, path: str, methods: Mapping[str, Endpoint]) -> Route:
    async def answer(request: Request) -> Response:
        if path == "/" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/app/", 302)
        asked = "GET" if request.method == "HEAD" else request.method
        return await dispatch.answer(methods[asked], request)

    return Route(path, answer, methods=list(methods))
