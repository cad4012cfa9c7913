"""An engine on a log and a ledger in memory, with attempts that end as a test says."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import wraps
from typing import TYPE_CHECKING, Any

import msgspec

from headgate.deliver.engine import Engine, Wanted
from headgate.deliver.prepared import prepare
from headgate.deliver.retry_policy import Ended, Outcome
from headgate.deliver.ticks import Result
from headgate.ledger.memory import MemoryLedger
from headgate.log.encode import event_batch
from headgate.log.memory import MemoryLog
from headgate.log.port import Record
from headgate.policy import DeliveryPolicy
from headgate.store.snapshot import Command
from tests.simulation.loop import VirtualLoop
from tests.simulation.setting import Joined, no_tokens, ready
from tests.simulation.world import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from headgate.deliver.lane import Lane
    from headgate.deliver.owed import Delivery
    from headgate.deliver.prepared import Prepared

OK = Outcome(Ended.DELIVERED, "", 200)
BUSY = Outcome(Ended.RETRY, "busy", 503)
BAD = Outcome(Ended.DISCARD, "bad", 400)
SOURCE, OTHER = 1, 2
PATIENT: dict[str, Any] = {
    "breaker_in_a_row": 10_000,
    "breaker_timeouts_in_a_row": 10_000,
    "breaker_least": 10_000,
    "slots_factor": 0.99,
    "retry_least": 10_000,
}
"""A gate that stands nearly everything, for the tests of what else there is."""
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

    A message is `Event-1` of the user ann, or `Event-1@bob`. An attempt ends at once with the next
    of `outcomes` for its message, else with 200; those of `held` messages wait for `answer`. A
    batch is one of `requests`; it ends with the next of `batch_outcomes`, else each of its items
    does as if it had been sent alone.
    """

    def __init__(self, slots: int = 4, **policy: Any) -> None:
        self.clock = Clock()
        self.log, self.ledger = MemoryLog(self.clock, roll=3), MemoryLedger()
        self.policy = DeliveryPolicy(**{"slots": slots, "slots_start": slots, **PATIENT, **policy})
        self.sent: list[tuple[str, str]] = []
        self.outcomes: dict[str, list[Outcome | Exception]] = {}
        self.held: set[str] = set()
        self._waiting: list[tuple[str, asyncio.Future[Outcome]]] = []
        self.off: set[int] = set()
        self.snapshot = 1
        self.ordering = "none"
        self.batching: dict[str, Any] = {}
        """What mappings say of batches, such as `enable_batching`."""
        self.requests: list[list[str]] = []
        self.batch_outcomes: list[Outcome] = []
        self.commands: dict[str, Command] = {}
        self.draw: Callable[[], float] = lambda: 0.5
        self.quarantined: frozenset[tuple[int, int]] = frozenset()
        self.engine = self._made()

    def _made(self) -> Engine:
        return Engine(
            self.log,
            self.ledger,
            _Attempting(self),
            self.clock,
            self._drawn,
            self.policy,
            quarantined=self.quarantined,
        )

    def _drawn(self) -> float:
        return self.draw()

    async def start(self, *joined: Joined) -> None:
        await self.engine.start()
        await self.configure(*joined or (EVERYTHING,))

    async def configure(self, *joined: Joined) -> None:
        self.snapshot += 1
        await self.engine.configure([self._wanted(each) for each in joined], self.commands)

    async def command(
        self, kind: Any, *joined: Joined, connection: int = 10, **args: Any
    ) -> dict[str, Any]:
        """Have a command carried out; its result, once it is in the ledger."""
        number = len(self.commands) + 1
        name, at = f"{kind}-{number}", self.clock.now_ms()
        self.commands[name] = Command(name, number, "ws", connection, kind, at, args)
        await self.configure(*joined or (EVERYTHING,))
        await passed()
        return self.result(name)

    def result(self, name: str) -> dict[str, Any]:
        row = self.ledger.command(name)
        result: dict[str, Any] = msgspec.json.decode(row.result) if row is not None else {}
        return result

    async def replay(self, *joined: Joined, **args: Any) -> int:
        """Begin a replay of all that is in the log now, or of what is asked for; its lane."""
        asked = {
            "start": 0,
            "stop": (await self.log.heads())[0],
            "types": [],
            "events": [],
            "filter": None,
            "only": "all",
            "rate": None,
            "again": False,
        }
        result = await self.command("replay", *joined, **{**asked, **args})
        return int(result["lane"])

    def _wanted(self, each: Joined, start: int = 0) -> Wanted:
        is_off = each.number in self.off
        return Wanted(
            each.number,
            "ws",
            each.source,
            f"source-{each.source}",
            start,
            self.snapshot,
            None if is_off else self._prepared(each),
            "disabled" if is_off else "",
        )

    def _prepared(self, each: Joined) -> Prepared:
        prepared = ready(each)
        connection = msgspec.structs.replace(
            prepared.connection,
            ordering=self.ordering,
            subscriptions=tuple(
                msgspec.structs.replace(one, mapping={**one.mapping, **self.batching})
                for one in prepared.connection.subscriptions
            ),
        )
        if connection == prepared.connection:
            return prepared._replace(snapshot=self.snapshot)
        return prepare(connection, {}, self.snapshot, no_tokens)

    async def restart(self, *joined: Joined) -> None:
        """Kill the process; its successor takes over what is in the ledger."""
        self.kill()
        self.engine = self._made()
        await self.start(*joined)

    def kill(self) -> None:
        """Nothing of the engine runs on."""
        self.engine.service.is_stopping = True
        self.engine.tasks.cancel()
        for timer in (self.engine.ticks._timer, self.engine._alarm._timer):
            if timer is not None:
                timer.cancel()

    async def append(self, *messages: str, source: int = SOURCE) -> int:
        """One frame; the position after it."""
        now = self.clock.now_ms()
        records = [
            Record(source, now, each, "track", _user(each), None, now, None, -1, _original(each))
            for each in messages
        ]
        keys = b"".join(self.log.keys().of(source, each) for each in messages)
        await self.log.append(0, event_batch(records, keys))
        return (await self.log.heads())[0]

    async def attempt(self, delivery: Delivery, prepared: Prepared) -> Result:
        message = delivery.event.record.message_id
        self.sent.append((message, delivery.subscription))
        started = self.clock.now_ms()
        outcome = await self._outcome(message)
        return Result(delivery, outcome, started, 1, prepared.snapshot)

    async def batch(self, deliveries: Sequence[Delivery], prepared: Prepared) -> Sequence[Result]:
        messages = [each.event.record.message_id for each in deliveries]
        self.requests.append(messages)
        self.sent += [(each.event.record.message_id, each.subscription) for each in deliveries]
        started = self.clock.now_ms()
        if self.batch_outcomes:
            outcomes = [self.batch_outcomes.pop(0)] * len(messages)
        else:
            outcomes = [await self._outcome(each) for each in messages]
        return [
            Result(delivery, outcome, started, 1, prepared.snapshot, f"batch-{len(self.requests)}")
            for delivery, outcome in zip(deliveries, outcomes, strict=True)
        ]

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
        return +counted


class _Attempting:
    """Attempts that end as the rig says."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    async def __call__(self, delivery: Delivery, prepared: Prepared) -> Result:
        return await self._rig.attempt(delivery, prepared)

    async def batch(self, deliveries: Sequence[Delivery], prepared: Prepared) -> Sequence[Result]:
        return await self._rig.batch(deliveries, prepared)


def _user(message: str) -> str:
    return message.partition("@")[2] or "ann"


def _original(message: str) -> bytes:
    return msgspec.json.encode({"event": message.partition("-")[0]})


async def passed(seconds: float = 0.05) -> None:
    """Let virtual time go by: ticks are committed after five milliseconds."""
    await asyncio.sleep(seconds)
