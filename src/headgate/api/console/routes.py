"""The routes by which people get into the web app, and the Public API for who is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import anyio
import anyio.to_thread
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Mount

from headgate.api.console import cookies
from headgate.api.console.guard import Guard
from headgate.api.console.signing_in import HANDLERS, Asked
from headgate.api.console.site import Site
from headgate.api.console.ways import WAYS
from headgate.api.public.answers import Fault, failed, refused, succeeded, unread
from headgate.api.public.dispatch import Dispatch
from headgate.api.public.routes import routes as public_routes
from headgate.api.reading import JSON, Unreadable, json_body
from headgate.api.routing import routes_of
from headgate.control.access.sessions import Lengths, Recognised
from headgate.control.denials import Denials, Tried
from headgate.control.errors import CodeWanted, ControlError, TooSoon, Unproven
from headgate.control.nouns.doorway import Caller, Doorway
from headgate.proxies import Proxies, plain

if TYPE_CHECKING:
    from starlette.requests import Request

    from headgate.api.console.signing_in import Told
    from headgate.api.console.ways import Way
    from headgate.api.rates import Rates
    from headgate.control.work import Control

PUBLIC: Final = "/app/api/public"
AT_ONCE: Final = 4
"""How many strangers are served at a time: their passwords take computing."""
MOST_WAITING: Final = 200


class Console(NamedTuple):
    """What the operator decides about the web app."""

    site: Site = Site()
    lengths: Lengths = Lengths()
    proxies: Proxies = Proxies()


DEFAULT_CONSOLE: Final = Console()


class Entrance:
    """Answers the ways."""

    def __init__(self, door: Doorway, guard: Guard, proxies: Proxies) -> None:
        self._door, self._guard, self._proxies = door, guard, proxies
        self._turns = anyio.CapacityLimiter(AT_ONCE)
        self._denials = Denials(door.premises)

    async def answer(self, way: Way, request: Request) -> Response:
        """Nothing of the body is read before it is known who asks."""
        me = await self._who_asks(way, request)
        if isinstance(me, Response):
            return me
        body = await _body(way, request)
        if isinstance(body, Response):
            return body
        secret = cookies.shown(self._guard.site, request)
        path = dict(request.path_params)
        asked = Asked(self._door, self._guard.site, me, secret, self._caller(request), path, body)
        if me is not None:
            return await run_in_threadpool(self._answered, way, asked)
        return await self._in_turn(way, asked)

    async def _in_turn(self, way: Way, asked: Asked) -> Response:
        """Strangers wait for each other, and nobody else for them."""
        if self._turns.statistics().tasks_waiting >= MOST_WAITING:
            fault = Fault("too-many-requests", "too many want to sign in: wait, then try again")
            return failed(429, fault, headers={"Retry-After": "5"})
        return await anyio.to_thread.run_sync(self._answered, way, asked, limiter=self._turns)

    async def _who_asks(self, way: Way, request: Request) -> Recognised | Response | None:
        if way.needs == "nobody":
            return self._guard.refused(request)
        found = await self._guard.signed_in(request)
        return found if isinstance(found, Response) else Recognised(found.actor, found.session)

    def _caller(self, request: Request) -> Caller:
        peer = plain(request.client.host) if request.client else ""
        if self._proxies.is_proxy(peer):
            named = ",".join(request.headers.getlist("x-forwarded-for"))
            peer = self._proxies.client(named.encode("latin-1"), peer)
        return Caller(peer, request.headers.get("user-agent", ""))

    def _answered(self, way: Way, asked: Asked) -> Response:
        try:
            told = HANDLERS[way.op](asked)
        except ControlError as error:
            if asked.me is not None and not way.is_reading:
                tried = Tried(way.op, f"{way.method} {way.path}")
                self._denials.note(asked.me.actor, tried, error)
            return _refused(error)
        return self._given(told)

    def _given(self, told: Told) -> Response:
        response = succeeded(told.data, 200, JSON, {})
        if told.begun is not None:
            seconds = self._guard.lengths.whole_ms // 1000
            cookies.give(self._guard.site, response, told.begun.secret, seconds)
        elif told.has_ended:
            cookies.take_back(self._guard.site, response)
        return response


async def _body(way: Way, request: Request) -> Any:
    """What the way takes, or the Response to answer where that is not what was sent."""
    if way.body is None:
        return None
    try:
        return msgspec.convert(await json_body(request), way.body)
    except Unreadable as error:
        return unread(error)
    except msgspec.ValidationError as error:
        told, _, field = str(error).partition(" - at `$.")
        return failed(400, Fault("bad-request", told, field.rstrip("`") or None))


def _refused(error: ControlError) -> Response:
    if isinstance(error, TooSoon):
        wait = {"Retry-After": str(-(-error.wait_ms // 1000))}
        return failed(429, Fault("too-many-requests", str(error)), headers=wait)
    if isinstance(error, Unproven):
        word = "code-required" if isinstance(error, CodeWanted) else "unauthorized"
        return failed(401, Fault(word, str(error)))
    return refused(error, {}, JSON)


def console_routes(control: Control, guard: Guard, console: Console, rates: Rates) -> list[Any]:
    """Every way, and behind them the whole Public API for whoever is signed in."""
    entrance = Entrance(Doorway(control, console.lengths), guard, console.proxies)
    public = public_routes(Dispatch(control, rates, guard.asker))
    return [*routes_of(WAYS, entrance.answer), Mount(PUBLIC, routes=public)]
