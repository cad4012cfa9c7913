"""Commands that run Headgate: all of it, or one role of it."""

from __future__ import annotations

import asyncio
import socket
from typing import Annotated

import typer

from headgate.cli.options import Collect, Control, Data
from headgate.settings import load

Index = Annotated[int, typer.Option("--index", help="Which process of the role this is.")]
Parent = Annotated[int, typer.Option("--parent", hidden=True)]
Sockets = Annotated[list[int] | None, typer.Option("--socket", hidden=True)]


def up(
    data: Data = None,
    collect: Collect = None,
    control: Control = None,
    collect_processes: Annotated[
        int | None, typer.Option("--collect-processes", help="How many collect processes.")
    ] = None,
    deliver_processes: Annotated[
        int | None, typer.Option("--deliver-processes", help="How many deliver processes.")
    ] = None,
) -> None:
    """Run everything on this machine over one data folder, until Ctrl-C."""
    from headgate.services.parts import folder_of
    from headgate.services.settle import settle
    from headgate.services.supervisor import Supervisor
    from headgate.telemetry import configure_logs

    configure_logs()
    settings = load(
        data=data,
        collect=collect,
        control=control,
        collect_processes=collect_processes,
        deliver_processes=deliver_processes,
    )
    folder = folder_of(settings)

    async def run() -> None:
        supervisor = Supervisor(settings, folder)
        settle(folder, settings)
        await supervisor.run()

    asyncio.run(run())


def collect(
    data: Data = None,
    address: Collect = None,
    index: Index = 0,
    parent: Parent = -1,
    sockets: Sockets = None,
) -> None:
    """Run one collect process; the one with index 0 appends to the log."""
    import uvloop

    from headgate.services.collect import run_collect
    from headgate.services.listening import listening
    from headgate.services.parts import folder_of
    from headgate.telemetry import configure_logs

    configure_logs()
    settings = load(data=data, collect=address)
    listen = [socket.socket(fileno=number) for number in sockets or []]
    uvloop.run(
        run_collect(
            folder_of(settings), settings, index, listen or [listening(settings.collect)], parent
        )
    )


def control(
    data: Data = None,
    address: Control = None,
    index: Annotated[int, typer.Option("--index", hidden=True)] = 0,
    parent: Parent = -1,
    sockets: Sockets = None,
) -> None:
    """Serve the APIs by which people configure everything."""
    del index
    import uvloop

    from headgate.services.control import run_control
    from headgate.services.listening import listening
    from headgate.services.parts import folder_of
    from headgate.telemetry import configure_logs

    configure_logs()
    settings = load(data=data, control=address)
    listen = [socket.socket(fileno=number) for number in sockets or []]
    uvloop.run(
        run_control(folder_of(settings), settings, listen or [listening(settings.control)], parent)
    )


def deliver(
    data: Data = None,
    index: Index = 0,
    of: Annotated[
        int | None, typer.Option("--of", help="How many deliver processes there are.")
    ] = None,
    parent: Parent = -1,
) -> None:
    """Run one deliver process: it delivers to the connections whose number gives its index."""
    import uvloop

    from headgate.services.deliver import run_deliver
    from headgate.services.parts import folder_of
    from headgate.telemetry import configure_logs

    configure_logs()
    settings = load(data=data, deliver_processes=of)
    uvloop.run(run_deliver(folder_of(settings), settings, index, parent))


def keep(
    data: Data = None,
    index: Annotated[int, typer.Option("--index", hidden=True)] = 0,
    parent: Parent = -1,
) -> None:
    """Seal, merge and trim the log once; `up` does it by itself."""
    del index, parent
    from headgate.services.keep import run_keep
    from headgate.services.parts import folder_of
    from headgate.telemetry import configure_logs

    configure_logs()
    settings = load(data=data)
    run_keep(folder_of(settings), settings)
