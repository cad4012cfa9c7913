"""One request from its bytes to its answer: who asks, what for, and what came of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headgate.api.public.answers import JSON, Fault, failed, refused, succeeded
from headgate.api.public.calls import OPERATIONS, Call, Operation, Query
from headgate.api.public.checking import checked
from headgate.api.public.pagination import page_of
from headgate.control.denials import Denials, Tried
from headgate.control.errors import ControlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from headgate.api.public.contract import Endpoint
    from headgate.api.public.rates import Rates
    from headgate.control.access.actor import Actor
    from headgate.control.work import Control

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 64
_VENDOR = re.compile(r"application/vnd\.segment\.v1(alpha|beta)?\+json")
_BEARER = "bearer "
_CREDENTIALS = frozenset({"authorization", "cookie"})


class Dispatch:
    """Answers the operations of the contract."""

    def __init__(self, control: Control, rates: Rates) -> None:
        self._control, self._rates = control, rates
        self._denials = Denials(control.premises)

    async def answer(self, endpoint: Endpoint, request: Request) -> Response:
        """Nothing of the body is read before it is known who asks."""
        media = _media(request, endpoint)
        actor = await run_in_threadpool(self._actor, request)
        if actor is None:
            return _unknown(media)
        turn = self._rates.take(actor.id, self._control.premises.clock.now_ms())
        headers = turn.headers()
        if turn.is_over:
            data = {"remainingPoints": 0, "msBeforeNext": turn.wait_ms, "consumedPoints": turn.used}
            fault = Fault("too-many-requests", "too many calls: wait, then go on", data=data)
            return failed(429, fault, headers=headers, media=media)
        operation = OPERATIONS.get(endpoint.op)
        if operation is None:
            told = f"this Headgate does not have {endpoint.method} {endpoint.path} yet"
            return failed(501, Fault("not-implemented", told), headers=headers, media=media)
        given = await _given(request) if endpoint.body is not None else None
        if isinstance(given, Response):
            return given
        return await run_in_threadpool(
            self._performed, actor, operation, request, given, headers, media
        )

    def _actor(self, request: Request) -> Actor | None:
        given = request.headers.get("authorization", "")
        if given[: len(_BEARER)].lower() != _BEARER:
            return None
        return self._control.recognise(given[len(_BEARER) :].strip())

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
            call = _call(operation.endpoint, request, given, actor)
            begun = self._control.read if operation.is_reading else self._control.write
            with begun(actor) as work:
                data = call.page.shown(operation.handler(work, call))
        except ControlError as error:
            if not operation.is_reading:
                self._denials.note(actor, _tried(operation.endpoint), error)
            return refused(error, headers, media)
        return succeeded(data, operation.endpoint.status, media, headers)


def _tried(endpoint: Endpoint) -> Tried:
    return Tried(endpoint.op, f"{endpoint.method} {endpoint.path}")


def _call(endpoint: Endpoint, request: Request, given: object, actor: Actor) -> Call:
    """Raises Invalid."""
    query = Query(tuple(request.query_params.multi_items()))
    mark = f"{actor.workspace}/{endpoint.op}/{sorted(request.path_params.items())}"
    body = checked(endpoint.body, given) if endpoint.body is not None else {}
    page = page_of(dict(query.pairs), mark)
    told = {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}
    return Call(request.path_params, query, body, page, told)


async def _given(request: Request) -> object:
    """What a JSON body says, or the Response to answer where there is none that can be read."""
    type_ = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if type_ != JSON and not _VENDOR.fullmatch(type_):
        told = f"send application/json, not {type_}"
        return failed(415, Fault("unsupported-media-type", told))
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES:
            told = f"a body has at most {MOST_BYTES:,} bytes"
            return failed(413, Fault("payload-too-large", told), headers={"Connection": "close"})
        pieces.append(piece)
    try:
        given = msgspec.json.decode(b"".join(pieces) or b"{}")
        is_deep = _depth(given) > MOST_DEPTH
    except (msgspec.DecodeError, RecursionError, ValueError):
        return failed(400, Fault("bad-request", "the body is no JSON"))
    if is_deep:
        return failed(400, Fault("bad-request", f"the body nests deeper than {MOST_DEPTH}"))
    return given


def _depth(value: Any) -> int:
    """How deep it nests; it gives up a little beyond what is allowed."""
    deep, layer = 0, [value]
    while layer and deep <= MOST_DEPTH:
        deep += 1
        layer = [
            inner
            for each in layer
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return deep


def _media(request: Request, endpoint: Endpoint) -> str:
    """The client's own media type, where it asks for Segment's."""
    accepted = request.headers.get("accept", "")
    return f"application/vnd.segment.{endpoint.version}+json" if _VENDOR.search(accepted) else JSON


def _unknown(media: str) -> Response:
    fault = Fault("unauthorized", "no valid token: send Authorization: Bearer TOKEN")
    return failed(401, fault, headers={"WWW-Authenticate": "Bearer"}, media=media)
