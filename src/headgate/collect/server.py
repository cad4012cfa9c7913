"""The collection server: sockets, admission by the head of a request, and deadlines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.collect.answers import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    Answer,
    Caller,
    preflight,
)
from headgate.collect.connection import Connection
from headgate.collect.routes import ROUTES
from headgate.collect.write_keys import WriteKeys

if TYPE_CHECKING:
    import socket

    from headgate.collect.connection import Reply
    from headgate.collect.gather import Gather
    from headgate.collect.intake import Intake
    from headgate.collect.request import Request
    from headgate.collect.tally import Tally
    from headgate.store.snapshot import Snapshot

_SWEEP_SECONDS = 1.0
_LOOK_SECONDS = 0.02


class CollectServer:
    """Serves the collection routes on given listening sockets until it is stopped."""

    def __init__(self, intake: Intake, gather: Gather, tally: Tally) -> None:
        self._intake, self._gather, self._tally = intake, gather, tally
        self._servers: list[asyncio.Server] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.connections: set[Connection] = set()
        self.stopping = False

    def configure(self, snapshot: Snapshot) -> None:
        """Use the sources of a snapshot from the next request on."""
        self._intake.write_keys = WriteKeys(snapshot)

    async def start(self, sockets: list[socket.socket]) -> None:
        loop = asyncio.get_running_loop()
        for listening in sockets:
            self._servers.append(
                await loop.create_server(
                    lambda: Connection(self, loop.time), sock=listening, backlog=1024
                )
            )
        self._tasks = [
            asyncio.create_task(self._tally.run()),
            asyncio.create_task(self._sweep(loop)),
        ]

    def refuse(self, request: Request) -> Answer | None:
        if request.method == b"OPTIONS":
            return None
        if request.path not in ROUTES:
            return NOT_FOUND
        return None if request.method == b"POST" else METHOD_NOT_ALLOWED

    def turned_away(self, request: Request, answer: Answer) -> None:
        self._intake.count_refusal(request, answer)

    def handle(self, request: Request, reply: Reply) -> None:
        if request.method == b"OPTIONS":
            caller = Caller(request.origin, not reply.close)
            reply.send_raw(preflight(caller, request.asked_headers))
        else:
            self._intake.take(request, ROUTES[request.path], reply)

    async def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all deadlines: a timer a connection would cost more than it saves."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            now = loop.time()
            for connection in [c for c in self.connections if c.deadline < now]:
                connection.expire()

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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._gather.settle()
        await self._tally.flush()
