"""The command that shows Headgate at work within a minute."""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headgate.cli.failures import Failed
from headgate.cli.inspect import print_json
from headgate.cli.options import Data

if TYPE_CHECKING:
    from headgate.cli.demo.receiver import Receiver
    from headgate.cli.demo.system import System
    from headgate.cli.demo.traffic import Traffic
    from headgate.cli.demo.view import Figures, View

EVENTS = 1000


def demo(
    data: Data = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="End after so long [default: at Ctrl-C].")
    ] = None,
    events: Annotated[int, typer.Option("--events", help="How many events to send.")] = EVENTS,
) -> None:
    """Run everything, send events with a real Segment SDK, see them arrive signed at a webhook."""
    from headgate.cli.demo.receiver import Receiver
    from headgate.cli.demo.system import System
    from headgate.cli.demo.traffic import Traffic
    from headgate.cli.demo.view import View

    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="headgate-")))
        receiver = stack.enter_context(Receiver())
        system = stack.enter_context(System(folder.absolute(), receiver, is_temporary=data is None))
        traffic = stack.enter_context(Traffic(system.collect, system.write_key, events))
        view = stack.enter_context(View(system, receiver))
        figures = _watch(system, receiver, traffic, view, seconds)
    print_json(
        {
            "sent": figures.sent,
            "received": figures.received,
            "delivered": figures.delivered,
            "pending": figures.pending,
        }
    )
    if receiver.forged:
        raise Failed(f"{receiver.forged} requests arrived without a valid signature")
    if seconds is not None and not figures.sent == figures.received == figures.delivered == events:
        raise Failed(f"not all {events} events were delivered within {seconds:g} s")


def _watch(
    system: System, receiver: Receiver, traffic: Traffic, view: View, seconds: float | None
) -> Figures:
    """Refresh the view until the time is over or somebody presses Ctrl-C."""
    end = None if seconds is None else time.monotonic() + seconds
    with contextlib.suppress(KeyboardInterrupt):
        while end is None or time.monotonic() < end:
            view.show(system.figures(traffic.sent, receiver.verified))
            time.sleep(0.5)
    sys.stdout.flush()
    return system.figures(traffic.sent, receiver.verified)
