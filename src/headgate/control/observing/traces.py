"""One message's way: its copies in the log, and what every connection decided and did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate import catalog, mapping
from headgate.clock import iso
from headgate.control.observing.recomputing import GONE, UNDECODABLE, Case, Decided, Recomputing
from headgate.control.observing.standing import Standing, is_finished, pending, standing
from headgate.kit.masking import without_secrets
from headgate.ledger.queries import AttemptFilter
from headgate.log.port import Found, Verdict
from headgate.mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from headgate.ledger.fates import Fate
    from headgate.ledger.port import Attempt, LedgerReader
    from headgate.log.port import EventLog
    from headgate.store.snapshot import Connection, Snapshot, SnapshotReader, Subscription

MOST_TRIES = 10_000
"""Attempts of one event that are shown, of all its connections; the newest."""
_ON = (True, "true")


class Copy(msgspec.Struct, frozen=True):
    """One stored copy of the message; positions are texts, as they exceed JSON's numbers."""

    position: str
    source: str
    receivedAt: str  # noqa: N815 - the names of contract section 5
    verdict: str


class Try(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attempt; `batch` names the request where several deliveries went in one."""

    n: int
    at: str
    ms: int
    status: int | None
    outcome: str
    reason: str
    batch: str = ""


class Way(msgspec.Struct, frozen=True):
    """What one lane of a connection did with a copy, for one subscription or for none.

    `decision` is send, filtered, suppressed or unknown; `reason` says why the state is what it is,
    `snapshot` is the version of the configuration that decided. `payload` is what the mapping
    gave for the last attempt, or gives now where there was none, its secret fields masked.
    """

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
    position: str
    snapshot: int
    redriven_at: str | None
    note: str | None


class Absent(msgspec.Struct, frozen=True):
    """A connection of the source to which the message never came, and why."""

    connection: str
    reason: str


class Trace(msgspec.Struct, frozen=True, omit_defaults=True):
    """`headgate trace MESSAGE_ID --json` (contract section 5)."""

    messageId: str  # noqa: N815
    copies: list[Copy]
    deliveries: list[Way]
    absent: list[Absent] = []


async def trace(
    log: EventLog,
    ledgers: LedgerReader,
    snapshots: SnapshotReader,
    now: Snapshot,
    message_id: str,
    *,
    sources: Container[int] | None = None,
) -> Trace:
    """Recomputed with the snapshot that decided, and the attempts as they were recorded.

    Copies of other sources than these are left out, where some are named.
    """
    copies = await log.find(message_id)
    found = [each for each in copies if sources is None or each.source in sources]
    tracing, told = _Tracing(ledgers, Recomputing(snapshots, now)), Trace(message_id, [], [], [])
    for copy in found:
        told.copies.append(_copy(copy, now))
        if copy.verdict is not Verdict.DUPLICATE:
            fates = ledgers.fates(copy.source, copy.partition, int(copy.position), _user(copy))
            told.deliveries.extend(tracing.ways(copy, fates))
            absent = [each for each in _absent(copy, fates, now) if each not in told.absent]
            told.absent.extend(absent)
    return told


def _copy(copy: Found, now: Snapshot) -> Copy:
    source = now.sources.get(copy.source)
    slug = source.slug if source else str(copy.source)
    return Copy(str(copy.position), slug, iso(copy.received_at), copy.verdict.name.lower())


def _user(copy: Found) -> str:
    """Whose event it is, as its order is kept by that; empty for nobody's."""
    record = copy.stored.record if copy.stored else None
    return (record.user_id or record.anonymous_id or "") if record else ""


def _absent(copy: Found, fates: Sequence[Fate], now: Snapshot) -> Iterator[Absent]:
    met = {fate.lane.connection for fate in fates if fate.place is not None}
    for connection in now.connections.values():
        if connection.source == copy.source and connection.number not in met:
            yield Absent(connection.slug, _why_absent(connection, copy))


def _why_absent(connection: Connection, copy: Found) -> str:
    if connection.mode == "device":
        return "in_pages"
    if connection.start is None:
        return "never_enabled"
    is_later = connection.start.get(copy.partition, 0) > copy.position
    return "connected_later" if is_later else "not_begun"


class _Tracing:
    def __init__(self, ledgers: LedgerReader, recomputing: Recomputing) -> None:
        self._ledgers, self._recomputing = ledgers, recomputing

    def ways(self, copy: Found, fates: Sequence[Fate]) -> Iterator[Way]:
        for case in self._cases(copy, fates):
            if copy.verdict is Verdict.LIVE:
                yield from self._of_event(case)
            else:
                yield self._suppressed(case)

    def _cases(self, copy: Found, fates: Sequence[Fate]) -> Iterator[Case]:
        """A lane that is over, or has no place yet, is no lane of an event it never came to."""
        position = int(copy.position)
        tries = self._tries(copy)
        finished = {each.lane.lane: is_finished(each.place, position) for each in fates}
        owed = {
            fate.lane.gate
            for fate in fates
            if fate.lane.kind == "live"
            and fate.lane.state != "ended"
            and (fate.opened is not None or not finished[fate.lane.lane])
        }
        for fate in fates:
            lane = fate.lane
            case = Case(
                copy,
                fate,
                [each for each in tries if each[1].lane == lane.lane],
                [each for each in _siblings(fate, fates, tries) if each.lane != lane.lane],
                finished[lane.lane],
                lane.kind != "live" and lane.gate in owed,
            )
            if case.is_touched or (lane.state != "ended" and fate.place is not None):
                yield case

    def _tries(self, copy: Found) -> list[tuple[int, Attempt]]:
        place = (copy.partition, int(copy.position))
        which = AttemptFilter(places=frozenset({place}), limit=MOST_TRIES)
        found = self._ledgers.find_attempts(which).attempts
        return sorted(found, key=lambda each: (each[1].lane, each[1].subscription, each[0]))

    def _of_event(self, case: Case) -> Iterator[Way]:
        decided = self._recomputing.decided(case)
        recorded = case.recorded()
        wanted = (*decided.wanted, *(each for each in recorded if each not in decided.wanted))
        for subscription in wanted:
            yield self._delivery(case, decided, subscription)
        if not wanted:
            yield self._undelivered(case, decided)

    def _delivery(self, case: Case, decided: Decided, subscription: str) -> Way:
        tries = [each for each in case.tries if each[1].subscription == subscription]
        connection = decided.connection
        is_ordered = connection is not None and connection.ordering != "none"
        stands = standing(case, subscription, is_ordered=is_ordered)
        found = self._subscription(case, decided, subscription)
        payload, notes = self._payload(case, decided, subscription, tries, stands)
        is_doubted = decided.event is not None and subscription not in decided.wanted
        doubt = (f"recomputed otherwise ({decided.rule or 'not wanted'})",) if is_doubted else ()
        way = self._way(case, decided, stands, "send", *doubt, *notes)
        name = found.name if found is not None else subscription
        attempts = [_try(n, attempt) for n, attempt in tries]
        return msgspec.structs.replace(
            way, subscription=name, payload=payload, attempts=attempts, rule=""
        )

    def _undelivered(self, case: Case, decided: Decided) -> Way:
        """Nobody wanted it, or nobody knows who did."""
        is_over = case.is_finished
        if decided.event is None:
            is_known = decided.rule == UNDECODABLE
            over = Standing("discarded", UNDECODABLE) if is_known else Standing("unknown")
            return self._way(case, decided, over if is_over else pending(case), "unknown")
        stands = Standing("filtered", decided.rule) if is_over else pending(case)
        return self._way(case, decided, stands, "filtered")

    def _suppressed(self, case: Case) -> Way:
        verdict = case.copy.verdict.name.lower()
        decided = self._recomputing.decided(case)._replace(rule=verdict, notes=())
        stands = Standing("suppressed", verdict) if case.is_finished else pending(case)
        return self._way(case, decided, stands, "suppressed")

    def _way(
        self, case: Case, decided: Decided, stands: Standing, decision: str, *notes: str
    ) -> Way:
        lane, connection = case.fate.lane, decided.connection
        all_notes = (*decided.notes, *notes, *stands.notes)
        return Way(
            connection.slug if connection is not None else f"connection {lane.connection}",
            None,
            decision,
            decided.rule,
            stands.state,
            None,
            [],
            None if stands.due is None else iso(stands.due),
            stands.reason,
            lane.replay_id or None,
            str(case.copy.position),
            decided.snapshot,
            None if stands.redriven is None else iso(stands.redriven),
            "; ".join(dict.fromkeys(filter(None, all_notes))) or None,
        )

    def _subscription(
        self, case: Case, decided: Decided, subscription: str, version: int | None = None
    ) -> Subscription | None:
        """As it was in a version, or when the event was decided, or at its first attempt."""
        number = case.fate.lane.connection
        versions = [version, decided.snapshot, *(each.snapshot for _, each in case.tries)]
        for each in versions:
            connection = None if each is None else self._recomputing.connection(each, number)
            for found in connection.subscriptions if connection is not None else ():
                if found.id == subscription:
                    return found
        return None

    def _payload(
        self,
        case: Case,
        decided: Decided,
        subscription: str,
        tries: Sequence[tuple[int, Attempt]],
        stands: Standing,
    ) -> tuple[Any, tuple[str, ...]]:
        """What the mapping gave for the last attempt, by the configuration of that."""
        n, version = (tries[-1][0], tries[-1][1].snapshot) if tries else (0, None)
        found = self._subscription(case, decided, subscription, version)
        if found is None or decided.connection is None:
            return None, ("what it was configured as is no longer kept",)
        event = decided.event
        if version is not None and (n > 1 or event is None):
            event = self._recomputing.seen(version, case)
        if event is None:
            return None, (GONE,)
        return _mapped(decided.connection.destination, found, event, stands)


def _siblings(
    fate: Fate, fates: Sequence[Fate], tries: Sequence[tuple[int, Attempt]]
) -> list[Attempt]:
    """What all lanes of a connection have tried."""
    lanes = {each.lane.lane for each in fates if each.lane.gate == fate.lane.gate}
    return [attempt for _, attempt in tries if attempt.lane in lanes]


def _mapped(
    destination: str, subscription: Subscription, event: Mapping[str, Any], stands: Standing
) -> tuple[Any, tuple[str, ...]]:
    """What the mapping gives, its secret fields masked; or nothing, and why."""
    try:
        action = catalog.destination(destination).actions[subscription.action]
    except (LookupError, TypeError):
        unknown = f"{destination}/{subscription.action}"
        return None, (f"no payload: {unknown} is not installed, so its secrets cannot be told",)
    try:
        values = mapping.compile(subscription.mapping, subscription.fql)(event)
    except MappingError as error:
        return None, (f"mapping_error: {error}",)
    batches = isinstance(values, dict) and values.get("enable_batching") in _ON
    waits = stands.state == "pending" and action.batched is not None and batches
    return without_secrets(action.payload, values), ("it travels in a batch",) if waits else ()


def _try(n: int, attempt: Attempt) -> Try:
    status, batch = attempt.status, attempt.batch_id
    return Try(n, iso(attempt.at), attempt.ms, status, attempt.outcome, attempt.reason, batch)
