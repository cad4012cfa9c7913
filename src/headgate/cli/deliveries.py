"""Commands that search what became of events: attempts, dead letters, and the overview."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from headgate.cli.inspect import print_json, snapshot_of
from headgate.cli.options import Data, Json
from headgate.cli.times import Since, Until, span
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headgate.control.observing.deliveries import Attempts, Tried
    from headgate.control.observing.overview import Overview
    from headgate.folder import DataFolder
    from headgate.ledger.queries import AttemptFilter

OfConnection: TypeAlias = Annotated[
    str | None, typer.Option("--connection", help="Of this connection only: its slug or id.")
]
Limit: TypeAlias = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")
]
Status: TypeAlias = Annotated[
    str | None, typer.Option("--status", help="With this answer: 503, or 5xx for a whole class.")
]

_DAY = "24h"


def attempts(
    data: Data = None,
    message: Annotated[str | None, typer.Option("--message", help="Of this messageId.")] = None,
    connection: OfConnection = None,
    subscription: Annotated[
        str | None, typer.Option("--subscription", help="Of the subscription with this id.")
    ] = None,
    status: Status = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="That ended so: delivered, retry, discard, disconnect."),
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    after: Annotated[
        str | None, typer.Option("--after", help="Go on behind a list: its `more`.")
    ] = None,
    json: Json = False,
) -> None:
    """Show attempts to deliver, the newest first, of live events and of replays."""
    from headgate.ledger.queries import AttemptFilter

    low, high = span(since, until)
    which = AttemptFilter(
        statuses=_statuses(status),
        outcome=_outcome(outcome),
        subscription=subscription,
        since=low,
        until=high,
        after=_mark(after),
        limit=limit,
    )
    found = asyncio.run(_attempts(_folder(data), connection, message, which))
    if json:
        print_json(found)
    else:
        _print_attempts(found)


def dead_letters(
    data: Data = None,
    connection: OfConnection = None,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Given up for this reason.")
    ] = None,
    since: Since = None,
    until: Until = None,
    again: Annotated[
        bool | None,
        typer.Option("--redriven/--not-redriven", help="Only those that were sent again, or not."),
    ] = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Show deliveries that were given up, the newest first; `headgate redrive` sends them again."""
    from headgate.control.observing import deliveries
    from headgate.ledger.queries import LetterFilter
    from headgate.services.parts import open_ledgers

    folder, (low, high) = _folder(data), span(since, until)
    ledgers = open_ledgers(folder, load())
    lanes = deliveries.lanes_of(ledgers, snapshot_of(folder), connection)
    which = LetterFilter(
        frozenset(),
        reason=reason,
        since=low,
        until=high,
        is_redriven=again,
        limit=limit,
        newest_first=True,
    )
    found = deliveries.dead_letters(ledgers, lanes, which)
    if json:
        print_json(found)
        return
    for each in found:
        again_at = f", sent again {each.redriven_at}" if each.redriven_at else ""
        typer.echo(
            f"{each.at}  {_way(each.connection, each.replay, each.subscription)}  "
            f"{each.message_id}  {each.reason}, {each.tries} tries{again_at}"
        )
    if not found:
        typer.echo("no dead letters")


def overview(
    data: Data = None,
    connection: OfConnection = None,
    since: Since = _DAY,
    until: Until = None,
    granularity: Annotated[
        str, typer.Option("--granularity", help="What is counted together: minute, hour or day.")
    ] = "hour",
    json: Json = False,
) -> None:
    """Show what became of the events of each connection, from receipt to delivery."""
    from headgate.ledger.queries import PERIODS

    if granularity not in PERIODS:
        raise typer.BadParameter(f"--granularity {granularity!r} is none of {', '.join(PERIODS)}")
    low, high = span(since, until)
    now = time.time_ns() // 1_000_000
    found = asyncio.run(
        _overviews(
            _folder(data), connection, (low or 0, now if high is None else high), granularity
        )
    )
    if json:
        print_json(found)
        return
    for each in found:
        _print_overview(each)
    if not found:
        typer.echo("no connections yet: `headgate apply` makes some")


def _folder(data: object) -> DataFolder:
    from headgate.services.parts import existing_folder

    return existing_folder(load(data=data))


def _statuses(given: str | None) -> tuple[int, int] | None:
    from headgate.control.observing.deliveries import read_statuses

    try:
        return None if given is None else read_statuses(given)
    except ValueError as error:
        raise typer.BadParameter(f"--status {error}") from None


def _outcome(given: str | None) -> str | None:
    from headgate.deliver.retry_policy import Ended

    known = [ended.value for ended in Ended]
    if given not in (None, *known):
        raise typer.BadParameter(f"--outcome {given!r} is none of {', '.join(known)}")
    return given


def _mark(given: str | None) -> Any:
    from headgate.control.observing.deliveries import read_mark

    try:
        return None if given is None else read_mark(given)
    except ValueError as error:
        raise typer.BadParameter(f"--after {error}") from None


async def _attempts(
    folder: DataFolder, connection: str | None, message: str | None, which: AttemptFilter
) -> Attempts:
    from headgate.control.observing import deliveries
    from headgate.services.parts import open_ledgers, open_log

    log, ledgers = open_log(folder), open_ledgers(folder, load())
    try:
        lanes = deliveries.lanes_of(ledgers, snapshot_of(folder), connection)
        if message is not None:
            which = which._replace(places=await deliveries.places_of(log, message))
        return await deliveries.attempts(log, ledgers, lanes, which)
    finally:
        await log.close()


async def _overviews(
    folder: DataFolder, connection: str | None, of: tuple[int, int], granularity: str
) -> list[Overview]:
    from headgate.control.observing.deliveries import connection_of
    from headgate.control.observing.overview import overview as overview_of
    from headgate.services.parts import open_ledgers, open_log

    log, ledgers, now = open_log(folder), open_ledgers(folder, load()), snapshot_of(folder)
    chosen = now.connections.values() if connection is None else [connection_of(now, connection)]
    try:
        return [
            await overview_of(log, ledgers, each, now.sources[each.source], of, granularity)
            for each in chosen
        ]
    finally:
        await log.close()


# for people


def _way(connection: str, replay: str | None, subscription: str) -> str:
    return f"{connection}{f' ({replay})' if replay else ''} > {subscription}"


def _print_attempts(found: Attempts) -> None:
    for line in _lines(found.attempts):
        typer.echo(line)
    if found.more is not None:
        typer.echo(f"more with --after {found.more}")
    elif not found.attempts:
        typer.echo("no attempts")


def _lines(attempts: Iterable[Tried]) -> Iterable[str]:
    for each in attempts:
        status = each.status if each.status is not None else "-"
        yield (
            f"{each.at}  {_way(each.connection, each.replay, each.subscription)}  "
            f"{each.message_id or each.position}  {each.n}. {status}  {each.outcome}"
            f"{f' {each.reason}' if each.reason else ''} {each.ms} ms"
        )


def _print_overview(found: Overview) -> None:
    typer.echo(f"{found.source} > {found.connection}, {found.since} to {found.until}")
    received = found.steps[0].total
    for step in found.steps:
        share = f"{step.total / received:.1%}" if received else ""
        typer.echo(f"  {step.name.replace('_', ' '):24}{step.total:>12,}  {share}".rstrip())
    typer.echo(f"  {'waiting for a retry':24}{found.waiting:>12,}")
    latency = found.latency
    if latency.p50 is not None:
        typer.echo(f"  latency p50 {latency.p50} ms, p95 {latency.p95} ms, p99 {latency.p99} ms")
    for reason in found.reasons:
        typer.echo(f"  {reason.total:,} {reason.step.replace('_', ' ')} by {reason.reason}")
