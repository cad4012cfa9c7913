"""The routes of the Public API: every endpoint of the contract, also those still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from headgate.api.public.contract import contract
from headgate.api.public.handlers import load
from headgate.api.routing import routes_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from headgate.api.public.contract import Endpoint
    from headgate.api.public.dispatch import Dispatch


def routes(dispatch: Dispatch) -> list[Route]:
    """Browsers that look at the address itself are led to the web app."""
    load()

    async def answer(endpoint: Endpoint, request: Request) -> Response:
        if endpoint.path == "/" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse("/app/", 302)
        return await dispatch.answer(endpoint, request)

    return routes_of(contract().endpoints, answer)
