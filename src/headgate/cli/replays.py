"""Commands that send events of the log once more to one connection."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.operate import DryRun, OfConnection, Rate, Workspace, desk, show
from headgate.cli.options import Data, Json
from headgate.cli.times import Since, Until, span

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from headgate.control.commands import Desk, Given
    from headgate.control.observing.progress import Progress
    from headgate.control.observing.rehearsal import Rehearsal
    from headgate.control.replays import Asked

LOOK_SECONDS = 0.5

app = typer.Typer(help="Look after replays.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The id of the replay, rpl_….")]


def replay(
    connection: OfConnection,
    since: Since = None,
    until: Until = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Only calls of this type; may be repeated.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option("--event", help="Only events (pages, screens) of this name; may be repeated."),
    ] = None,
    condition: Annotated[
        str | None, typer.Option("--filter", help="Only events that this FQL matches.")
    ] = None,
    only: Annotated[
        Literal["failed", "all"],
        typer.Option("--only", help="failed: only deliveries that were tried and never succeeded."),
    ] = "all",
    rate: Rate = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Also what was delivered, under another Idempotency-Key."),
    ] = False,
    dry_run: DryRun = False,
    wait: Annotated[bool, typer.Option("--wait", help="Return when the replay is over.")] = False,
    data: Data = None,
    workspace: Workspace = None,
    json: Json = False,
) -> None:
    """Send events of the log to a connection that it has not delivered yet."""
    from headgate.control.replays import Asked

    low, high = span(since, until)
    asked = Asked(connection, low, high, kind or (), event or (), condition, only, rate, again)
    with desk(data, workspace) as here:
        if dry_run:
            _show_rehearsal(asyncio.run(_rehearse(here, asked)), as_json=json)
            return
        given = asyncio.run(_begin(here, asked))
        if not wait:
            show(given, as_json=json)
            return
        typer.echo(f"replay {given.id} has begun", err=True)
        _follow(here, given.id, as_json=json)


async def _rehearse(here: Desk, asked: Asked) -> Rehearsal:
    from headgate.control.commands import target_of
    from headgate.control.observing.rehearsal import rehearse
    from headgate.control.replays import selection_of, span_of
    from headgate.services.parts import open_log

    target = target_of(here, asked.connection)
    selection_of(asked)
    log = open_log(here.store.folder)
    try:
        return await rehearse(
            log, here.ledgers, target, asked, await span_of(log, asked), here.now_ms
        )
    finally:
        await log.close()


async def _begin(here: Desk, asked: Asked) -> Given:
    from headgate.control.commands import give
    from headgate.control.replays import args_of, selection_of, span_of
    from headgate.services.parts import open_log

    selection_of(asked)
    log = open_log(here.store.folder)
    try:
        args = args_of(asked, await span_of(log, asked))
    finally:
        await log.close()
    return give(here, "replay", args, connection=asked.connection)


def _show_rehearsal(found: Rehearsal, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{found.events} events received from {found.since} to {found.until} were asked for:\n"
        f"{found.deliveries} deliveries would be made, {found.already_delivered} succeeded before."
    )
    if found.left_to_live:
        typer.echo(f"{found.left_to_live} more are left to the live lane, which is not done yet.")


def _follow(here: Desk, replay: str, *, as_json: bool) -> None:
    """Show how far it is until it is over; fails where nobody delivers."""
    from headgate.presence import present

    run, said = here.store.folder.run, ""
    while True:
        is_running = any(each.role == "deliver" for each in present(run))
        (now,) = asyncio.run(_progress(here, replay))
        if now.state == "ended":
            print_json(now) if as_json else typer.echo(_told_of(now))
            return
        if not is_running:
            raise Failed(f"no deliver process runs: replay {replay} goes on when one starts")
        line = f"{now.state}: {now.share:.0%}, {now.delivered} delivered, {now.pending} pending"
        if line != said:
            typer.echo(line, err=True)
        said = line
        time.sleep(LOOK_SECONDS)


async def _progress(here: Desk, replay: str = "") -> list[Progress]:
    """Of all replays, or of one; raises `Refused` where there is no such one."""
    from headgate.control.observing.progress import one, progress
    from headgate.services.parts import open_log
    from headgate.store.current import current_snapshot

    with here.store.read() as transaction:
        snapshot = current_snapshot(transaction)
    log = open_log(here.store.folder)
    try:
        found = await progress(log, here.ledgers, snapshot)
    finally:
        await log.close()
    return [one(found, replay)] if replay else found


@app.command("list")
def list_all(data: Data = None, json: Json = False) -> None:
    """Show all replays and how far they are."""
    with desk(data, None) as here:
        found = asyncio.run(_progress(here))
    if json:
        print_json(found)
    else:
        typer.echo("\n".join(map(_told_of, found)) or "There is no replay.")


@app.command("show")
def show_one(replay: Id, data: Data = None, json: Json = False) -> None:
    """Show how far a replay is."""
    with desk(data, None) as here:
        (found,) = asyncio.run(_progress(here, replay))
    if json:
        print_json(found)
    else:
        typer.echo(_told_of(found))


@app.command("pause")
def pause(replay: Id, data: Data = None, workspace: Workspace = None, json: Json = False) -> None:
    """Hold a replay; live events go on."""
    from headgate.control.commands import pause_replay

    _told(pause_replay, replay, data, workspace, as_json=json)


@app.command("resume")
def resume(replay: Id, data: Data = None, workspace: Workspace = None, json: Json = False) -> None:
    """Let a paused replay go on."""
    from headgate.control.commands import resume_replay

    _told(resume_replay, replay, data, workspace, as_json=json)


@app.command("cancel")
def cancel(replay: Id, data: Data = None, workspace: Workspace = None, json: Json = False) -> None:
    """End a replay for good; what it has sent stays sent."""
    from headgate.control.commands import cancel_replay

    _told(cancel_replay, replay, data, workspace, as_json=json)


def _told(
    tell: Callable[[Desk, str], Given],
    replay: str,
    data: Path | None,
    workspace: str | None,
    *,
    as_json: bool,
) -> None:
    with desk(data, workspace) as here:
        show(tell(here, replay), as_json=as_json)


def _told_of(each: Progress) -> str:
    state = f"{each.state} ({each.reason})" if each.reason else each.state
    return (
        f"{each.id}  {each.source} > {each.connection}  {state}  {each.share:.0%}\n"
        f"    {each.events} events in its span, {each.selected} selected,"
        f" {each.delivered} delivered, {each.already_delivered} already delivered,"
        f" {each.filtered} filtered, {each.dead_lettered} dead-lettered,"
        f" {each.discarded} discarded, {each.left_to_live} left to the live lane,"
        f" {each.pending} pending"
    )
