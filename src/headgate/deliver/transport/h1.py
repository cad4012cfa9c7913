"""A transport of our own for HTTP/1.1: httptools for the answers, the event loop for the rest."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING

import certifi

from headgate.deliver.transport.dialer import Dialer
from headgate.deliver.transport.flights import Flights, undialled, unless_over, why
from headgate.deliver.transport.h1_connection import Connection
from headgate.deliver.transport.h1_pool import Pool
from headgate.deliver.transport.headers import has_length, header_lines
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.deliver.transport.dialer import Plan
    from headgate.deliver.transport.egress import Egress, Origin, Target
    from headgate.deliver.transport.flights import Flight
    from headgate.deliver.transport.resolver import Resolver
    from headgate.kit.http.request import Request


class H1Transport:
    """Sends requests over connections it keeps, in plain text or over TLS without HTTP/2.

    Redirects are not followed, nothing is sent twice, no cookie is kept, no proxy is asked. A
    connection is used again for the same origin and address only. `most_idle` bounds the
    connections at rest; `ca_file` names the certificates to trust instead of certifi's.
    """

    def __init__(
        self,
        egress: Egress,
        resolver: Resolver,
        *,
        ca_file: Path | None = None,
        most_idle: int = 1024,
    ) -> None:
        self._egress = egress
        self._dialer = Dialer(egress, resolver)
        self._ca_file = str(ca_file or certifi.where())
        self._most_idle = most_idle
        self._flights = Flights()
        self._tls: ssl.SSLContext | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pool: Pool | None = None

    async def send(self, request: Request) -> Response:
        """Return the answer, whatever its status; raise `TransportError` when there is none."""
        target = self._egress.check_url(request.url)
        data = _serialise(request, target)
        loop, pool = self._bound()
        flight = self._flights.begin(loop, request.timeout)
        connection = None
        try:
            origin = target.origin
            plan = self._dialer.known(origin)
            if plan is not None:
                connection = pool.take(origin.key, plan)
            if connection is None:
                connection = await self._reach(origin, request, flight)
            connection.begin(flight, request, data)
            outcome = await flight
        finally:
            self._flights.forget(flight, request.timeout)
            if connection is not None:
                connection.leave(flight)
        if type(outcome) is Response:
            return outcome
        raise why(flight, request, f"{target.origin.authority} did not answer", "timeout")

    async def close(self) -> None:
        """End what is under way with `reset` errors and drop every connection."""
        self._flights.close()
        if self._pool is not None:
            await self._pool.close()

    def _bound(self) -> tuple[asyncio.AbstractEventLoop, Pool]:
        if self._loop is None or self._pool is None:
            self._loop = asyncio.get_running_loop()
            self._pool = Pool(self._loop, self._most_idle)
        return self._loop, self._pool

    async def _reach(self, origin: Origin, request: Request, flight: Flight) -> Connection:
        """Resolve and dial; both together may take the connect timeout."""
        loop, pool = self._bound()
        until = loop.time() + min(request.connect_timeout, request.timeout)
        plan = self._dialer.known(origin)
        if plan is None:
            plan = await unless_over(flight, self._dialer.find(origin, until - loop.time()))
        if plan is None:
            raise why(flight, request, f"{origin.host} was not resolved", "dns")
        connection = None
        while connection is None:
            # What was dialled rests first: it is lost neither to a cancel nor to a late end.
            await unless_over(flight, self._dial(origin, plan, until))
            if flight.done():
                raise why(flight, request, f"{origin.authority} was not connected", "timeout")
            connection = pool.take(origin.key, plan)
        return connection

    async def _dial(self, origin: Origin, plan: Plan, until: float) -> None:
        """Try the addresses in turn, each with its share of the time that is left."""
        loop, pool = self._bound()
        order = plan.order()
        error: TransportError | None = None
        for left, address in zip(range(len(order), 0, -1), order, strict=True):
            share = max(until - loop.time(), 0.0) / left
            try:
                async with asyncio.timeout(share):
                    pool.rest(await self._open(origin, address))
            except TimeoutError:
                error = undialled(origin, address, f"no connection in {share:.3g} s", "timeout")
            except ssl.SSLError as problem:
                raise undialled(origin, address, str(problem), "tls") from None
            except OSError as problem:
                error = undialled(origin, address, problem.strerror or str(problem), "connect")
            else:
                return
            plan.failed(address)
        if error is not None:
            raise error

    async def _open(self, origin: Origin, address: str) -> Connection:
        """Connect a socket of ours to the very address that was checked."""
        if not self._egress.check_address(address):
            raise undialled(origin, address, "not a public address", "blocked")
        loop, pool = self._bound()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        dialled = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.sock_connect(dialled, (address, origin.port))
            connection = await self._speak(origin, address, dialled)
        except BaseException:
            dialled.close()
            raise
        if not connection.usable:
            raise ConnectionResetError("it was closed at once")
        pool.opened(connection)
        return connection

    async def _speak(self, origin: Origin, address: str, dialled: socket.socket) -> Connection:
        """Hand a connected socket to a `Connection`, over TLS where the origin says so."""
        loop, pool = self._bound()
        make = partial(Connection, (origin.key, address), pool.rest, pool.lost)
        if origin.scheme == "http":
            return (await loop.create_connection(make, sock=dialled))[1]
        tls, name = self._tls_context(), origin.host
        try:
            dial = loop.create_connection(make, sock=dialled, ssl=tls, server_hostname=name)
            return (await dial)[1]
        except ConnectionError as problem:
            raise ssl.SSLError(f"the handshake was broken off: {problem}") from None

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
            self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls


def _serialise(request: Request, target: Target) -> bytes:
    """Write the request: our lines first, then the caller's in their order."""
    lines = [
        f"{request.method} {target.path} HTTP/1.1",
        f"Host: {target.origin.authority}",
        *header_lines(request),
    ]
    if has_length(request):
        lines.append(f"Content-Length: {len(request.body)}")
    lines.append("\r\n")
    return "\r\n".join(lines).encode() + request.body
