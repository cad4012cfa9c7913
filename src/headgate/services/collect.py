"""The collect role: one process that takes requests, the first of them also appends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.collect.gather import Gather
from headgate.collect.handoff import RemoteAppender, serve_appends
from headgate.collect.intake import Intake
from headgate.collect.server import CollectServer
from headgate.collect.tally import Tally
from headgate.ledger.reserve import Reserve
from headgate.log.errors import Unavailable
from headgate.log.writer_thread import WriterThread
from headgate.services.parts import open_log
from headgate.services.process import Life
from headgate.store.snapshot import SnapshotReader, SnapshotWatch

if TYPE_CHECKING:
    import socket

    from headgate.collect.gather import Appending
    from headgate.folder import DataFolder
    from headgate.log.port import Appended, Batch
    from headgate.log.segments.log import SegmentLog

SWITCH_SECONDS = 0.0005
"""The interpreter hands over to the writing thread this soon (data-path section 4)."""
_INDEX_SECONDS = 5.0
_APPENDER_SECONDS = 5.0
"""How long a process waits for the appender before it takes requests."""


async def run_collect(
    folder: DataFolder, index: int, sockets: list[socket.socket], parent: int
) -> None:
    """Serve until the process is told to end."""
    sys.setswitchinterval(SWITCH_SECONDS)
    clock, log = SystemClock(), open_log(folder)
    counters: dict[str, float] = {}
    life = Life(folder.run, "collect", index, lambda: counters)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(life.end)
        stack.push_async_callback(log.close)
        appender = await _appender(folder, index, log, clock, stack)
        gather, tally = Gather(appender), Tally(appender)
        intake = Intake(gather, tally, log.keys(), clock)
        counters = intake.counters  # type: ignore[assignment]
        server = CollectServer(intake, gather, tally)
        await server.start(sockets)
        stack.push_async_callback(server.stop)
        following = asyncio.create_task(_follow(folder, server, life))
        stack.callback(following.cancel)
        life.start(parent)
        life.ready()
        await life.over.wait()


async def _appender(
    folder: DataFolder,
    index: int,
    log: SegmentLog,
    clock: SystemClock,
    stack: contextlib.AsyncExitStack,
) -> Appending:
    if index:
        remote = RemoteAppender(folder.appender_socket)
        connecting = asyncio.create_task(remote.connect())
        stack.callback(connecting.cancel)
        with contextlib.suppress(TimeoutError):  # then it serves, and refuses, until it is there
            await asyncio.wait_for(remote.is_connected.wait(), _APPENDER_SECONDS)
        return remote
    thread = WriterThread()
    stack.callback(thread.close)
    log.own(clock, thread)
    folder.appender_socket.unlink(missing_ok=True)
    sparing = Sparing(log, Reserve(folder.reserve))
    server = await serve_appends(folder.appender_socket, sparing)
    stack.callback(server.close)
    refreshing = asyncio.create_task(_refresh(folder, log))
    stack.callback(refreshing.cancel)
    return sparing


class Sparing:
    """An appender that leaves the last room on the disk to those it was kept for."""

    def __init__(self, log: Appending, reserve: Reserve) -> None:
        self._log, self._reserve = log, reserve

    async def append(self, partition: int, batch: Batch) -> Appended:
        if self._reserve.is_spent():
            raise Unavailable("the disk is full: free some space")
        return await self._log.append(partition, batch)


async def _refresh(folder: DataFolder, log: SegmentLog) -> None:
    """Use the id runs that `keep` wrote, so that the ids in memory stay few."""
    manifest, seen = folder.log / "manifest", 0
    while True:
        await asyncio.sleep(_INDEX_SECONDS)
        with contextlib.suppress(FileNotFoundError):
            changed = manifest.stat().st_mtime_ns
            if changed != seen:
                seen = changed
                log.refresh_index()


async def _follow(folder: DataFolder, server: CollectServer, life: Life) -> None:
    async with SnapshotWatch(SnapshotReader(folder.snapshots)) as snapshots:
        async for snapshot in snapshots:
            server.configure(snapshot)
            life.in_force(snapshot.version)
