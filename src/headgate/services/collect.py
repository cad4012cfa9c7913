"""The collect role: one process that takes requests, the first of them also appends."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import ChainMap
from typing import TYPE_CHECKING, Protocol

from headgate.clock import SystemClock
from headgate.collect.admission import Admission, Sockets, rates_of
from headgate.collect.cdn.files import CdnFiles
from headgate.collect.cdn.settings import CdnSettings
from headgate.collect.gather import Gather
from headgate.collect.handoff import RemoteAppender, serve_appends
from headgate.collect.intake import Intake
from headgate.collect.keeper import Keeper
from headgate.collect.oauth import Bearers, SigningKey, TokenEndpoint, UsedIds
from headgate.collect.routes import Kind
from headgate.collect.server import CollectServer
from headgate.collect.tally import Tally
from headgate.ledger.reserve import Reserve
from headgate.log.errors import Unavailable
from headgate.log.writer_thread import WriterThread
from headgate.proxies import Proxies
from headgate.services.parts import open_log, tls_context
from headgate.services.process import Life, files_for_sockets, until_over
from headgate.store.snapshot import SnapshotReader, SnapshotWatch
from headgate.telemetry import log as logs

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    from headgate.collect.gather import Appending
    from headgate.collect.server import Endpoint
    from headgate.folder import DataFolder
    from headgate.log.port import Appended, Batch
    from headgate.log.segments.log import SegmentLog
    from headgate.settings import Settings
    from headgate.store.snapshot import Snapshot

SWITCH_SECONDS = 0.0005
"""The interpreter hands over to the writing thread this soon (data-path section 4)."""
_INDEX_SECONDS, _AGAIN_SECONDS = 5.0, 1.0
_APPENDER_SECONDS = 5.0
"""How long a process waits for the appender before it takes requests."""


class Configured(Protocol):
    """What works by the newest snapshot."""

    def configure(self, snapshot: Snapshot) -> None: ...


async def run_collect(
    folder: DataFolder,
    settings: Settings,
    index: int,
    sockets: list[socket.socket],
    parent: int,
) -> None:
    """Serve until the process is told to end."""
    sys.setswitchinterval(SWITCH_SECONDS)
    files = files_for_sockets()
    tls = tls_context(settings)
    clock, log = SystemClock(), open_log(folder)
    counters: Mapping[str, float] = {}
    life = Life(folder.run, "collect", index, lambda: counters)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(life.end)
        stack.push_async_callback(log.close)
        vital: list[asyncio.Task[None]] = []
        appender = await _appender(folder, index, log, clock, stack, vital)
        gather, tally = Gather(appender), Tally(appender)
        most = min(settings.sockets or files, files)
        admission = Admission(rates_of(settings), Sockets(most, settings.address_sockets))
        key = SigningKey(folder.oauth_key)
        bearers, tokens = Bearers(key, clock), _tokens(folder, settings, key, clock)
        stack.callback(tokens.close)
        keeper = Keeper(gather, tally, log.keys(), clock)
        intake = Intake(gather, keeper, admission, bearers.check)
        counters = ChainMap(intake.counters, keeper.counters, tokens.counters)  # type: ignore[arg-type]
        server = CollectServer(
            intake,
            gather,
            tally,
            endpoints={Kind.TOKEN: tokens, **_cdn(settings)},
            admission=admission,
            proxies=Proxies(settings.trusted_proxies),
        )
        await server.start(sockets, tls)
        stack.push_async_callback(server.stop)
        following = asyncio.create_task(_follow(folder, [bearers, server], life))
        stack.callback(following.cancel)
        life.start(parent)
        life.ready()
        await until_over(life, *vital, following, *server.tasks)


def _tokens(
    folder: DataFolder, settings: Settings, key: SigningKey, clock: SystemClock
) -> TokenEndpoint:
    used = UsedIds(folder.assertions)
    return TokenEndpoint(key, used, clock, public_url=settings.public_url or "")


def _cdn(settings: Settings) -> dict[Kind, Endpoint]:
    scheme = "https" if settings.tls_cert else "http"
    return {
        Kind.SETTINGS: CdnSettings(settings.public_url, scheme),
        Kind.FILES: CdnFiles(),
    }


async def _appender(
    folder: DataFolder,
    index: int,
    log: SegmentLog,
    clock: SystemClock,
    stack: contextlib.AsyncExitStack,
    vital: list[asyncio.Task[None]],
) -> Appending:
    if index:
        remote = RemoteAppender(folder.appender_socket)
        vital.append(asyncio.create_task(remote.connect()))
        stack.callback(vital[-1].cancel)
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
    vital.append(asyncio.create_task(_refresh(folder, log)))
    stack.callback(vital[-1].cancel)
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
        try:
            changed = manifest.stat().st_mtime_ns
            if changed != seen:
                log.refresh_index(await asyncio.to_thread(log.fresh_runs))
                seen = changed
        except FileNotFoundError:
            continue  # nothing was sealed yet
        except OSError as error:
            logs.warning("index.unreadable", error=str(error))


async def _follow(folder: DataFolder, parts: Sequence[Configured], life: Life) -> None:
    """What cannot be read now is read again: events do not wait for a new snapshot."""
    while True:
        try:
            async with SnapshotWatch(SnapshotReader(folder.snapshots)) as snapshots:
                async for snapshot in snapshots:
                    for part in parts:
                        part.configure(snapshot)
                    life.in_force(snapshot.version)
        except OSError as error:
            logs.warning("snapshot.unreadable", error=str(error))
        await asyncio.sleep(_AGAIN_SECONDS)
