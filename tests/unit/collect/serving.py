"""A collection server on real sockets, over a log in memory."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from headgate.clock import SystemClock
from headgate.collect.admission import Admission
from headgate.collect.gather import Gather
from headgate.collect.intake import Intake
from headgate.collect.keeper import Keeper
from headgate.collect.server import CollectServer
from headgate.collect.tally import Tally
from headgate.log.keys import Keys
from headgate.log.port import Appended, Batch, EventBatch, Position
from headgate.store.snapshot import Snapshot
from tests.unit.store.snapshots import source

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator

    from headgate.log.port import TallyBatch

KEY = "wk"
SECONDS = 20.0
EVENT = b'{"userId":"u","event":"E","writeKey":"wk"}'


class Log:
    """Remembers what was appended; fails where it is told to."""

    def __init__(self) -> None:
        self.events = 0
        self.tallies: list[TallyBatch] = []
        self.failing: Exception | None = None

    async def append(self, partition: int, batch: Batch) -> Appended:
        await asyncio.sleep(0.001)
        if self.failing is not None:
            raise self.failing
        if isinstance(batch, EventBatch):
            self.events += len(batch.sources)
        else:
            self.tallies.append(batch)
        return Appended(partition, Position(1), b"")


class Serving(NamedTuple):
    """A server that runs, and what is behind it."""

    server: CollectServer
    intake: Intake
    log: Log
    port: int

    async def exchange(
        self, raw: bytes, *, ends: bool = False, tls: ssl.SSLContext | None = None
    ) -> bytes:
        """Send bytes on a connection of their own; all that comes back until it is closed."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=tls, server_hostname="localhost" if tls else None
        )
        writer.write(raw)
        if ends:
            writer.write_eof()
        try:
            return await asyncio.wait_for(reader.read(), SECONDS)
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    tls: ssl.SSLContext | None = None, admission: Admission | None = None
) -> AsyncIterator[Serving]:
    log, admission = Log(), admission or Admission()
    gather, tally = Gather(log), Tally(log)
    intake = Intake(gather, Keeper(gather, tally, Keys(b"s" * 16), SystemClock()), admission)
    server = CollectServer(intake, gather, tally, admission=admission)
    server.configure(Snapshot(1, {1: source(1, write_keys=(KEY,))}, {}))
    listening = socket.create_server(("127.0.0.1", 0))
    await server.start([listening], tls)
    try:
        yield Serving(server, intake, log, listening.getsockname()[1])
    finally:
        await server.stop(2.0)
