"""The deliver role: one process that routes and delivers for all lanes it owns."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from functools import partial
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.deliver.attempt import Attempts
from headgate.deliver.engine import Engine, Wanted
from headgate.deliver.prepared import prepare
from headgate.deliver.tokens import file_tokens
from headgate.ledger.reserve import Reserve
from headgate.ledger.sqlite import SqliteLedger
from headgate.services.collect import SWITCH_SECONDS
from headgate.services.parts import open_log, open_transport
from headgate.services.process import Life, until_over
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import SnapshotReader, SnapshotWatch
from headgate.telemetry import log as logger

if TYPE_CHECKING:
    from headgate.deliver.prepared import Prepared
    from headgate.folder import DataFolder
    from headgate.settings import Settings
    from headgate.store.snapshot import Connection, Snapshot

SYNC_SECONDS = 0.1
RESERVE_SECONDS = 1.0


async def run_deliver(folder: DataFolder, settings: Settings, index: int, parent: int) -> None:
    """Deliver until the process is told to end, or cannot go on."""
    sys.setswitchinterval(SWITCH_SECONDS)
    clock, log = SystemClock(), open_log(folder)
    async with contextlib.AsyncExitStack() as stack:
        engine: Engine | None = None
        life = Life(folder.run, "deliver", index, lambda: engine.ticks.counters if engine else {})
        stack.callback(life.end)
        stack.push_async_callback(log.close)
        reserve = Reserve(folder.reserve)
        ledger = SqliteLedger(folder, index, reserve)
        stack.callback(ledger.close)
        transport, resolver = open_transport(settings)
        stack.push_async_callback(resolver.close)
        stack.push_async_callback(transport.close)
        engine = Engine(
            log, ledger, Attempts(transport, clock), clock, random.random, slots=settings.slots
        )
        await engine.start()
        stack.push_async_callback(engine.stop)
        syncing = asyncio.create_task(_sync(ledger))
        stack.callback(syncing.cancel)
        reserving = asyncio.create_task(_hold(reserve))
        stack.callback(reserving.cancel)
        following = asyncio.create_task(_follow(folder, settings, engine, life))
        stack.callback(following.cancel)
        life.start(parent)
        await until_over(life, engine.broken, syncing, following)


async def _sync(ledger: SqliteLedger) -> None:
    """Bound what power loss repeats; an error here is one of the disk, and ends the process."""
    while True:
        await asyncio.sleep(SYNC_SECONDS)
        if ledger.is_dirty:
            await asyncio.to_thread(ledger.sync)


async def _hold(reserve: Reserve) -> None:
    """Keep room for a full disk, and take it again once there is some."""
    was_held = True
    while True:
        is_held = await asyncio.to_thread(reserve.make)
        if was_held != is_held:
            logger.warning("reserve.held" if is_held else "reserve.missing")
        was_held = is_held
        await asyncio.sleep(RESERVE_SECONDS)


async def _follow(folder: DataFolder, settings: Settings, engine: Engine, life: Life) -> None:
    preparing = _Preparing(folder, settings)
    async with SnapshotWatch(SnapshotReader(folder.snapshots)) as snapshots:
        async for snapshot in snapshots:
            await engine.configure(preparing.wanted(snapshot))
            life.in_force(snapshot.version)
            life.ready()


class _Preparing:
    """Compiles the connections of each snapshot; those that did not change are kept."""

    def __init__(self, folder: DataFolder, settings: Settings) -> None:
        self._folder, self._environ = folder, settings.environment()
        self._prepared: dict[int, Prepared] = {}

    def wanted(self, snapshot: Snapshot) -> list[Wanted]:
        """Connections that were ever enabled, so none that pages deliver.

        Refusal is for one connection, never for all.
        """
        return [
            self._one(snapshot, connection)
            for connection in snapshot.connections.values()
            if connection.start is not None
        ]

    def _one(self, snapshot: Snapshot, connection: Connection) -> Wanted:
        prepared, reason = None, "disabled"
        if connection.enabled:
            prepared, reason = self._prepare(connection, snapshot.version)
        source = snapshot.sources[connection.source]
        return Wanted(
            connection.number,
            connection.workspace,
            connection.source,
            source.id,
            (connection.start or {})[0],
            snapshot.version,
            prepared,
            reason,
        )

    def _prepare(self, connection: Connection, version: int) -> tuple[Prepared | None, str]:
        known = self._prepared.get(connection.number)
        if known is not None and known.connection is connection:
            return known, ""
        try:
            box = SecretBox.load(self._folder, self._environ)
            keep = partial(file_tokens, self._folder, box)
            prepared = prepare(connection, box.settings(connection), version, keep)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, only this connection is
            logger.error("connection.invalid", connection=connection.id, error=str(error))
            return None, "invalid"
        self._prepared[connection.number] = prepared
        return prepared, ""
