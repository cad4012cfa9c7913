"""One message's way: its copies in the log, and what every connection decided and did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headgate import catalog, mapping
from headgate.clock import iso
from headgate.events.complete import complete
from headgate.kit.masking import without_secrets
from headgate.ledger.ranges import unpack
from headgate.log.port import Found, Verdict
from headgate.mapping import MappingError
from headgate.route import CODE_VERSION, Decision, Router, SourceRules
from headgate.route.filters import FILTER_ERROR
from headgate.route.integrations import INTEGRATIONS_OBJECT, unknown_names
from headgate.route.names import names_of
from headgate.route.selection import NOT_SELECTED, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.ledger.port import Attempt, LaneAccount, LedgerReader
    from headgate.log.port import EventLog
    from headgate.store.snapshot import Connection, Snapshot, SnapshotReader, Subscription


class Copy(msgspec.Struct, frozen=True):
    """One stored copy of the message; positions are texts, as they exceed JSON's numbers."""

    position: str
    source: str
    receivedAt: str  # noqa: N815 - the names of contract section 5
    verdict: str


class Try(msgspec.Struct, frozen=True):
    n: int
    at: str
    ms: int
    status: int | None
    outcome: str
    reason: str


class Way(msgspec.Struct, frozen=True):
    """What one connection did with the message, for one subscription or for none."""

    connection: str
    subscription: str | None
    decision: str
    rule: str
    state: str
    payload: Any
    attempts: list[Try]
    next_attempt: str | None = None
    note: str | None = None


class Trace(msgspec.Struct, frozen=True):
    """`headgate trace MESSAGE_ID --json` (contract section 5)."""

    messageId: str  # noqa: N815
    copies: list[Copy]
    deliveries: list[Way]


async def trace(
    log: EventLog, ledgers: LedgerReader, snapshots: SnapshotReader, now: Snapshot, message_id: str
) -> Trace:
    """Recomputed with the snapshot that decided, and the attempts as they were recorded."""
    found = await log.find(message_id)
    lanes = [account for account in ledgers.accounts() if account.lane.state != "ended"]
    tracing = _Tracing(ledgers, snapshots, now)
    ways = [
        way
        for copy in found
        if copy.verdict is Verdict.LIVE and copy.stored is not None
        for account in lanes
        if account.lane.source == copy.source and _goes_past(account, int(copy.position))
        for way in tracing.ways(copy, account)
    ]
    return Trace(message_id, [_copy(copy, now) for copy in found], ways)


def _copy(copy: Found, now: Snapshot) -> Copy:
    source = now.sources.get(copy.source)
    record = copy.stored.record if copy.stored else None
    received = record.received_at if record else copy.received_at
    slug = source.slug if source else str(copy.source)
    return Copy(str(copy.position), slug, iso(received), copy.verdict.name.lower())


class _Tracing:
    def __init__(self, ledgers: LedgerReader, snapshots: SnapshotReader, now: Snapshot) -> None:
        self._ledgers, self._snapshots, self._now = ledgers, snapshots, now

    def ways(self, copy: Found, account: LaneAccount) -> Iterator[Way]:
        lane, position = account.lane.lane, int(copy.position)
        snapshot, note = self._decider(lane, position)
        connection = snapshot.connections.get(account.lane.connection)
        if connection is None or copy.stored is None or copy.stored.record is None:
            return
        source = snapshot.sources[copy.source]
        whole = complete(copy.stored.record, copy.stored.defaults, source.id)
        router = Router(connection, SourceRules(source))
        is_meant = self._is_meant(account, copy.stored.record.received_at, whole)
        decision, event = _decided(account, router, whole) if is_meant else (_NOT_MEANT, whole)
        if not decision.wanted:
            state = "filtered" if _is_finished(account, position) else "pending"
            why = _why(decision.rule, router, event, connection, snapshot)
            told = "; ".join(filter(None, (note, why))) or None
            yield Way(connection.slug, None, "filtered", decision.rule, state, None, [], note=told)
        for subscription in connection.subscriptions:
            if subscription.id in decision.wanted:
                yield self._way(account, position, connection, subscription, event, note)

    def _is_meant(self, account: LaneAccount, received_at: int, event: Mapping[str, Any]) -> bool:
        """Whether the lane is for the event: a replay is for those that its command selects."""
        command = self._now.commands.get(account.lane.replay_id)
        if account.lane.kind != "replay" or command is None:
            return True
        selection = Selection.of(command.args)
        return selection.covers(received_at) and selection.selects(event)

    def _decider(self, lane: int, position: int) -> tuple[Snapshot, str | None]:
        """The snapshot in force for the lane at the position; the present one for what is ahead."""
        decided = [each for each in self._ledgers.switches(lane) if each.from_position <= position]
        if not decided:
            return self._now, None
        last = decided[-1]
        note = None
        if last.code_version != CODE_VERSION:
            note = f"recomputed by {CODE_VERSION}, decided by {last.code_version}"
        return self._snapshots.at(last.snapshot), note

    def _way(
        self,
        account: LaneAccount,
        position: int,
        connection: Connection,
        subscription: Subscription,
        event: Mapping[str, Any],
        note: str | None,
    ) -> Way:
        tries = [
            _try(n, attempt)
            for n, attempt in self._ledgers.attempts(account.lane.lane, position)
            if attempt.subscription == subscription.id
        ]
        state, due = self._state(account, position, subscription.id, tries)
        payload, fault = _payload(connection.destination, subscription, event)
        return Way(
            connection.slug,
            subscription.name,
            "send",
            "",
            state,
            payload,
            tries,
            None if due is None else iso(due),
            "; ".join(filter(None, (note, fault))) or None,
        )

    def _state(
        self, account: LaneAccount, position: int, subscription: str, tries: list[Try]
    ) -> tuple[str, int | None]:
        lane = account.lane.lane
        for parked in self._ledgers.parked(lane, position):
            if parked.subscription == subscription:
                return "parked", parked.due_at
        letters = self._ledgers.dead_letters(lane, position)
        if any(letter.subscription == subscription for letter in letters):
            return "dead_lettered", None
        opened = self._ledgers.opened(lane, position)
        if (opened is not None and subscription in opened.left) or not _is_finished(
            account, position
        ):
            return "pending", None
        delivered = any(each.outcome == "delivered" for each in tries)
        return ("delivered" if delivered else "discarded"), None


def _goes_past(account: LaneAccount, position: int) -> bool:
    """Whether the position is one of those that the lane was made for."""
    place = account.places[0]
    return place.start <= position and (place.stop is None or position < place.stop)


def _is_finished(account: LaneAccount, position: int) -> bool:
    place = account.places[0]
    return position < place.cursor or any(
        low <= position < high for low, high in unpack(place.cursor, place.done)
    )


_NOT_MEANT = Decision((), NOT_SELECTED)


def _decided(
    account: LaneAccount, router: Router, whole: Mapping[str, Any]
) -> tuple[Decision, Mapping[str, Any]]:
    """What the lane decides, and the event as its subscriptions see it."""
    event = router.replayed(whole) if account.lane.kind == "replay" else whole
    decision = router.decide(event)
    return decision, event if decision.event is None else decision.event


def _why(
    rule: str,
    router: Router,
    event: Mapping[str, Any],
    connection: Connection,
    snapshot: Snapshot,
) -> str | None:
    """What a rule does not say itself: which filter, or which name leads nowhere."""
    if rule == FILTER_ERROR:
        return f"the condition of filter {router.undecided(event)!r} cannot be told of this event"
    if rule == INTEGRATIONS_OBJECT:
        others = [
            each for each in snapshot.connections.values() if each.source == connection.source
        ]
        known = frozenset[str]().union(*[names_of(each.destination) for each in others])
        if unknown := unknown_names(event.get("integrations"), known):
            return f"no connection of the source goes by {', '.join(map(repr, unknown))}"
    return None


def _payload(
    destination: str, subscription: Subscription, event: Mapping[str, Any]
) -> tuple[Any, str | None]:
    """What the mapping gives, its secret fields masked; or nothing, and why."""
    try:
        fields = catalog.destination(destination).actions[subscription.action].payload
    except (LookupError, TypeError):
        unknown = f"{destination}/{subscription.action}"
        return None, f"no payload: {unknown} is not installed, so its secrets cannot be told"
    try:
        values = mapping.compile(subscription.mapping, subscription.fql)(event)
    except MappingError as error:
        return None, f"mapping_error: {error}"
    return without_secrets(fields, values), None


def _try(n: int, attempt: Attempt) -> Try:
    return Try(n, iso(attempt.at), attempt.ms, attempt.status, attempt.outcome, attempt.reason)
