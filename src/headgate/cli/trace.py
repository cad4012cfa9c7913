"""The command that follows one message, and what it tells people."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import configured, print_json
from headgate.cli.options import Data, Json
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.control.observing.traces import Trace, Try, Way
    from headgate.folder import DataFolder
    from headgate.log.port import Position

MOST_LINES = 24
"""Of a payload, for people; JSON has all of it."""
_SECONDS = 30
"""Bits below the seconds in a position."""

REASONS = {
    "ahead": "it has not been taken up yet",
    "under_way": "taken up, and no attempt has settled it yet",
    "waits_for_order": "it waits for an earlier event of the same user (waits_for_order)",
    "redriven": "sent again on request",
}
ABSENT = {
    "connected_later": "was connected after this event; `headgate replay` can send it",
    "in_pages": "runs in pages, and not here",
    "never_enabled": "was never enabled",
    "not_begun": "has not begun: no deliver process has run since it was made",
}


def trace(
    message_id: Annotated[str, typer.Argument(help="The messageId of the event.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Show one message's way: its copies, every decision, every attempt."""
    from headgate.services.parts import existing_folder

    found, floor = asyncio.run(_trace(existing_folder(load(data=data)), message_id))
    if json:
        print_json(found)
    elif found.copies:
        for line in _lines(found):
            typer.echo(line)
    if not found.copies:
        raise Failed(_missing(message_id, floor))


async def _trace(folder: DataFolder, message_id: str) -> tuple[Trace, Position]:
    from headgate.control.observing.traces import trace as trace_message
    from headgate.services.parts import open_ledgers, open_log

    reader, now = configured(folder)
    log = open_log(folder)
    try:
        found = await trace_message(log, open_ledgers(folder, load()), reader, now, message_id)
        return found, (await log.floors())[0]
    finally:
        await log.close()


def _missing(message_id: str, floor: int) -> str:
    from headgate.clock import iso

    since = f", which goes back to {iso((floor >> _SECONDS) * 1000)}" if floor else ""
    return (
        f"no message {message_id!r} is in the log{since}: it has not arrived, is older, or was"
        " refused; `headgate log stat` counts what was refused, and why"
    )


def _lines(found: Trace) -> Iterator[str]:
    for copy in found.copies:
        yield f"{copy.receivedAt}  {copy.source}  {copy.verdict}  at {copy.position}"
    sources = {copy.position: copy.source for copy in found.copies}
    several = len({way.position for way in found.deliveries}) > 1
    for way in found.deliveries:
        yield ""
        yield from _way(way, f"{sources[way.position]} > " if several else "")
    for absent in found.absent:
        yield f"\n{absent.connection} {ABSENT.get(absent.reason, absent.reason)}"
    if not found.deliveries and not found.absent:
        yield "\nno connection had anything to do with it"


def _way(way: Way, source: str) -> Iterator[str]:
    of = f"{way.connection}{f' ({way.replay})' if way.replay else ''}"
    yield f"{source}{of}{f' > {way.subscription}' if way.subscription else ''}: {_said(way)}"
    if way.redriven_at:
        yield f"  sent again on request at {way.redriven_at}"
    if way.note:
        yield f"  note: {way.note}"
    for each in way.attempts:
        yield _attempt(each)
    if way.next_attempt:
        yield f"  next attempt {way.next_attempt}{_until(way.next_attempt)}"
    if way.payload is not None:
        yield "  payload of the last attempt:" if way.attempts else "  payload, as it would be:"
        yield from _payload(way.payload)


def _said(way: Way) -> str:
    """Where it stands, and why: in what words the table has, else in those of the ledger."""
    if way.decision == "filtered":
        would = "would be " if way.state == "pending" else ""
        return f"{would}filtered by {way.rule}"
    reason = REASONS.get(way.reason, way.reason)
    return f"{way.state}, {reason}" if reason and reason != way.state else way.state


def _attempt(each: Try) -> str:
    status = each.status if each.status is not None else "-"
    batch = f"  in batch {each.batch[:8]}" if each.batch else ""
    reason = f": {each.reason}" if each.reason else ""
    return f"  {each.n}. {each.at}  {status}  {each.ms} ms{batch}  {each.outcome}{reason}"


def _until(moment: str) -> str:
    from headgate.events.times import parse_ms

    at = parse_ms(moment)
    seconds = 0 if at is None else at / 1000 - time.time()
    return f", in {seconds:,.0f} s" if seconds > 0 else ", now"


def _payload(payload: object) -> Iterator[str]:
    lines = msgspec.json.format(msgspec.json.encode(payload), indent=2).decode().splitlines()
    for line in lines[:MOST_LINES]:
        yield f"    {line}"
    if len(lines) > MOST_LINES:
        yield f"    and {len(lines) - MOST_LINES} lines more, which --json shows"
