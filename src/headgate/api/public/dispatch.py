"""One request from its bytes to its answer: who asks, what for, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headgate.api.public.answers import Fault, failed, refused, succeeded, unread
from headgate.api.public.calls import OPERATIONS, Call, Operation, Query
from headgate.api.public.checking import checked
from headgate.api.public.pagination import page_of
from headgate.api.reading import JSON, Unreadable, content_type, json_body
from headgate.control.denials import Denials, Tried
from headgate.control.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from headgate.api.public.asking import WhoAsks
    from headgate.api.public.contract import Endpoint
    from headgate.api.rates import Rates
    from headgate.control.access.actor import Actor
    from headgate.control.work import Control

_VENDOR = re.compile(r"application/vnd\.segment\.v1(alpha|beta)?\+json")
_CREDENTIALS = frozenset({"authorization", "cookie", "x-csrf-token"})


Check = Callable[[str, Any], dict[str, Any]]
"""The body, when it fits the model of that name. Raises Invalid."""


class Dispatch:
    """Answers the operations of one API, which are those of the contract unless others are given.

    `who_asks` is where they differ in how people and programs are known.
    """

    def __init__(
        self,
        control: Control,
        rates: Rates,
        who_asks: WhoAsks,
        operations: Mapping[str, Operation] = OPERATIONS,
        check: Check = checked,
    ) -> None:
        self._control, self._rates, self._who_asks = control, rates, who_asks
        self._operations, self._check = operations, check
        self._denials = Denials(control.premises)

    async def answer(self, endpoint: Endpoint, request: Request) -> Response:
        """Nothing of the body is read before it is known who asks."""
        media = _media(request, endpoint)
        asker = await self._who_asks(request, media)
        if isinstance(asker, Response):
            return asker
        turn = self._rates.take(asker.counted_as, self._control.premises.clock.now_ms())
        headers = turn.headers()
        if turn.is_over:
            data = {"remainingPoints": 0, "msBeforeNext": turn.wait_ms, "consumedPoints": turn.used}
            fault = Fault("too-many-requests", "too many calls: wait, then go on", data=data)
            return failed(429, fault, headers=headers, media=media)
        operation = self._operations.get(endpoint.op)
        if operation is None:
            told = f"this Headgate does not have {endpoint.method} {endpoint.path} yet"
            return failed(501, Fault("not-implemented", told), headers=headers, media=media)
        given = await _given(request) if endpoint.body is not None else None
        if isinstance(given, Response):
            return given
        return await run_in_threadpool(
            self._performed, asker.actor, operation, request, given, headers, media
        )

    def _performed(
        self,
        actor: Actor,
        operation: Operation,
        request: Request,
        given: object,
        headers: Mapping[str, str],
        media: str,
    ) -> Response:
        try:
            call = self._call(operation.endpoint, request, given, actor)
            begun = self._control.read if operation.is_reading else self._control.write
            with begun(actor) as work:
                told = operation.handler(work, call)
            data = call.page.shown(told() if callable(told) else told)
        except ControlError as error:
            if not operation.is_reading:
                self._denials.note(actor, _tried(operation.endpoint), error)
            return refused(error, headers, media)
        return succeeded(data, operation.endpoint.status, media, headers)

    def _call(self, endpoint: Endpoint, request: Request, given: object, actor: Actor) -> Call:
        """Raises Invalid."""
        query = Query(tuple(request.query_params.multi_items()))
        mark = f"{actor.workspace}/{endpoint.op}/{sorted(request.path_params.items())}"
        body = self._check(endpoint.body, given) if endpoint.body is not None else {}
        page = page_of(dict(query.pairs), mark)
        told = {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}
        return Call(request.path_params, query, body, page, told)


def _tried(endpoint: Endpoint) -> Tried:
    return Tried(endpoint.op, f"{endpoint.method} {endpoint.path}")


async def _given(request: Request) -> object:
    """What a JSON body says, or the Response to answer where there is none that can be read."""
    type_ = content_type(request)
    if type_ != JSON and not _VENDOR.fullmatch(type_):
        told = f"send application/json, not {type_}"
        return failed(415, Fault("unsupported-media-type", told))
    try:
        return await json_body(request)
    except Unreadable as error:
        return unread(error)


def _media(request: Request, endpoint: Endpoint) -> str:
    """The client's own media type, where it asks for Segment's."""
    accepted = request.headers.get("accept", "")
    return f"application/vnd.segment.{endpoint.version}+json" if _VENDOR.search(accepted) else JSON
