"""What a simulated machine is made of: who sends what, and who wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from headgate.deliver.engine import Engine
from headgate.deliver.prepared import Prepared, prepare
from headgate.log.segments.appender import Limits
from headgate.policy import DeliveryPolicy
from headgate.store.snapshot import Connection, Snapshot, Source, Subscription
from tests.simulation.keepers import Keeper, MemoryKeeper
from tests.simulation.receiver import Answer, Plan, address

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

    from tests.simulation.world import World

SEGMENTS = Limits(events=5, size=100_000, age_ms=3_600_000)


class Batch(NamedTuple):
    """What a client sends at a moment: seconds, source, and messages such as `Paid-1 Seen-2`."""

    at: float
    source: int
    messages: str


class Joined(NamedTuple):
    """A connection of the world: subscription -> names of the events that it wants.

    `ordering` as in the product; where `batch` is not 0, so many travel in one request.
    """

    number: int
    source: int
    wants: dict[str, frozenset[str]]
    ordering: str = "none"
    batch: int = 0


async def no_trouble(_: World) -> None:
    """Nothing but what the machine does itself."""


@dataclass(frozen=True)
class Setting:
    """The parts of a world; chances are drawn from its own randomness."""

    batches: Sequence[Batch]
    joined: Sequence[Joined]
    plan: Plan = lambda _owed, _nth: Answer()
    slots: int = 2
    limits: Limits = SEGMENTS
    lag: Callable[[Random], float] = lambda _: 0.0
    """Seconds from a published head to its readers' notice, and of each write to the disk."""
    refuses: Callable[[Random], bool] = lambda _: False
    """Whether the ledger refuses a commit."""
    stands_still: Callable[[Random], bool] = lambda _: False
    """Whether a checkpoint keeps it from committing."""
    keeper: Callable[[], Keeper] = MemoryKeeper
    engine: Callable[..., Engine] = Engine
    users: int = 3
    """Messages of a source are about so many people, in turn by their numbers."""
    patience: Mapping[str, Any] = field(default_factory=dict)
    """What the policy says otherwise than it does by default."""
    longest: float = 12 * 3600.0
    """Seconds of a life after which it should have come to rest."""
    poll: float = 0.2
    """How often it is looked whether it has."""
    operates: float = 30.0
    """How often somebody resumes what is paused."""
    sweeps: bool = True
    """Whether the ledger is swept: the twin copies itself for that, which a long run cannot pay."""
    trouble: Callable[[World], Coroutine[object, object, None]] = no_trouble
    """What else happens in each life; it is at rest only after that."""

    @property
    def policy(self) -> DeliveryPolicy:
        return DeliveryPolicy(**{"slots": self.slots, "slots_start": self.slots, **self.patience})

    def user(self, message: str) -> str:
        """Whom a message is about."""
        _, _, number = message.partition("-")
        return f"user-{int(number) % self.users}"


@lru_cache
def prepared(
    number: int,
    source: int,
    wants: tuple[tuple[str, frozenset[str]], ...],
    ordering: str,
    batch: int,
) -> Prepared:
    """A webhook connection whose subscriptions send to addresses of their own."""
    batching = {"enable_batching": True, "batch_size": batch} if batch else {}
    subscriptions = tuple(
        Subscription(
            id=name,
            name=name,
            action="send",
            enabled=True,
            fql="strict",
            trigger=" or ".join(f'event = "{event}"' for event in sorted(events)),
            mapping={"url": address(number, name), "data": {"@path": "$."}, **batching},
        )
        for name, events in wants
    )
    connection = Connection(
        number=number,
        id=f"connection-{number}",
        workspace="ws",
        slug=f"hook-{number}",
        name="Hook",
        source=source,
        destination="webhook",
        enabled=True,
        mode="cloud",
        ordering=ordering,
        settings={},
        filters=[],
        consent=[],
        subscriptions=subscriptions,
        start={0: 0},
    )
    return prepare(connection, {}, 1, no_tokens)


def no_tokens(*_: object) -> NoReturn:
    """No destination of these tests has OAuth."""
    raise AssertionError("a webhook has no OAuth")


def source_id(number: int) -> str:
    return f"source-{number}"


def ready(each: Joined) -> Prepared:
    return prepared(each.number, each.source, tuple(each.wants.items()), each.ordering, each.batch)


def snapshot(joined: Iterable[Joined]) -> Snapshot:
    """The same configuration as control would publish it."""
    connections = {each.number: ready(each).connection for each in joined}
    sources = {
        number: Source(
            number=number,
            id=source_id(number),
            workspace="ws",
            slug=f"slug-{number}",
            name="Source",
            enabled=True,
            answers="strict",
            write_keys=(),
        )
        for number in {each.source for each in connections.values()}
    }
    return Snapshot(1, sources, connections)
