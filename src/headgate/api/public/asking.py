"""Who asks: told by what a request shows, before anything of its body is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from headgate.api.public.answers import Fault, failed
from headgate.api.reading import bearer
from headgate.control.access.actor import Actor

if TYPE_CHECKING:
    from headgate.control.work import Control


class Asker(NamedTuple):
    """Somebody who is known; `counted_as` is whose calls are counted against the limit."""

    actor: Actor
    counted_as: str


WhoAsks = Callable[[Request, str], Awaitable[Asker | Response]]
"""Given the media type of the answer; a Response is what somebody unknown gets."""


def by_token(control: Control) -> WhoAsks:
    """Programs show a token."""

    async def who_asks(request: Request, media: str) -> Asker | Response:
        token = bearer(request)
        actor = None if token is None else await run_in_threadpool(control.recognise, token)
        return _unknown(media) if actor is None else Asker(actor, actor.id)

    return who_asks


def _unknown(media: str) -> Response:
    fault = Fault("unauthorized", "no valid token: send Authorization: Bearer TOKEN")
    return failed(401, fault, headers={"WWW-Authenticate": "Bearer"}, media=media)
