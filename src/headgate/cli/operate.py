"""Commands that tell lanes what to do, on a running system and on a stopped one alike."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from headgate.cli.inspect import print_json
from headgate.cli.options import Data, Json
from headgate.cli.times import Since, Until, span
from headgate.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.control.commands import Desk, Given

Connection: TypeAlias = Annotated[str, typer.Argument(help="The slug of the connection.")]
OfConnection: TypeAlias = Annotated[
    str, typer.Option("--connection", help="The slug of the connection.")
]
Workspace: TypeAlias = Annotated[
    str | None, typer.Option("--workspace", help="Which workspace, if there are several.")
]
Rate: TypeAlias = Annotated[
    float | None,
    typer.Option("--rate", help="Deliveries a second at most; else what live events leave."),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Count what would be sent, send nothing.")
]


@contextmanager
def desk(data: Path | None, workspace: str | None) -> Iterator[Desk]:
    """Where commands are given; raises `FileNotFoundError` without a data folder."""
    from headgate.clock import SystemClock
    from headgate.control.commands import Desk
    from headgate.services.parts import existing_folder, open_ledgers, open_store

    settings = load(data=data)
    folder = existing_folder(settings)
    with open_store(folder, settings) as store:
        now = SystemClock().now_ms()
        yield Desk(store, open_ledgers(folder, settings), now, settings.command_days, workspace)


def show(given: Given, *, as_json: bool) -> None:
    """What became of a command; what the user should know besides goes to standard error."""
    if as_json:
        print_json(given)
    else:
        said = given.note or "done"
        numbers = {name: n for name, n in (given.result or {}).items() if type(n) is int and n}
        counts = "".join(f", {n} {name}" for name, n in numbers.items())
        typer.echo(f"{given.kind} {given.connection} ({given.id}): {said}{counts}")
    for warning in given.warnings:
        typer.echo(f"warning: {warning}", err=True)


def pause(
    connection: Connection, data: Data = None, workspace: Workspace = None, json: Json = False
) -> None:
    """Hold a connection: its place is kept, nothing is sent, nothing is lost."""
    from headgate.control import commands

    with desk(data, workspace) as here:
        show(commands.pause(here, connection), as_json=json)


def resume(
    connection: Connection,
    skip: Annotated[
        bool, typer.Option("--skip", help="Discard what waited, and go on with what comes now.")
    ] = False,
    data: Data = None,
    workspace: Workspace = None,
    json: Json = False,
) -> None:
    """Let a paused connection go on where it stands, or with what comes now."""
    from headgate.control import commands

    with desk(data, workspace) as here:
        show(commands.resume(here, connection, skip=skip), as_json=json)


def redrive(
    connection: OfConnection,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Given up for this reason, such as http_400.")
    ] = None,
    status: Annotated[
        int | None, typer.Option("--status", min=100, max=599, help="Last answered so.")
    ] = None,
    subscription: Annotated[
        str | None, typer.Option("--subscription", help="Of this subscription, by name or id.")
    ] = None,
    since: Since = None,
    until: Until = None,
    message: Annotated[
        list[str] | None, typer.Option("--message", help="A messageId; may be repeated.")
    ] = None,
    rate: Rate = None,
    dry_run: DryRun = False,
    data: Data = None,
    workspace: Workspace = None,
    json: Json = False,
) -> None:
    """Send dead letters of a connection again: all, or those that meet every option given."""
    from headgate.control.commands import give, target_of
    from headgate.control.redrives import Redriven, args_of, count

    low, high = span(since, until)
    asked = Redriven(connection, reason, status, subscription, low, high, message or (), rate)
    with desk(data, workspace) as here:
        target = target_of(here, connection)
        args = args_of(asked, target)
        if not dry_run:
            show(give(here, "redrive", args, connection=connection), as_json=json)
            return
        found = count(here.ledgers, target, args)
    if json:
        print_json(found)
    else:
        typer.echo(f"{found.deliveries} deliveries of {found.events} events would be sent again.")
