"""An engine on a log and a ledger in memory, with attempts that end as a test says."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.deliver.engine import Engine, Wanted
from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.ticks import Result
from headgate.ledger.memory import MemoryLedger
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Record
from tests.simulation.loop import VirtualLoop
from tests.simulation.setting import Joined, ready
from tests.simulation.world import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from headgate.deliver.lane import Delivery, Lane
    from headgate.deliver.prepared import Prepared

OK = Outcome(Ended.DELIVERED, "", 200)
BUSY = Outcome(Ended.RETRY, "busy", 503)
BAD = Outcome(Ended.DISCARD, "bad", 400)
SOURCE, OTHER = 1, 2
EVERYTHING = Joined(10, SOURCE, {"all": frozenset({"Paid", "Seen"})})
TWICE = Joined(10, SOURCE, {"all": frozenset({"Paid", "Seen"}), "paid": frozenset({"Paid"})})


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test under virtual time: waiting an hour costs nothing."""

    @wraps(test)
    def run(*args: object, **fixtures: object) -> None:
        VirtualLoop().live(test(*args, **fixtures))

    return run


class Rig:
    """`sent` are the attempts begun, as (message, subscription), in order.

    An attempt ends at once with the next of `outcomes` for its message, else with 200; those of
    `held` messages wait for `answer`.
    """

    def __init__(self, slots: int = 4) -> None:
        self.clock = Clock()
        self.log, self.ledger = MemoryLog(self.clock, roll=3), MemoryLedger()
        self.slots = slots
        self.sent: list[tuple[str, str]] = []
        self.outcomes: dict[str, list[Outcome | Exception]] = {}
        self.held: set[str] = set()
        self._waiting: list[tuple[str, asyncio.Future[Outcome]]] = []
        self.off: set[int] = set()
        self.snapshot = 1
        self.engine = self._made()

    def _made(self) -> Engine:
        return Engine(
            self.log, self.ledger, self._attempt, self.clock, lambda: 0.5, slots=self.slots
        )

    async def start(self, *joined: Joined) -> None:
        await self.engine.start()
        await self.configure(*joined or (EVERYTHING,))

    async def configure(self, *joined: Joined) -> None:
        self.snapshot += 1
        await self.engine.configure([self._wanted(each) for each in joined])

    def _wanted(self, each: Joined, start: int = 0) -> Wanted:
        is_off = each.number in self.off
        return Wanted(
            each.number,
            "ws",
            each.source,
            f"source-{each.source}",
            start,
            self.snapshot,
            None if is_off else ready(each)._replace(snapshot=self.snapshot),
            "disabled" if is_off else "",
        )

    async def restart(self, *joined: Joined) -> None:
        """Kill the process; its successor takes over what is in the ledger."""
        self.kill()
        self.engine = self._made()
        await self.start(*joined)

    def kill(self) -> None:
        """Nothing of the engine runs on."""
        self.engine.is_stopping = True
        for task in [*self.engine._tasks, *self.engine._attempts]:
            task.cancel()
        for timer in (self.engine.ticks._timer, self.engine._alarm._timer):
            if timer is not None:
                timer.cancel()

    async def append(self, *messages: str, source: int = SOURCE) -> int:
        """One frame; the position after it."""
        now = self.clock.now_ms()
        records = [
            Record(source, now, each, "track", "ann", None, now, None, -1, _original(each))
            for each in messages
        ]
        keys = b"".join(self.log.keys().of(source, each) for each in messages)
        await self.log.append(0, event_batch(records, keys))
        return (await self.log.heads())[0]

    async def _attempt(self, delivery: Delivery, prepared: Prepared) -> Result:
        message = delivery.event.record.message_id
        self.sent.append((message, delivery.subscription))
        started = self.clock.now_ms()
        outcome = await self._outcome(message)
        return Result(delivery, outcome, started, 1, prepared.snapshot)

    async def _outcome(self, message: str) -> Outcome:
        if message in self.held:
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._waiting.append((message, answer))
            return await answer
        outcome = self.outcomes[message].pop(0) if self.outcomes.get(message) else OK
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def answer(self, *messages: str, outcome: Outcome = OK) -> None:
        """End every attempt of these messages that waits."""
        for message, answer in self._waiting:
            if message in messages and not answer.done():
                answer.set_result(outcome)

    @property
    def names(self) -> list[str]:
        return [message for message, _ in self.sent]

    @property
    def lane(self) -> Lane:
        return self.engine.lanes[EVERYTHING.number]

    @property
    def tallies(self) -> Counter[tuple[str, str]]:
        """Of all lanes together, as committed."""
        counted: Counter[tuple[str, str]] = Counter()
        for (_, cls, reason), n in self.ledger.tables.tallies.items():
            counted[cls, reason] += n
        return counted


def _original(message: str) -> bytes:
    return msgspec.json.encode({"event": message.partition("-")[0]})


async def passed(seconds: float = 0.05) -> None:
    """Let virtual time go by: ticks are committed after five milliseconds."""
    await asyncio.sleep(seconds)
