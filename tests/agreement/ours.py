"""Our destinations, asked what the originals are asked: which requests they make."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from headgate import catalog
from headgate.kit.access import OAUTH
from headgate.kit.connected import Connected
from headgate.kit.destination import Client, ForgottenUser, Tokens
from headgate.kit.destination.audiences import AudienceRequest
from headgate.kit.errors import DeliveryError, Discard, Disconnect, InvalidSettings
from headgate.kit.http import Http
from headgate.kit.http import request as kit
from headgate.kit.oauth import Refresher
from headgate.kit.testing.recordings.player import MemoryTokens
from headgate.kit.testing.recordings.replay import Broken, ending
from headgate.kit.trial import attempt, attempt_batch
from headgate.mapping.javascript import stringify
from tests.agreement.comparing import Request

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from headgate.kit.destination import Destination
    from headgate.kit.fields import Settings
    from headgate.kit.testing.recordings.replay import Result
    from tests.agreement.originals import Question, Response

NOW: Final = datetime.fromisoformat("2026-01-02T03:04:05.678+00:00").timestamp()
"""The originals' clock stands still here as well."""
SENT: Final = kit.Response(200)


class Done(NamedTuple):
    """The requests in the order in which they were made, and how each event ended."""

    requests: list[Request]
    endings: tuple[str, ...]


def ask(slug: str, question: Question) -> Done:
    """Have a destination of ours do what a question says, as an engine would."""
    destination = catalog.destination(slug)
    world = _World(question.responses)
    try:
        results = asyncio.run(_results(destination, question, world))
    except InvalidSettings as error:
        results = [Discard(str(error))]
    return Done(world.requests, tuple(map(ending, results)))


class _World:
    """A transport that gives the n-th request the n-th response, and those after it 200 {}."""

    def __init__(self, responses: Sequence[Response]) -> None:
        self._responses = [*map(_response, responses)]
        self.requests: list[Request] = []

    async def send(self, request: kit.Request) -> kit.Response:
        place = len(self.requests)
        self.requests.append(_noted(request))
        return self._responses[place] if place < len(self._responses) else _NOTHING


def _response(told: Response) -> kit.Response:
    is_text = isinstance(told.body, str)
    body = told.body.encode() if is_text else stringify(told.body)
    headers = told.headers or {"content-type": "text/plain" if is_text else "application/json"}
    return kit.Response(told.status, tuple(headers.items()), body)


_NOTHING: Final = kit.Response(200, (("content-type", "application/json"),), b"{}")


def _noted(request: kit.Request) -> Request:
    headers = {name.lower(): value for name, value in request.headers}
    return Request(request.method, request.url, headers, request.body.decode("utf-8", "replace"))


class _Refresher(Refresher):
    """Gives one token, and no other: the originals' actions renew none either."""

    async def fresh(self, stale: Tokens, http: Http) -> Tokens:
        del stale, http
        raise Disconnect("There are no other tokens.", status=401)


async def _results(
    destination: Destination[Any], question: Question, world: _World
) -> list[Result]:
    given = {key: value for key, value in (question.settings or {}).items() if key != OAUTH}
    settings = destination.settings.read(given)
    tokens = Tokens(str((question.auth or {}).get("accessToken")), "")
    refresher = _Refresher(destination, Client("", ""), MemoryTokens(tokens))
    connected = Connected(destination, settings, refresher if destination.auth else None)
    http = Http(world, idempotency_key="agreement", clock=lambda: NOW)
    return await _caught(_CALLS[question.call], connected, question, http)


async def _caught(
    call: _Call, connected: Connected[Any], question: Question, http: Http
) -> list[Result]:
    try:
        return await call(connected, question, http)
    except DeliveryError as error:
        return [error]
    except Exception as error:  # noqa: BLE001 - whatever breaks is told with the case
        return [Broken(error)] * question.count


async def _acted(connected: Connected[Any], question: Question, http: Http) -> list[Result]:
    action = connected.destination.actions[question.action or ""]
    defaults = action.payload.default_mapping() if question.use_default_mappings else {}
    mapping: Any = {**defaults, **(question.mapping or {})}
    if question.events is not None and action.batched:
        trial = await attempt_batch(connected, action, question.events, mapping, http)
        return [*trial.results]
    events = question.events or [question.event or {}]
    trials = [await attempt(connected, action, event, mapping, http) for event in events]
    return [result for trial in trials for result in trial.results]


async def _checked(connected: Connected[Any], question: Question, http: Http) -> list[Result]:
    del question
    await connected.check(http)
    return [SENT]


async def _forgotten(connected: Connected[Any], question: Question, http: Http) -> list[Result]:
    event = question.event or {}
    user = ForgottenUser(event.get("userId", ""), event.get("anonymousId", ""))
    return [await connected.forget(http, user) or SENT]


async def _made(connected: Connected[Any], question: Question, http: Http) -> list[Result]:
    await connected.create_audience(http, *_audience(connected, question))
    return [SENT]


async def _found(connected: Connected[Any], question: Question, http: Http) -> list[Result]:
    await connected.get_audience(http, *_audience(connected, question))
    return [SENT]


def _audience(connected: Connected[Any], question: Question) -> tuple[AudienceRequest, Settings]:
    assert connected.destination.audiences is not None
    told = question.input or {}
    request = AudienceRequest(told.get("audienceName", ""), told.get("externalId", ""))
    return request, connected.destination.audiences.settings.read(told.get("audienceSettings", {}))


if TYPE_CHECKING:
    _Call = Callable[[Connected[Any], Question, Http], Awaitable[list[Result]]]

_CALLS: Final[dict[str, _Call]] = {
    "action": _acted,
    "testAuthentication": _checked,
    "onDelete": _forgotten,
    "createAudience": _made,
    "getAudience": _found,
}
