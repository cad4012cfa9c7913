"""The collection server: sockets, who answers which path, and deadlines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.collect.admission import Admission
from headgate.collect.answers import NOT_FOUND, unavailable
from headgate.collect.connection import Connection
from headgate.collect.heads import Heads
from headgate.collect.routes import Kind
from headgate.collect.write_keys import WriteKeys
from headgate.proxies import Proxies
from headgate.telemetry import log

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Mapping
    from typing import Protocol

    from headgate.collect.answers import Answer
    from headgate.collect.gather import Gather
    from headgate.collect.heads import Head
    from headgate.collect.intake import Intake
    from headgate.collect.reply import Reply
    from headgate.collect.request import Request
    from headgate.collect.tally import Tally
    from headgate.store.snapshot import Snapshot

    class Endpoint(Protocol):
        """What answers the requests of a path that brings no events."""

        def configure(self, snapshot: Snapshot) -> None: ...
        def take(self, request: Request, reply: Reply) -> None: ...


_SWEEP_SECONDS = 1.0
_LOOK_SECONDS = 0.02
_A_TURN = 8
MOST_REFUSED = 32
"""Sockets that were refused and may stay to read so, above what `sockets` allows."""
_HANDSHAKE_SECONDS, _SHUTDOWN_SECONDS = 5.0, 1.0


class CollectServer:
    """Serves the collection routes on given listening sockets until it is stopped."""

    def __init__(
        self,
        intake: Intake,
        gather: Gather,
        tally: Tally,
        *,
        endpoints: Mapping[Kind, Endpoint] | None = None,
        admission: Admission | None = None,
        proxies: Proxies | None = None,
    ) -> None:
        self._intake, self._gather, self._tally = intake, gather, tally
        self._endpoints = dict(endpoints or {})
        self._servers: list[asyncio.Server] = []
        self.tasks: list[asyncio.Task[None]] = []
        """What it cannot do without, once started."""
        admission, proxies = admission or Admission(), proxies or Proxies()
        self.welcome, self.gone, self.hold = admission.welcome, admission.gone, admission.hold
        self.admitted = admission.admitted
        self.is_proxy, self.client = proxies.is_proxy, proxies.client
        self.heads = Heads()
        self.connections: set[Connection] = set()
        self.stopping = False

    def configure(self, snapshot: Snapshot) -> None:
        """Use a snapshot from the next request on."""
        self._intake.write_keys = WriteKeys(snapshot)
        for endpoint in self._endpoints.values():
            endpoint.configure(snapshot)

    async def start(self, sockets: list[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        loop = asyncio.get_running_loop()
        for listening in sockets:
            self._servers.append(
                await loop.create_server(
                    lambda: Connection(self, loop.time),
                    sock=listening,
                    backlog=1024,
                    ssl=tls,
                    ssl_handshake_timeout=_HANDSHAKE_SECONDS if tls else None,
                    ssl_shutdown_timeout=_SHUTDOWN_SECONDS if tls else None,
                )
            )
        self.tasks = [
            asyncio.create_task(self._tally.run()),
            asyncio.create_task(self._sweep(loop)),
        ]

    def is_crowded(self) -> bool:
        """Whether so many that were refused are still here that no more can be told why."""
        return len(self.connections) - self.admitted() > MOST_REFUSED

    def turned_away(self, head: Head | None, answer: Answer) -> None:
        self._intake.count_refusal(head, answer)

    def handle(self, request: Request, reply: Reply) -> None:
        route = request.head.route
        assert route is not None, "a head without a route is refused"  # noqa: S101
        try:
            if route.is_intake:
                self._intake.take(request, route, reply)
            elif route.kind in self._endpoints:
                self._endpoints[route.kind].take(request, reply)
            else:
                reply.send(NOT_FOUND)
        except Exception:  # noqa: BLE001 - it is told in the log
            log.exception("collect.request_failed", path=request.path.decode("latin-1"))
            if reply.data is None:
                reply.send(unavailable("The server failed on this request."))

    async def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all deadlines: a timer a connection would cost more than it saves."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            late = [each for each in self.connections if each.is_late(now)]
            for number, connection in enumerate(late, 1):
                if connection.is_late(now):
                    connection.expire()
                if number % _A_TURN == 0:  # a crowd that ends keeps nobody waiting
                    await asyncio.sleep(0)

    async def _emptied(self, seconds: float) -> None:
        """Wait for the connections to end: no event tells of the last one, so look again."""
        for _ in range(int(seconds / _LOOK_SECONDS)):
            if not self.connections:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    async def stop(self, seconds: float = 5.0) -> None:
        """Take no new requests, answer those that are here, keep what they brought."""
        self.stopping = True
        for server in self._servers:
            server.close()
        for connection in list(self.connections):
            connection.close_when_idle()
        await self._emptied(seconds)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self._gather.settle()
        await self._tally.flush()
