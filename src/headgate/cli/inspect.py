"""Commands that look into a data folder, whether it runs or not."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import typer

from headgate.cli.failures import Failed
from headgate.cli.options import Data, Json
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from headgate.control.observing.accounts import Account
    from headgate.folder import DataFolder
    from headgate.log.port import Frame, Stored
    from headgate.store.snapshot import Snapshot, SnapshotReader


_NAMES = ("source", "connection")
_WHERE_ANY = ("filtered", "suppressed", "discarded", "dead_lettered", "duplicates")
_COLUMNS = (*_NAMES, "received", "delivered", *_WHERE_ANY[:-1], "pending", "balance", "duplicates")
_WIDE = 400
"""Columns of characters of an output that is no terminal."""


def print_json(value: object) -> None:
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")


def _folder(data: object) -> DataFolder:
    from headgate.services.parts import existing_folder

    return existing_folder(load(data=data))


def configured(folder: DataFolder) -> tuple[SnapshotReader, Snapshot]:
    """What is configured now, and a reader of what was."""
    from headgate.store.snapshot import Snapshot, SnapshotReader

    reader = SnapshotReader(folder.snapshots)
    return reader, reader.refresh() or Snapshot(0, {}, {})


def snapshot_of(folder: DataFolder) -> Snapshot:
    """What is configured now."""
    return configured(folder)[1]


def status(data: Data = None, json: Json = False) -> None:
    """Say whether Headgate runs on a data folder, and where."""
    from headgate.services.supervisor import running

    now = running(_folder(data))
    if now is None:
        raise Failed("nothing runs on this data folder: start it with `headgate up`")
    if json:
        print_json(now)
        return
    typer.echo(f"collect   {now.collect}\ncontrol   {now.control}\ndata      {now.data}")
    for role, pids in now.pids.items():
        typer.echo(f"{role:9} process {', '.join(map(str, pids))}")


def ledger(
    data: Data = None,
    json: Json = False,
    ended: Annotated[bool, typer.Option("--ended", help="Replays that have ended, too.")] = False,
) -> None:
    """Account for every event of every source and connection."""
    rows = asyncio.run(accounts_of(_folder(data), ended=ended))
    if json:
        print_json(rows)
    else:
        _print_table(rows)


async def accounts_of(folder: DataFolder, *, ended: bool = False) -> list[Account]:
    from headgate.control.observing.accounts import accounts
    from headgate.services.parts import open_ledgers, open_log

    log = open_log(folder)
    try:
        return await accounts(log, open_ledgers(folder, load()), configured(folder)[1], ended=ended)
    finally:
        await log.close()


def _print_table(rows: list[Account]) -> None:
    """Names are never cut off, and classes that no event ended in take no room."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    columns = [
        column
        for column in _COLUMNS
        if column not in _WHERE_ANY or any(getattr(row, column) for row in rows)
    ]
    for column in columns:
        is_name = column in _NAMES
        side: Literal["left", "right"] = "left" if is_name else "right"
        table.add_column(column.replace("_", " "), justify=side, no_wrap=is_name)
    for row in rows:
        values = [getattr(row, column) for column in columns]
        table.add_row(*("-" if value is None else str(value) for value in values))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
    for row in rows:
        name = f"{row.source} > {row.connection}{f' ({row.replay})' if row.replay else ''}"
        if row.state in {"held", "paused"}:
            typer.echo(f"{name} is {row.state}{f': {row.paused}' if row.paused else ''}")
        for cls, reasons in (row.reasons or {}).items():
            for reason, n in reasons.items():
                typer.echo(f"{name}: {n} {cls} by {reason}")


def log_stat(data: Data = None, json: Json = False) -> None:
    """Count what the log holds and what was rejected."""
    from headgate.disk import SystemDisk
    from headgate.log.statistics import log_statistics

    folder = _folder(data)
    found = log_statistics(SystemDisk(), folder.log)
    sources = configured(folder)[1].sources
    rejected = {
        sources[number].slug if number in sources else str(number): codes
        for number, codes in found.rejected.items()
    }
    values: dict[str, Any] = {
        "head": str(found.head),
        "floor": str(found.floor),
        "segments": found.segments,
        "bytes": found.bytes,
        "events": found.events,
        "duplicates": found.duplicates,
        "quarantined_frames": found.quarantined_frames,
        "rejected": rejected,
    }
    if json:
        print_json(values)
    else:
        for name, value in values.items():
            typer.echo(f"{name:18} {value}")


def log_cat(
    data: Data = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line.")] = True,
    everything: Annotated[bool, typer.Option("--all", help="Duplicates, too.")] = False,
) -> None:
    """Print the events of the log as they are delivered, oldest first."""
    del jsonl
    _run_quietly(_cat(_folder(data), everything=everything))


def _run_quietly(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def _cat(folder: DataFolder, *, everything: bool) -> None:
    from headgate.log.port import Position
    from headgate.services.parts import open_log

    snapshot = configured(folder)[1]
    log = open_log(folder)
    try:
        start = Position((await log.floors())[0])
        async for frame in log.read(0, start):
            _print_frame(frame, snapshot, everything=everything)
    finally:
        await log.close()


def _print_frame(frame: Frame, snapshot: Snapshot, *, everything: bool) -> None:
    from headgate.log.port import Verdict

    for stored in frame.events():
        if everything or stored.verdict is not Verdict.DUPLICATE:
            print_json(_printed(stored, snapshot))


def _printed(stored: Stored, snapshot: Snapshot) -> dict[str, Any]:
    from headgate.clock import iso
    from headgate.events.complete import complete

    record = stored.record
    source = snapshot.sources.get(record.source) if record else None
    return {
        "position": str(stored.position),
        "source": source.slug if source else (str(record.source) if record else None),
        "messageId": record.message_id if record else None,
        "type": record.type if record else None,
        "receivedAt": iso(record.received_at) if record else None,
        "verdict": stored.verdict.name.lower(),
        "event": complete(record, stored.defaults, source.id if source else "") if record else None,
    }
