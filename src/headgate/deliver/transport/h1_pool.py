"""Connections at rest, kept for the next request to the same origin and address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headgate.deliver.transport.dialer import Plan
    from headgate.deliver.transport.h1_connection import Connection

LIFETIME = 300.0
IDLE = 90.0
_SWEEP = 15.0


class Pool:
    """Knows every open connection; `most_idle` may rest, for 90 s, and none is used after 300 s."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most_idle: int) -> None:
        self._loop = loop
        self._most_idle = most_idle
        self._open: set[Connection] = set()
        self._resting: dict[tuple[str, str], list[Connection]] = {}
        self._idle = 0
        self._closed = False
        self._gone = asyncio.Event()
        self._sweeper: asyncio.TimerHandle | None = None

    def take(self, origin: str, plan: Plan) -> Connection | None:
        """Return a connection to one of the addresses that may be dialled now."""
        for address in plan.order():
            resting = self._resting.get((origin, address))
            while resting:
                connection = resting.pop()
                self._idle -= 1
                if connection.usable:
                    return connection
        return None

    def opened(self, connection: Connection) -> None:
        connection.born = self._loop.time()
        self._open.add(connection)

    def rest(self, connection: Connection) -> None:
        """Keep a connection that has done its work, or close it when its time is over."""
        now = self._loop.time()
        if self._closed or now - connection.born > LIFETIME:
            connection.abort()
            return
        if self._idle >= self._most_idle:
            self._drop_one()
        connection.rested = now
        resting = self._resting.get(connection.key)
        if resting is None:
            resting = self._resting[connection.key] = []
        resting.append(connection)
        self._idle += 1
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_SWEEP, self._sweep)

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if self._closed and not self._open:
            self._gone.set()
        resting = self._resting.get(connection.key, [])
        if connection in resting:
            resting.remove(connection)
            self._idle -= 1

    async def close(self) -> None:
        """Drop every connection, at rest or not, and wait until they are gone."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        self._closed = True
        self._resting.clear()
        for connection in tuple(self._open):
            connection.abort()
        if self._open:
            await self._gone.wait()

    def _drop_one(self) -> None:
        """Make room: of the places that were used first, the connection that rested longest."""
        resting = next(filter(None, self._resting.values()))
        resting.pop(0).abort()
        self._idle -= 1

    def _sweep(self) -> None:
        """Drop what rested too long; the oldest stand first, for the youngest is taken first."""
        oldest = self._loop.time() - IDLE
        for key, resting in tuple(self._resting.items()):
            while resting and resting[0].rested < oldest:
                resting.pop(0).abort()
                self._idle -= 1
            if not resting:
                del self._resting[key]
        self._sweeper = self._loop.call_later(_SWEEP, self._sweep) if self._resting else None
