"""The transport on libcurl: HTTP/1.1 and HTTP/2, with every dial under our eyes."""

from __future__ import annotations

import asyncio
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, cast

import certifi

from headgate.deliver.transport.curl_handle import Handle, Journey, key_of
from headgate.deliver.transport.curl_multi import Multi
from headgate.deliver.transport.dialer import Dialer
from headgate.deliver.transport.flights import Flights, settle, unless_over, why
from headgate.deliver.transport.handshakes import Handshakes
from headgate.deliver.transport.headers import header_lines
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from pathlib import Path

    import pycurl

    from headgate.deliver.transport.curl_handle import Key
    from headgate.deliver.transport.curl_multi import Done
    from headgate.deliver.transport.dialer import Plan
    from headgate.deliver.transport.egress import Egress, Origin
    from headgate.deliver.transport.flights import Flight
    from headgate.deliver.transport.resolver import Resolver
    from headgate.kit.http.request import Request

_SPARE_HANDLES = 2048
_STEP = 0.05


class CurlTransport:
    """Sends requests over libcurl, which never resolves, follows, repeats or asks a proxy.

    Names are resolved here and checked by `egress`; libcurl gets the address, dials it through
    a callback of ours that checks again, and asks before it writes to any connection, kept or
    new. Over TLS it speaks HTTP/2 where the other side offers it. `ca_file` names the
    certificates to trust instead of certifi's. Lives on the loop of its first `send`.
    """

    def __init__(self, egress: Egress, resolver: Resolver, *, ca_file: Path | None = None) -> None:
        self._egress = egress
        self._dialer = Dialer(egress, resolver)
        self._ca_file = str(ca_file or certifi.where())
        self._flights = Flights()
        self._flying: dict[pycurl.Curl, Handle] = {}
        self._spare: dict[Key, list[Handle]] = {}
        self._spares = 0
        self._engine: _Engine | None = None

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; raise `TransportError` when there is none."""
        target = self._egress.check_url(request.url)
        lines = header_lines(request)
        engine = self._engine or self._start()
        flight = self._flights.begin(engine.loop, request.timeout)
        journey = None
        try:
            until = engine.loop.time() + min(request.connect_timeout, request.timeout)
            plan = self._dialer.known(target.origin)
            if plan is None:
                plan = await self._resolve(target.origin, request, flight, until)
            journey = Journey(request, target, lines, flight, plan, plan.order(), until)
            self._try(journey)
            outcome = await flight
        finally:
            self._flights.forget(flight, request.timeout)
            if journey is not None and journey.handle is not None:
                self._recall(journey.handle)
        if type(outcome) is Response:
            return outcome
        raise why(flight, request, f"{target.origin.authority} did not answer", "timeout")

    async def close(self) -> None:
        """End what is under way with `reset` errors and drop every connection."""
        self._flights.close()
        for handle in tuple(self._flying.values()):
            self._recall(handle)
        if self._engine is not None:
            self._engine.close()
        for handle in chain.from_iterable(self._spare.values()):
            handle.curl.close()
        self._spare.clear()

    def _start(self) -> _Engine:
        self._engine = _Engine(self._on_done)
        return self._engine

    async def _resolve(
        self, origin: Origin, request: Request, flight: Flight, until: float
    ) -> Plan:
        within = until - asyncio.get_running_loop().time()
        plan = await unless_over(flight, self._dialer.find(origin, within))
        if plan is None or flight.done():
            raise why(flight, request, f"{origin.host} was not resolved", "dns")
        return plan

    def _try(self, journey: Journey, *, fresh: bool = False) -> None:
        """Send to the first of the addresses that are left, with its share of the time."""
        engine = cast("_Engine", self._engine)
        share = (journey.until - engine.loop.time()) / len(journey.addresses)
        handle = self._handle(journey)
        handle.load(journey, max(ceil(share / _STEP), 1) * int(1000 * _STEP), fresh=fresh)
        self._flying[handle.curl] = handle
        if handle.secure:
            engine.handshakes.begin(handle)
        else:
            engine.multi.add(handle.curl)

    def _handle(self, journey: Journey) -> Handle:
        origin = journey.target.origin
        key = key_of(origin, journey.addresses[0], journey.request)
        spare = self._spare.get(key)
        if spare:
            self._spares -= 1
            return spare.pop()
        engine = cast("_Engine", self._engine)
        return Handle(key, origin, self._egress, self._ca_file, engine)

    def _on_done(self, curl: pycurl.Curl, code: int, message: str) -> None:
        handle = self._flying.pop(curl)
        journey = cast("Journey", handle.journey)
        outcome = handle.outcome(code, message)
        failed, stale = handle.unconnected(code), handle.stale
        self._put_back(handle)
        if failed:
            journey.plan.failed(journey.addresses[0])
            journey.addresses = journey.addresses[1:]
        if (stale or (failed and journey.addresses)) and not journey.flight.done():
            self._try(journey, fresh=stale)
        else:
            settle(journey.flight, outcome)

    def _recall(self, handle: Handle) -> None:
        """Stop what nobody waits for any more."""
        del self._flying[handle.curl]
        engine = cast("_Engine", self._engine)
        if not (handle.secure and engine.handshakes.gave_up(handle)):
            engine.multi.remove(handle.curl)
        self._put_back(handle)

    def _put_back(self, handle: Handle) -> None:
        handle.unload()
        if handle.secure:
            cast("_Engine", self._engine).handshakes.over(handle)
        self._spares += 1
        self._spare.setdefault(handle.key, []).append(handle)
        if max(self._spares, len(self._spare)) > _SPARE_HANDLES:
            self._thin_out()

    def _thin_out(self) -> None:
        """Give up the handles that were first set up: where they send to may be long gone."""
        for handle in self._spare.pop(next(iter(self._spare))):
            self._spares -= 1
            handle.curl.close()


class _Engine:
    """What needs a running loop: libcurl's sockets, and the brake on handshakes."""

    def __init__(self, done: Done) -> None:
        self.loop = asyncio.get_running_loop()
        self.multi = Multi(self.loop, done)
        self.handshakes = Handshakes[Handle](self.loop, self._add)
        self.connected = self.handshakes.over
        self.is_gone = self.multi.is_gone

    def close(self) -> None:
        self.handshakes.close()
        self.multi.close()

    def _add(self, handle: Handle) -> None:
        self.multi.add(handle.curl)
