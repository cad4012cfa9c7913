"""What the console answers piece by piece: the events of a source live, and the audit trail."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from headgate.api.console import cookies
from headgate.api.console.calls import BASE, Declared
from headgate.api.console.checking import Moment, Parameters, read_query
from headgate.api.console.feed import STEADY, End, Feed, Pace
from headgate.api.public.answers import Fault, failed, refused
from headgate.api.public.calls import Query
from headgate.api.public.contract import Endpoint
from headgate.api.reading import JSON
from headgate.control.access.sessions import recognise
from headgate.control.errors import ControlError, Refused
from headgate.control.nouns import audit_export, debugging
from headgate.control.nouns.audit_trail import Search

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from headgate.api.console.guard import Guard
    from headgate.api.public.asking import Asker
    from headgate.api.rates import Rates
    from headgate.control.access.actor import Actor
    from headgate.control.nouns.debugging import Lens
    from headgate.control.work import Control

MOST_STREAMS: Final = 20
"""Of one process: each reads all that comes in."""
MOST_EACH: Final = 4
"""Of one session."""
_LAST: Final = "last-event-id"
_SSE: Final = "text/event-stream"
_NOT_KEPT: Final = {"X-Accel-Buffering": "no"}
"""A proxy that gathers an answer before it passes it on shows nothing live."""


class OfLive(Parameters):
    """`after` is a position, and `Last-Event-ID` the same of whoever comes back."""

    after: Annotated[int, Field(ge=0, lt=1 << 63)] | None = None


class OfExport(Parameters):
    """Which records: in [since, until), and of one resource or one type of resources."""

    since: Moment | None = None
    until: Moment | None = None
    resource_id: str | None = None
    resource_type: str | None = None


STREAMED: Final[dict[str, Declared]] = {}


def _declare(op: str, path: str, told: str, query: type[Parameters], media: str) -> Endpoint:
    names = tuple(query.model_fields)
    endpoint = Endpoint(op, "GET", f"{BASE}{path}", "", 200, "v1", names)
    STREAMED[op] = Declared(endpoint, told, {}, query=query, media=media)
    return endpoint


WATCH: Final = _declare(
    "watch_source",
    "/sources/{sourceId}/live",
    "The events of a source as they are accepted, as server-sent events.",
    OfLive,
    _SSE,
)
EXPORT: Final = _declare(
    "export_audit_trail",
    "/audit-trail.csv",
    "The audit trail as a table, the newest record first.",
    OfExport,
    "text/csv",
)


class Streams:
    """Answers them; live views end when `is_stopping`."""

    def __init__(
        self,
        control: Control,
        rates: Rates,
        guard: Guard,
        is_stopping: Callable[[], bool],
        pace: Pace = STEADY,
    ) -> None:
        self._control, self._rates, self._guard, self._pace = control, rates, guard, pace
        self._is_stopping = is_stopping
        self._open: Counter[str] = Counter()

    def routes(self) -> list[Route]:
        """They answer no HEAD, which would open a stream that nobody reads."""
        routes = [_route(WATCH, self.watch), _route(EXPORT, self.export)]
        for each in routes:
            each.methods = {"GET"}
        return routes

    async def watch(self, request: Request) -> Response:
        """Whoever may not see the source learns it before anything flows."""
        asker = await self._asker(request)
        if isinstance(asker, Response):
            return asker
        try:
            after = self._after(request)
            lens = await run_in_threadpool(self._lens, asker.actor, request.path_params["sourceId"])
            log = self._control.premises.log
            if log is None:
                raise Refused("there is no log here to look into")
        except ControlError as error:
            return refused(error, {}, JSON)
        if self._open.total() >= MOST_STREAMS or self._open[asker.counted_as] >= MOST_EACH:
            told = f"{MOST_EACH} live views of one session and {MOST_STREAMS} of all may be open"
            return failed(429, Fault("too-many-requests", told), headers={"Retry-After": "5"})
        feed = Feed(log, lens, self._looks(request), self._is_stopping, self._pace)
        self._open[asker.counted_as] += 1
        return _View(feed.begin(after), partial(self._left, asker.counted_as))

    def _left(self, whose: str) -> None:
        self._open[whose] -= 1
        self._open += Counter()  # keeps no name of whom it counts nothing

    async def _asker(self, request: Request) -> Asker | Response:
        asker = await self._guard.asker(request, JSON)
        if isinstance(asker, Response):
            return asker
        turn = self._rates.take(asker.counted_as, self._control.premises.clock.now_ms())
        if turn.is_over:
            fault = Fault("too-many-requests", "too many calls: wait, then go on")
            return failed(429, fault, headers=turn.headers())
        return asker

    def _after(self, request: Request) -> int | None:
        """Raises Invalid."""
        given = request.headers.get(_LAST)
        pairs = tuple(request.query_params.multi_items())
        asked = (*pairs, ("after", given)) if given else pairs
        query = read_query(OfLive, Query(asked), is_paged=False)
        return None if query is None else query.after

    def _lens(self, actor: Actor, source: str) -> Lens:
        with self._control.read(actor) as work:
            return debugging.lens(work, source)

    def _looks(self, request: Request) -> Callable[[], Awaitable[Lens | End]]:
        secret, source = cookies.shown(self._guard.site, request), request.path_params["sourceId"]

        def look() -> Lens | End:
            """An open view is no sign that somebody is there: the session is not noted as shown."""
            premises = self._control.premises
            with premises.store.read() as transaction:
                now = premises.clock.now_ms()
                found = recognise(transaction, secret or "", now, self._guard.lengths)
            if found is None:
                return End("signed_out")
            try:
                return self._lens(found.actor, source)
            except ControlError:
                return End("not_allowed")

        async def looks() -> Lens | End:
            return await run_in_threadpool(look)

        return looks

    async def export(self, request: Request) -> Response:
        """Each part is read for itself, so that a long trail holds up nobody."""
        asker = await self._asker(request)
        if isinstance(asker, Response):
            return asker
        try:
            search = _search(request)
            first = await run_in_threadpool(self._part, asker.actor, search, None)
        except ControlError as error:
            return refused(error, {}, JSON)
        headers = {"Content-Disposition": 'attachment; filename="audit-trail.csv"'}
        rows = self._rows(asker.actor, search, first)
        return StreamingResponse(rows, 200, headers, media_type="text/csv")

    async def _rows(
        self, actor: Actor, search: Search, first: tuple[str, int | None]
    ) -> AsyncIterator[str]:
        text, rest = first
        yield audit_export.head() + text
        while rest is not None:
            text, rest = await run_in_threadpool(self._part, actor, search, rest)
            yield text

    def _part(self, actor: Actor, search: Search, before: int | None) -> tuple[str, int | None]:
        with self._control.read(actor) as work:
            return audit_export.part(work, search, before)


class _View(StreamingResponse):
    """Has its place from the moment it is made, and gives it back however it ends."""

    def __init__(self, flow: AsyncGenerator[bytes, None], left: Callable[[], None]) -> None:
        super().__init__(flow, 200, _NOT_KEPT, media_type=_SSE)
        self._flow, self._left = flow, left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._left()
            await self._flow.aclose()


def _search(request: Request) -> Search:
    """Raises Invalid."""
    pairs = tuple(request.query_params.multi_items())
    query: Any = read_query(OfExport, Query(pairs), is_paged=False)
    return Search(query.since, query.until, query.resource_id, query.resource_type)


def _route(endpoint: Endpoint, answer: Callable[[Request], Awaitable[Response]]) -> Route:
    return Route(endpoint.path, answer, methods=[endpoint.method])
