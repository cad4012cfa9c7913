"""One request from its bytes to its answer: who asks, what for, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from headgate.api.config.calls import BASE, OPERATIONS, Call
from headgate.api.config.errors import failed, refused
from headgate.api.config.masks import changed
from headgate.api.config.pages import page_of
from headgate.api.reading import JSON, Unreadable, bearer, json_body
from headgate.control.denials import Denials, Tried
from headgate.control.errors import ControlError, Invalid, Missing, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from headgate.api.config.calls import Operation
    from headgate.api.config.missing import Absent
    from headgate.api.rates import Rates
    from headgate.control.access.actor import Actor
    from headgate.control.work import Control, Work

CALLS_A_MINUTE: Final = 200
"""Of each token, as at Segment (domain section 20)."""
_SLASH: Final = b"%2f"


class Dispatch:
    """Answers the operations of the Config API, for tokens as those of the Public API are."""

    def __init__(self, control: Control, rates: Rates) -> None:
        self._control, self._rates = control, rates
        self._denials = Denials(control.premises)

    async def answer(self, asked: Operation | Absent, request: Request) -> Response:
        """Nothing of the body is read before it is known who asks."""
        token = bearer(request)
        actor = None
        if token is not None:
            actor = await run_in_threadpool(self._control.recognise, token)
        if actor is None:
            told = "no valid token: send Authorization: Bearer TOKEN"
            return failed(401, told, {"WWW-Authenticate": "Bearer"})
        turn = self._rates.take(actor.id, self._control.premises.clock.now_ms())
        headers = turn.headers()
        if turn.is_over:
            return failed(429, "too many calls: wait, then go on", headers)
        operation = OPERATIONS.get(asked.op)
        if operation is None:
            told = f"this Headgate does not have {asked.method} {BASE}{asked.path}"
            return failed(501, told, headers)
        try:
            given = await json_body(request) if operation.body is not None else None
        except Unreadable as error:
            return failed(error.status, str(error), {**headers, **error.headers})
        return await run_in_threadpool(self._performed, actor, operation, request, given, headers)

    def _performed(
        self,
        actor: Actor,
        operation: Operation,
        request: Request,
        given: object,
        headers: Mapping[str, str],
    ) -> Response:
        try:
            call = _call(operation, request, given, actor)
            begun = self._control.read if _is_reading(operation, call) else self._control.write
            with begun(actor) as work:
                _check_workspace(work, request)
                answer = operation.handler(work, call)
        except ControlError as error:
            if not operation.is_reading:
                self._denials.note(actor, _tried(operation), error)
            return refused(error, headers)
        return Response(msgspec.json.encode(answer), 200, dict(headers), media_type=JSON)


def _tried(operation: Operation) -> Tried:
    return Tried(operation.op, f"{operation.method} {BASE}{operation.path}")


def _call(operation: Operation, request: Request, given: object, actor: Actor) -> Call:
    """Raises Invalid."""
    body: Any = None if operation.body is None else _converted(operation.body, given)
    changes = {} if operation.resource is None else changed(body, operation.resource)
    mark = f"{actor.workspace}{BASE}/{operation.op}/{sorted(request.path_params.items())}"
    return Call(request.path_params, body, changes, page_of(request.query_params, mark))


def _converted(type_: type[Any], given: object) -> Any:
    try:
        return msgspec.convert(given, type_)
    except msgspec.ValidationError as error:
        told, _, path = str(error).partition(" - at ")
        raise Invalid([Problem(path.strip("`").removeprefix("$").lstrip("."), told)]) from None


def _is_reading(operation: Operation, call: Call) -> bool:
    """Whether nothing will be changed: a change that names no field has no effect."""
    return operation.is_reading or (operation.resource is not None and not call.changes)


def _check_workspace(work: Work, request: Request) -> None:
    """Raise Missing unless it is the token's own, spelt as it is, with real slashes around it."""
    named = request.path_params.get("workspace", work.workspace.slug)
    is_spelt_out = _SLASH not in request.scope.get("raw_path", b"").lower()
    if named != work.workspace.slug or not is_spelt_out:
        raise Missing(f"there is no {request.url.path.removeprefix(f'{BASE}/')}")
