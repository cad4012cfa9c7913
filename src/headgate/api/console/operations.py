"""The routes of what the console alone can do, over the dispatch of the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.api.console.calls import OPERATIONS
from headgate.api.console.checking import whole
from headgate.api.console.handlers import load
from headgate.api.public.dispatch import Dispatch
from headgate.api.routing import routes_of

if TYPE_CHECKING:
    from starlette.routing import Route

    from headgate.api.public.asking import WhoAsks
    from headgate.api.rates import Rates
    from headgate.control.work import Control


def operation_routes(control: Control, rates: Rates, who_asks: WhoAsks) -> list[Route]:
    """Clients choose the ids of messages, and some put slashes into them."""
    load()
    dispatch = Dispatch(control, rates, who_asks, OPERATIONS, whole)
    endpoints = [each.endpoint for each in OPERATIONS.values()]
    return routes_of(endpoints, dispatch.answer, with_slashes="messageId")
