"""Rejections on their way into the log: counted for each source and reason, once a second."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.events.calls import MAX_EVENT
from headgate.log.errors import LogError, Unavailable
from headgate.log.port import Rejection, TallyBatch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.collect.gather import Appending, Ticket

_SAMPLES = 3
_SAMPLE_SIZE = 512
_DEPTH = 4
_PART_SIZE, _ROW_SIZE = 128 * 1024, 32
"""Bytes of the rows of one frame, of which a log and a hand-over take a few times as many."""


@dataclass
class _Row:
    count: int = 0
    samples: list[str] = field(default_factory=list)


class Tally:
    """What was refused, kept until a tally frame is durable."""

    def __init__(self, log: Appending, partition: int = 0) -> None:
        self._log = log
        self._partition = partition
        self._rows: dict[tuple[int, str], _Row] = {}
        self._tickets: list[Ticket] = []

    def add(self, source: int, code: str, sample: bytes, ticket: Ticket | None = None) -> None:
        """Count one rejection; a ticket waits until it is durable."""
        row = self._rows.setdefault((source, code), _Row())
        row.count += 1
        if len(row.samples) < _SAMPLES:
            row.samples.append(masked(sample))
        if ticket is not None:
            ticket.hold()
            self._tickets.append(ticket)

    async def flush(self) -> None:
        """Append what was counted; on failure it is counted again with the next flush."""
        if not self._rows:
            return
        rows, self._rows = self._rows, {}
        tickets, self._tickets = self._tickets, []
        failed: Unavailable | None = None
        for part in _parts(rows):
            try:
                await self._log.append(self._partition, _batch(part))
            except (LogError, OSError) as error:
                failed = error if isinstance(error, Unavailable) else Unavailable(str(error))
                self._return(part)
        for ticket in tickets:
            ticket.release(failed)

    def _return(self, rows: dict[tuple[int, str], _Row]) -> None:
        for key, row in rows.items():
            mine = self._rows.setdefault(key, _Row())
            mine.count += row.count
            mine.samples = (row.samples + mine.samples)[:_SAMPLES]

    async def run(self, seconds: float = 1.0) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self.flush()


def _parts(rows: dict[tuple[int, str], _Row]) -> Iterator[dict[tuple[int, str], _Row]]:
    """Rows for one frame each: samples are text that anybody may have chosen, and pack badly."""
    part, size = dict[tuple[int, str], _Row](), 0
    for key, row in rows.items():
        part[key] = row
        size += _ROW_SIZE + sum(map(len, row.samples))
        if size > _PART_SIZE:
            yield part
            part, size = {}, 0
    if part:
        yield part


def _batch(rows: dict[tuple[int, str], _Row]) -> TallyBatch:
    return TallyBatch(
        tuple(
            Rejection(source, code, row.count, tuple(row.samples))
            for (source, code), row in rows.items()
        )
    )


def masked(raw: bytes) -> str:
    """The shape of a refused body without its values: keys stay, texts become their length."""
    if len(raw) > MAX_EVENT:
        return f"{len(raw)} bytes"
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return f"{len(raw)} bytes that are not JSON"
    return msgspec.json.encode(_mask(value, _DEPTH)).decode()[:_SAMPLE_SIZE]


def _mask(value: Any, depth: int) -> Any:
    match value:
        case dict() if depth:
            return {str(name)[:64]: _mask(inner, depth - 1) for name, inner in value.items()}
        case list() if depth:
            return [_mask(inner, depth - 1) for inner in value[:3]]
        case str():
            return f"text of {len(value)}"
        case bool() | None:
            return value
        case int() | float():
            return "number"
    return "..."
