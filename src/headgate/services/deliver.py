"""The deliver role: one process that routes and delivers for all lanes it owns."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sys
from functools import cached_property, partial
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.deliver.attempt import Attempts
from headgate.deliver.engine import Engine, Wanted
from headgate.deliver.in_hand import InHand
from headgate.deliver.prepared import prepare
from headgate.deliver.tokens import file_tokens
from headgate.kit.http.request import Limits
from headgate.ledger.reserve import Reserve
from headgate.route import SourceRules
from headgate.services.collect import SWITCH_SECONDS
from headgate.services.parts import open_ledger, open_log, open_transport
from headgate.services.process import Life, files_for_sockets, until_over
from headgate.services.shard import own_shard
from headgate.store.secrets import SecretBox
from headgate.store.snapshot import SnapshotReader, SnapshotWatch
from headgate.telemetry import log as logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.prepared import Prepared
    from headgate.folder import DataFolder
    from headgate.ledger.port import Ledger
    from headgate.ledger.shard import Shard
    from headgate.log.port import Record
    from headgate.log.segments.log import SegmentLog
    from headgate.settings import Settings
    from headgate.store.snapshot import Connection, Snapshot, Source

SYNC_SECONDS = 0.1
RESERVE_SECONDS = 1.0
_FILES_EACH = 4
"""Files for each request under way: connections are kept beside, and several are dialled."""


async def run_deliver(folder: DataFolder, settings: Settings, index: int, parent: int) -> None:
    """Deliver until the process is told to end, or cannot go on."""
    sys.setswitchinterval(SWITCH_SECONDS)
    sockets = min(settings.delivery_sockets, max(1, files_for_sockets() // _FILES_EACH))
    settings = settings.model_copy(update={"delivery_sockets": sockets})
    clock, log = SystemClock(), open_log(folder)
    async with contextlib.AsyncExitStack() as stack:
        engine: Engine | None = None
        of = settings.deliver_processes
        life = Life(
            folder.run, "deliver", index, lambda: engine.ticks.counters if engine else {}, of=of
        )
        stack.callback(life.end)
        shard = own_shard(folder, index, of)
        stack.push_async_callback(log.close)
        reserve = Reserve(folder.reserve)
        ledger = open_ledger(folder, settings, shard, reserve)
        stack.callback(ledger.close)
        transport, resolver = open_transport(settings)
        stack.push_async_callback(resolver.close)
        stack.push_async_callback(transport.close)
        in_hand = InHand(folder.in_hand(index), settings.crashes_in_hand)
        stack.callback(in_hand.close)
        engine = Engine(
            log,
            ledger,
            Attempts(transport, clock, in_hand, _limits(settings)),
            clock,
            random.random,
            settings,
            ages=settings,
            in_hand=in_hand,
            quarantined=_poison(in_hand),
            subjects=_subjects(log),
        )
        await engine.start()
        stack.push_async_callback(engine.stop)
        syncing = asyncio.create_task(_sync(ledger, engine.ticks.wrote))
        stack.callback(syncing.cancel)
        if index == 0:  # one holds it for all
            reserving = asyncio.create_task(_hold(reserve))
            stack.callback(reserving.cancel)
        following = asyncio.create_task(_follow(folder, settings, engine, life, shard))
        stack.callback(following.cancel)
        life.start(parent)
        await until_over(life, engine.broken, syncing, following)


async def _sync(ledger: Ledger, wrote: asyncio.Event) -> None:
    """Bound what power loss repeats; an error here is one of the disk, and ends the process."""
    while True:
        await wrote.wait()
        wrote.clear()
        await asyncio.sleep(SYNC_SECONDS)
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


def _limits(settings: Settings) -> Limits:
    return Limits(timeout=settings.request_seconds, connect_timeout=settings.connect_seconds)


def _poison(in_hand: InHand) -> frozenset[tuple[int, int]]:
    """The event that too many processes in a row died of."""
    if in_hand.poison is None:
        return frozenset()
    lane, position = in_hand.poison
    logger.error("event.quarantined", lane=lane, position=position)
    return frozenset({(lane, position)})


def _subjects(log: SegmentLog) -> Callable[[Record], bytes]:
    keys = log.keys()
    return lambda record: keys.subjects(record.source, record.user_id, record.anonymous_id)


async def _follow(
    folder: DataFolder, settings: Settings, engine: Engine, life: Life, shard: Shard
) -> None:
    preparing = _Preparing(folder, settings, shard)
    async with SnapshotWatch(SnapshotReader(folder.snapshots)) as snapshots:
        async for snapshot in snapshots:
            commands = {
                name: command
                for name, command in snapshot.commands.items()
                if shard.owns(command.connection)
            }
            await engine.configure(preparing.wanted(snapshot), commands)
            life.in_force(snapshot.version)
            life.ready()


class _Preparing:
    """Compiles the connections of each snapshot; those that did not change are kept."""

    def __init__(self, folder: DataFolder, settings: Settings, shard: Shard) -> None:
        self._folder, self._environ, self._shard = folder, settings.environment(), shard
        self._prepared: dict[int, Prepared] = {}
        self._rules: dict[int, tuple[Source, SourceRules]] = {}

    def wanted(self, snapshot: Snapshot) -> list[Wanted]:
        """Connections that were ever enabled, so none that pages deliver.

        Refusal is for one connection, never for all.
        """
        return [
            self._one(snapshot, connection)
            for connection in snapshot.connections.values()
            if connection.start is not None and self._shard.owns(connection.number)
        ]

    def _one(self, snapshot: Snapshot, connection: Connection) -> Wanted:
        prepared, reason = None, "disabled"
        source = snapshot.sources[connection.source]
        if connection.enabled:
            prepared, reason = self._prepare(connection, source, snapshot.version)
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

    def _prepare(
        self, connection: Connection, source: Source, version: int
    ) -> tuple[Prepared | None, str]:
        rules = self._rules_of(source)
        known = self._prepared.get(connection.number)
        if known is not None and known.connection is connection and known.rules is rules:
            return known, ""
        try:
            keep = partial(file_tokens, self._folder, self._box)
            plain = self._box.settings(connection)
            prepared = prepare(connection, plain, version, keep, rules)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, only this connection is
            logger.error("connection.invalid", connection=connection.id, error=str(error))
            return None, "invalid"
        self._prepared[connection.number] = prepared
        return prepared, ""

    @cached_property
    def _box(self) -> SecretBox:
        return SecretBox.load(self._folder, self._environ)

    def _rules_of(self, source: Source) -> SourceRules:
        """One for all connections of a source, as long as the source stays as it is."""
        known = self._rules.get(source.number)
        if known is None or known[0].schema != source.schema:
            known = self._rules[source.number] = (source, SourceRules(source))
        return known[1]
