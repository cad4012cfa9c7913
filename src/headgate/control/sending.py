"""A test event on its way to a destination: what whoever may send is handed, and tells."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

import msgspec

from headgate.store.snapshot import Connection, Source


class Trying(NamedTuple):
    """One event for one subscription of a connection, which wants it.

    `connection` has that subscription alone, and its secrets sealed; `event` is as it sees it.
    """

    connection: Connection
    source: Source
    event: dict[str, Any]


class Sent(msgspec.Struct, frozen=True):
    """What was sent and what came back, as texts without secrets, at most 4 KiB each.

    `outcome` is delivered, retry, discard or disconnect; `follows` is what a delivery would do
    next: delivered, parked (it is tried again after `wait_ms`) or dead_lettered, and `reason` says
    why, as reports count it. `request` is None where nothing left.
    """

    outcome: str
    said: str
    follows: str
    reason: str
    status: int | None
    ms: int
    wait_ms: int | None
    request: str | None
    response: str | None


Sends: TypeAlias = Callable[[Trying], Awaitable[Sent]]
"""Sends for real, through the guard and the transport of deliveries, bounded in time."""
