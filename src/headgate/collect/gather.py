"""Gathering: whatever arrives while one append is under way goes into the next."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from headgate.log.encode import MAX_EVENTS, MAX_RAW, event_batch
from headgate.log.errors import LogError, Unavailable
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headgate.log.port import Appended, Batch, Record

MOST_WAITING = 64 * 1024 * 1024
"""Bytes of events that may wait for the disk before new ones are refused."""

LAG_SECONDS = 2.0
"""An append that takes longer says that more would only wait: clients time out after 8 s."""


class Appending(Protocol):
    """The one thing that collection does with the log."""

    async def append(self, partition: int, batch: Batch) -> Appended: ...


class Ticket:
    """One request's wait for all its events to be durable."""

    __slots__ = ("_done", "_failed", "_left")

    def __init__(self, done: Callable[[Unavailable | None], None]) -> None:
        self._done = done
        self._left = 1
        self._failed: Unavailable | None = None

    def hold(self) -> None:
        """One more append must succeed before this ticket is done."""
        self._left += 1

    def release(self, failed: Unavailable | None = None) -> None:
        self._failed = self._failed or failed
        self._left -= 1
        if self._left == 0:
            self._done(self._failed)


class Group:
    """Events of one future frame, and the tickets that wait for it."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.keys: list[bytes] = []
        self.defaults: list[bytes] = []
        self.size = 0
        """Bytes of events and batch defaults."""
        self.tickets: list[Ticket] = []

    def fits(self, size: int, count: int) -> bool:
        return not self.records or (
            len(self.records) + count <= MAX_EVENTS and self.size + size <= MAX_RAW
        )


class Gather:
    """Group commit without an added wait.

    The first event starts an append at once, and all that come until it returns share the next.
    """

    def __init__(self, log: Appending, partition: int = 0) -> None:
        self._log = log
        self._partition = partition
        self._groups: list[Group] = []
        self._writer: asyncio.Task[None] | None = None
        self._time: Callable[[], float] = time.monotonic
        self._began = 0.0
        """When the append under way began."""
        self._lag = 0.0
        """Seconds that the last one took."""
        self.waiting = 0
        """Bytes of events that are not durable yet."""

    @property
    def is_full(self) -> bool:
        """Whether the disk is behind: too much waits, or has waited too long."""
        if not self.waiting:
            return False
        if self.waiting > MOST_WAITING:
            return True
        # While it is slow, one append at a time finds out whether it still is.
        return self._lag > LAG_SECONDS or self._time() - self._began > LAG_SECONDS

    def place(self, group: Group, defaults: bytes | None) -> int:
        """Where in a group the defaults of a batch stand; -1 for none."""
        if defaults is None:
            return -1
        group.defaults.append(defaults)
        self._grow(group, len(defaults))
        return len(group.defaults) - 1

    def _grow(self, group: Group, size: int) -> None:
        group.size += size
        self.waiting += size

    def group_for(self, size: int, count: int) -> Group:
        """The group that `count` events go to, of `size` bytes with their defaults."""
        if not self._groups or not self._groups[-1].fits(size, count):
            self._groups.append(Group())
        return self._groups[-1]

    def add(
        self, group: Group, records: Sequence[Record], keys: bytes, size: int, ticket: Ticket
    ) -> None:
        """Put events of `size` bytes into a group; `keys` has 12 bytes for each."""
        group.records += records
        group.keys.append(keys)
        self._grow(group, size)
        group.tickets.append(ticket)
        ticket.hold()

    def start(self) -> asyncio.Task[None]:
        """See to it that what was added gets written; the task ends when all is."""
        if self._writer is None or self._writer.done():
            self._began = self._time()
            self._writer = asyncio.ensure_future(self._write())
        return self._writer

    async def _write(self) -> None:
        while self._groups:
            groups, self._groups = self._groups, []
            self._began = self._time()
            await asyncio.gather(*(self._append(group) for group in groups))
            self._lag = self._time() - self._began

    async def _append(self, group: Group) -> None:
        """One frame; whatever happens, its tickets are released."""
        failed: Unavailable | None = None
        try:
            batch = event_batch(group.records, b"".join(group.keys), tuple(group.defaults))
            await self._log.append(self._partition, batch)
        except Unavailable as error:
            failed = error
        except (LogError, OSError) as error:
            failed = Unavailable(str(error))
        except Exception as error:  # noqa: BLE001 - those who wait are told, and others go on
            log.error("collect.append_failed", exc_info=error)
            failed = Unavailable("the server failed on these events")
        except BaseException:
            failed = Unavailable("the server is stopping")
            raise
        finally:
            self.waiting -= group.size
            for ticket in group.tickets:
                _release(ticket, failed)

    async def settle(self) -> None:
        """Wait until nothing is left to write."""
        while self.waiting:
            await asyncio.wait([self.start()])


def _release(ticket: Ticket, failed: Unavailable | None) -> None:
    """Whatever goes wrong with one answer, the others are given."""
    try:
        ticket.release(failed)
    except Exception:  # noqa: BLE001 - it is told in the log
        log.exception("collect.answer_failed")
