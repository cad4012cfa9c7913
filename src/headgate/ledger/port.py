"""The port of the ledger: what a tick may change, and what can be read."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from headgate.ages import Ages
    from headgate.ledger.fates import Fate
    from headgate.ledger.queries import AttemptFilter, Found, LetterFilter, Point, SeriesQuery

CLASSES = ("delivered", "filtered", "suppressed", "discarded", "dead_lettered")
"""How an event can end for a lane (data-path section 2), from harmless to worst."""

WORST = {"delivered": 0, "discarded": 1, "dead_lettered": 2}
"""An event with several deliveries closes as the worst of theirs."""


REPLAY_LANES = 1 << 32
"""A replay's lane has this number and its command's; live lanes have their connection's."""


class LaneRow(NamedTuple):
    """A lane: one cursor through a gate. `state` is running, held, paused or ended.

    A live lane's `kind` is "live"; a replay's is "replay", and `replay_id` names its command.
    """

    lane: int
    gate: int
    workspace: str
    connection: int
    source: int
    kind: str = "live"
    replay_id: str = ""
    state: str = "running"
    reason: str = ""
    epoch: int = 1


class PlaceRow(NamedTuple):
    """Where a lane stands; `base` counts the source's events before `start`."""

    lane: int
    partition: int
    start: int
    base: int
    stop: int | None
    cursor: int
    done: bytes
    floor_ack: int = 0


class OpenRow(NamedTuple):
    """An event that is neither ahead nor closed: some of its deliveries ended, some did not.

    `worst` and `reason` are what it will close as, as far as its deliveries have ended.
    """

    lane: int
    partition: int
    position: int
    done_subscriptions: tuple[str, ...]
    left: tuple[str, ...]
    worst: str
    reason: str = ""


WAITS = "waits_for_order"
"""What a parked row says whose delivery waits for an earlier event of its user."""


class ParkedRow(NamedTuple):
    """A delivery that waits for its next attempt; times in milliseconds since 1970."""

    lane: int
    partition: int
    position: int
    subscription: str
    order_key: str
    due_at: int
    first_at: int
    tries: int
    last_status: int | None
    reason: str
    record: bytes | None = None


class DeadLetter(NamedTuple):
    """A delivery that was given up, with what is needed to send it again."""

    lane: int
    partition: int
    position: int
    subscription: str
    message_id: str
    source: int
    subject_hashes: bytes
    reason: str
    status: int | None
    tries: int
    at: int
    record: bytes | None = None
    sample: bytes | None = None


LETTER_BYTES = 256
"""What a dead letter counts for its quota beside its record and its sample."""


class Letter(NamedTuple):
    """A dead letter as it stands: its number, and what became of it and of its event.

    `closed_class` and `closed_reason` are those as which the event closed, "" before it has; they
    stay while the event is open again. `redriven_at` is when the letter was last sent again.
    """

    id: int
    letter: DeadLetter
    closed_class: str = ""
    closed_reason: str = ""
    redriven_at: int | None = None


class CommandRow(NamedTuple):
    """A command that a lane has carried out; `result` is JSON text."""

    id: str
    lane: int
    done_at: int
    result: str


class Attempt(NamedTuple):
    """One try; `prior` is how many came before as far as the caller knows.

    `subjects` are 8-byte hashes of the event's userId and anonymousId, kept with its samples.
    """

    partition: int
    position: int
    lane: int
    subscription: str
    prior: int
    at: int
    ms: int
    status: int | None
    outcome: str
    reason: str
    snapshot: int
    batch_id: str = ""
    request: bytes | None = None
    response: bytes | None = None
    subjects: bytes = b""


class Switch(NamedTuple):
    """From a position on, a lane decided by this snapshot and code version."""

    lane: int
    partition: int
    from_position: int
    snapshot: int
    code_version: str


class SeriesKey(NamedTuple):
    """What is counted together; `minute` is the first of a longer period, since 1970."""

    lane: int
    minute: int
    cls: str
    reason: str
    event_type: str
    event_name: str


LATENCIES_MS = (10, 30, 100, 300, 1000, 3000, 10_000)
"""Upper edges of the latency histogram; one more bucket holds the rest."""


class Share(NamedTuple):
    """Of the events of a lane that were sent and have ended: how many as dead letters."""

    dead_lettered: int
    ended: int


MOST_NAMES = 200
OTHER = "(other)"
"""Beyond 200 event names a period and lane the rest are counted as one."""
LONGEST_NAME = 100
"""Characters of an event's name that are told apart."""


@dataclass
class Tick:
    """Everything that one commit changes, together or not at all."""

    lanes: list[LaneRow] = field(default_factory=list)
    places: list[PlaceRow] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    tallies: dict[tuple[int, str, str], int] = field(default_factory=dict)
    opened: list[OpenRow] = field(default_factory=list)
    closed: list[tuple[int, int, int]] = field(default_factory=list)
    parked: list[ParkedRow] = field(default_factory=list)
    unparked: list[tuple[int, int, int, str]] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    records: list[tuple[bytes, int, int, int]] = field(default_factory=list)
    """(record, lane, partition, position): copies for rows whose event leaves the log."""
    redriven: list[tuple[int, int]] = field(default_factory=list)
    """(number of a dead letter, when it is sent again): earlier letters, not of this tick."""
    closings: list[tuple[int, int, int, str, str]] = field(default_factory=list)
    """(lane, partition, position, class, reason): what events with dead letters close as."""
    commands: list[CommandRow] = field(default_factory=list)
    series: dict[SeriesKey, list[int]] = field(default_factory=dict)
    """Counts for each latency bucket."""

    def tally(self, lane: int, cls: str, reason: str, n: int = 1) -> None:
        """Count `n` events more as closed, or fewer: one that is open again has -1."""
        key = (lane, cls, reason)
        self.tallies[key] = self.tallies.get(key, 0) + n

    def is_empty(self) -> bool:
        """Whether there is nothing to commit; series alone wait for something else."""
        return not any(rows for name, rows in vars(self).items() if name != "series")


class Held(NamedTuple):
    """What a deliver process finds at its start."""

    lanes: Sequence[LaneRow]
    places: Sequence[PlaceRow]
    opened: Sequence[OpenRow]
    parked: Sequence[ParkedRow]


class LedgerUnavailable(Exception):
    """The tick could not be committed: keep its results and slots, and try again."""


class OnItsWay(LedgerUnavailable):
    """Whether the tick is committed is not known yet: give the same one again, and nothing else."""


class Ledger(Protocol):
    """The account of one deliver process, written by it alone (data-path section 3)."""

    def held(self) -> Held: ...

    def unrecorded(self, lane: int, partition: int, below: int) -> Sequence[int]:
        """Positions of parked events and dead letters whose record only the log has."""
        ...

    def record(self, lane: int, partition: int, position: int) -> bytes | None:
        """The copy of an event's record, once retention has made one."""
        ...

    def opened_row(self, lane: int, partition: int, position: int) -> OpenRow | None:
        """The row of an event that is open now."""
        ...

    def letters(self, which: LetterFilter) -> Sequence[Letter]:
        """Dead letters in their order, so that the last one's number finds the next ones."""
        ...

    def letters_at(self, lane: int, partition: int, position: int) -> Sequence[Letter]:
        """All dead letters of one event, oldest first."""
        ...

    def done_commands(self) -> frozenset[str]:
        """The ids of all commands with a result."""
        ...

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        """(position, subscription) of what was delivered in [low, high), through any of `lanes`.

        It asks the attempts of all processes of the folder, as lanes move between them; those that
        were dropped by age are forgotten.
        """
        ...

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        """The same of everything that was attempted, whatever it came to."""
        ...

    def shares(self, since_ms: int) -> dict[int, Share]:
        """What became of the events of each lane since then; to tell how many are dead letters."""
        ...

    def may_commit(self) -> bool:
        """False while a checkpoint needs the writer to stand still for a moment."""
        ...

    def commit(self, tick: Tick) -> None:
        """All or nothing, survives the death of the process; raises `LedgerUnavailable`.

        It returns soon: a ledger that is far away raises `OnItsWay` meanwhile, until the same tick
        is given again and its fate is known.

        Attempts are on record before anything else of the tick, and stay when the rest is refused;
        they are then taken out of the tick, so that trying again does not record them twice. Their
        numbers go on from the highest on record, and from `prior` when that is higher. The record
        of a parked row stays when it is parked again, and goes with it to its dead letter. A
        command's last result counts.
        """
        ...

    def sweep(self, now_ms: int, ages: Ages, commands: Container[str] | None = None) -> bool:
        """Take one bounded step of what age asks for; whether there may be more to do.

        Series become coarser and go, attempts go as whole files, dead letters go by age and by
        bytes, oldest first. With the last dead letter that was not sent again its event is counted
        as discarded (letter_expired or over_quota) in the same transaction; events that are open
        wait. Results of commands go when `commands`, those that may still be given, lacks them.
        Call it while no tick waits to be committed. Raises `LedgerUnavailable`.
        """
        ...

    def sync(self) -> None:
        """Make what was committed survive power loss."""
        ...

    def close(self) -> None: ...


class LaneAccount(NamedTuple):
    """One lane as the ledger has it, in one consistent view."""

    lane: LaneRow
    places: Sequence[PlaceRow]
    tallies: Sequence[tuple[str, str, int]]
    opened: int


class LedgerReader(Protocol):
    """Reads over the ledgers of all deliver processes.

    Everything raises `LedgerUnavailable` where a file cannot be read.
    """

    def accounts(self) -> Sequence[LaneAccount]: ...
    def switches(self, lane: int) -> Sequence[Switch]: ...
    def parked(self, lane: int, position: int) -> Sequence[ParkedRow]: ...
    def opened(self, lane: int, position: int) -> OpenRow | None: ...
    def dead_letters(self, lane: int, position: int) -> Sequence[DeadLetter]: ...
    def attempts(self, lane: int, position: int) -> Sequence[tuple[int, Attempt]]:
        """(n, attempt), in order."""
        ...

    def fates(self, source: int, partition: int, position: int, key: str = "") -> Sequence[Fate]:
        """What each lane that an event is for has of it; `key` is the event's order key."""
        ...

    def find_attempts(self, which: AttemptFilter) -> Found:
        """Attempts of all lanes, newest first, with their samples."""
        ...

    def series(self, query: SeriesQuery) -> Sequence[Point]:
        """Points in the order of time and group; periods without any count have none."""
        ...

    def waiting(self) -> dict[int, int]:
        """How many deliveries of each lane wait for their next attempt."""
        ...

    def dues(self) -> dict[int, int]:
        """When each lane tries something again next, in ms; it may be over, as it is begun."""
        ...

    def letters(self, which: LetterFilter) -> Sequence[Letter]: ...
    def command(self, name: str) -> CommandRow | None:
        """What became of a command, once its lane has carried it out."""
        ...

    def open_positions(self, lane: int, partition: int, low: int, high: int) -> frozenset[int]:
        """Events in [low, high) that are open: some of their deliveries ended, some did not."""
        ...

    def delivered(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        """As `Ledger.delivered`."""
        ...

    def tried(
        self, lanes: frozenset[int], partition: int, low: int, high: int
    ) -> frozenset[tuple[int, str]]:
        """As `Ledger.tried`."""
        ...
