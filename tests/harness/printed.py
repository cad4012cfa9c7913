"""What the commands of Headgate print as JSON, word for word as the contract has it."""

from __future__ import annotations

from typing import Any

import msgspec


class Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The line of `headgate up`, and of `headgate status --json`."""

    ready: bool
    collect: str
    control: str
    data: str
    pids: dict[str, list[int]]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of `headgate ledger --json`; without a lane the classes and the balance are None."""

    source: str
    connection: str | None
    kind: str | None
    received: int
    delivered: int | None
    filtered: int | None
    suppressed: int | None
    discarded: int | None
    dead_lettered: int | None
    pending: int | None
    duplicates: int
    balance: int | None
    reasons: dict[str, dict[str, int]] | None
    state: str | None = None
    paused: str | None = None
    replay: str | None = None

    def ended(self) -> dict[str, int]:
        """How events ended, where any did."""
        classes = ("delivered", "filtered", "suppressed", "discarded", "dead_lettered")
        counts = {name: getattr(self, name) or 0 for name in classes}
        return {name: n for name, n in counts.items() if n}


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of `headgate log cat --jsonl`."""

    position: str
    source: str | None
    messageId: str | None  # noqa: N815 - the names of the contract
    type: str | None
    receivedAt: str | None  # noqa: N815
    verdict: str
    event: dict[str, Any] | None


class Stat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`headgate log stat --json`."""

    head: str
    floor: str
    segments: int
    bytes: int
    events: int
    duplicates: int
    quarantined_frames: int
    rejected: dict[str, dict[str, int]]


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: str
    source: str
    receivedAt: str  # noqa: N815
    verdict: str


class Try(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    n: int
    at: str
    ms: int
    status: int | None
    outcome: str
    reason: str
    batch: str = ""


class Way(msgspec.Struct, frozen=True):
    """What one connection did with a message; it may say more than the contract demands."""

    connection: str
    subscription: str | None
    decision: str
    rule: str
    state: str
    payload: Any
    attempts: list[Try]
    next_attempt: str | None
    reason: str
    replay: str | None
    snapshot: int
    redriven_at: str | None
    note: str | None


class Absent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    connection: str
    reason: str


class Trace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`headgate trace MESSAGE_ID --json`."""

    messageId: str  # noqa: N815
    copies: list[Copy]
    deliveries: list[Way]
    absent: list[Absent] = []
