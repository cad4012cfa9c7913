"""What the demo shows while it runs: a live table, or a line now and then without a terminal."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from headgate.cli.demo.receiver import Receiver
    from headgate.cli.demo.system import System

_LINE_SECONDS = 2.0


@dataclass(frozen=True)
class Figures:
    """Events: what the SDK saw acknowledged, what the ledger counts, what arrived signed."""

    sent: int = 0
    received: int = 0
    delivered: int = 0
    pending: int = 0
    verified: int = 0


class View:
    """Shows figures; on a terminal in place, elsewhere as lines that differ."""

    def __init__(self, system: System, receiver: Receiver) -> None:
        self._system, self._receiver = system, receiver
        self._live: Live | None = None
        self._said: Figures | None = None
        self._said_at = 0.0

    def __enter__(self) -> Self:
        if sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(auto_refresh=False)
            self._live.start()
        else:
            self._write(self._addresses())
        return self

    def show(self, figures: Figures) -> None:
        if self._live is not None:
            self._live.update(self._table(figures), refresh=True)
        elif figures != self._said and time.monotonic() - self._said_at > _LINE_SECONDS:
            self._said, self._said_at = figures, time.monotonic()
            self._write(
                f"sent {figures.sent}  received {figures.received}  delivered"
                f" {figures.delivered}  pending {figures.pending}  arrived signed"
                f" {figures.verified}"
            )

    def _write(self, text: str) -> None:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def _addresses(self) -> str:
        return (
            f"collection  {self._system.collect}   write key {self._system.write_key}\n"
            f"operations  {self._system.control}/metrics\n"
            f"webhook     {self._receiver.url}\n"
            f"data        {self._system.folder.root}"
        )

    def _table(self, figures: Figures) -> RenderableType:
        from rich.console import Group
        from rich.panel import Panel
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for name in ("sent", "received", "delivered", "pending", "arrived signed"):
            table.add_column(name, justify="right", style="bold")
        values = (figures.sent, figures.received, figures.delivered, figures.pending)
        table.add_row(*map(str, (*values, figures.verified)))
        latest = "\n".join(self._receiver.latest)
        return Group(
            Panel(self._addresses(), title="Headgate", expand=False),
            table,
            Panel(latest, title="latest at the webhook", expand=False),
            "Ctrl-C ends the demo.",
        )

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
