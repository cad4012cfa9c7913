"""What a lane decided about an event, computed once more by the configuration in force then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.events.complete import complete
from headgate.route import CODE_VERSION, Router, SourceRules
from headgate.route.filters import FILTER_ERROR
from headgate.route.integrations import INTEGRATIONS_OBJECT, unknown_names
from headgate.route.names import names_of
from headgate.route.selection import ALREADY, NOT_SELECTED, STILL_OWED, Selection, left
from headgate.store.errors import SnapshotUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.ledger.fates import Fate
    from headgate.ledger.port import Attempt, LaneRow
    from headgate.log.port import Found
    from headgate.store.snapshot import Command, Connection, Snapshot, SnapshotReader

UNDECODABLE = "undecodable"
GONE = "the log no longer has the event itself, so what was decided cannot be computed again"


class Case(NamedTuple):
    """One copy of a message in one lane: what is on record of both.

    `tries` are those of the lane, `others` those that other lanes of its connection made.
    """

    copy: Found
    fate: Fate
    tries: Sequence[tuple[int, Attempt]]
    others: Sequence[Attempt]
    is_finished: bool
    is_owed_live: bool = False
    """Of a replay: whether the live lane has yet to send it."""

    @property
    def is_touched(self) -> bool:
        """Whether the lane has come to the event, as far as the ledger says."""
        fate = self.fate
        return bool(self.is_finished or fate.opened or fate.parked or fate.letters or self.tries)

    def recorded(self) -> tuple[str, ...]:
        """The ids of the subscriptions of which the lane has anything on record."""
        fate = self.fate
        opened = (*fate.opened.done_subscriptions, *fate.opened.left) if fate.opened else ()
        return tuple(
            dict.fromkeys(
                [
                    *opened,
                    *(each.subscription for each in fate.parked),
                    *(each.letter.subscription for each in fate.letters),
                    *(attempt.subscription for _, attempt in self.tries),
                ]
            )
        )


class Decided(NamedTuple):
    """The subscriptions that want an event, by their ids, or the rule that said no.

    `connection` is as it was then, None where nobody knows any more; `event` is as subscriptions
    see it, None where it cannot be told. `snapshot` is the version that decided.
    """

    connection: Connection | None
    snapshot: int
    wanted: tuple[str, ...] = ()
    rule: str = ""
    event: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()


class Recomputing:
    """Computes decisions again; each older configuration is read once."""

    def __init__(self, snapshots: SnapshotReader, now: Snapshot) -> None:
        self._snapshots, self._now = snapshots, now
        self._read: dict[int, Snapshot | None] = {now.version: now}
        self._routers: dict[tuple[int, int], Router] = {}

    def configured(self, version: int) -> Snapshot | None:
        """An older configuration, if it is still kept."""
        if version not in self._read:
            try:
                self._read[version] = self._snapshots.at(version)
            except SnapshotUnknown:
                self._read[version] = None
        return self._read[version]

    def connection(self, version: int, number: int) -> Connection | None:
        """A connection as it was in a version."""
        snapshot = self.configured(version)
        return None if snapshot is None else snapshot.connections.get(number)

    def decided(self, case: Case) -> Decided:
        snapshot, notes = self._decider(case)
        connection = snapshot.connections.get(case.fate.lane.connection)
        if connection is None:
            return Decided(None, snapshot.version, notes=notes)
        whole, fault = self._whole(case.copy, snapshot)
        plain = Decided(connection, snapshot.version, notes=notes)
        if whole is None:
            rule = UNDECODABLE if case.copy.stored and case.copy.stored.record else ""
            return plain._replace(rule=rule, notes=(*notes, fault))
        try:
            router = self._router(snapshot, connection)
        except ValueError as error:
            return plain._replace(notes=(*notes, f"the connection does not compile: {error}"))
        return self._by(router, case, whole, plain, snapshot)

    def seen(self, version: int, case: Case) -> Mapping[str, Any] | None:
        """The event as a later attempt sees it, by the rules in force then."""
        snapshot = self.configured(version) or self._now
        connection = snapshot.connections.get(case.fate.lane.connection)
        whole, _ = self._whole(case.copy, snapshot)
        if connection is None or whole is None:
            return None
        router = self._router(snapshot, connection)
        return router.shape(router.replayed(whole) if _is_replay(case.fate.lane) else whole)

    def _decider(self, case: Case) -> tuple[Snapshot, tuple[str, ...]]:
        """The configuration in force for the lane at the place; the present one for what is ahead.

        What a lane of a connection that is gone has not come to is told by the last it had.
        """
        switch, lane = case.fate.switch, case.fate.lane
        if switch is None or not (case.is_touched or lane.connection not in self._now.connections):
            return self._now, ()
        snapshot = self.configured(switch.snapshot)
        if snapshot is None:
            lost = f"configuration {switch.snapshot}, which decided, is no longer kept"
            return self._now, (f"{lost}: recomputed by the present one",)
        if switch.code_version != CODE_VERSION:
            other = f"recomputed by {CODE_VERSION}, decided by {switch.code_version}"
            return snapshot, (other,)
        return snapshot, ()

    def _router(self, snapshot: Snapshot, connection: Connection) -> Router:
        key = (snapshot.version, connection.number)
        if key not in self._routers:
            rules = SourceRules(snapshot.sources[connection.source])
            self._routers[key] = Router(connection, rules)
        return self._routers[key]

    def _whole(self, copy: Found, snapshot: Snapshot) -> tuple[Mapping[str, Any] | None, str]:
        """The event as it is delivered, or why there is none."""
        source = snapshot.sources.get(copy.source) or self._now.sources.get(copy.source)
        if copy.stored is None or copy.stored.record is None or source is None:
            return None, GONE
        try:
            return complete(copy.stored.record, copy.stored.defaults, source.id), ""
        except ValueError as error:
            return None, f"what was stored is no event: {error}"

    def _by(
        self,
        router: Router,
        case: Case,
        whole: Mapping[str, Any],
        plain: Decided,
        snapshot: Snapshot,
    ) -> Decided:
        lane = case.fate.lane
        command = self._now.commands.get(lane.replay_id) or snapshot.commands.get(lane.replay_id)
        if command is not None and not _is_meant(command, case.copy, whole):
            return plain._replace(rule=NOT_SELECTED, event=whole)
        event: Mapping[str, Any] = router.replayed(whole) if _is_replay(lane) else whole
        decision = router.decide(event)
        seen = event if decision.event is None else decision.event
        plain = plain._replace(wanted=decision.wanted, rule=decision.rule, event=seen)
        if not decision.wanted:
            told = _why(decision.rule, router, event, plain, snapshot)
            return plain._replace(notes=(*plain.notes, *told))
        if _is_replay(lane):
            return _replayed(plain, case, command)
        return plain


def _is_replay(lane: LaneRow) -> bool:
    return lane.kind == "replay"


def _is_meant(command: Command, copy: Found, whole: Mapping[str, Any]) -> bool:
    """Whether a replay is for the event, as far as its command says."""
    selection = Selection.of(command.args)
    return selection.covers(copy.received_at) and selection.selects(whole)


def _replayed(plain: Decided, case: Case, command: Command | None) -> Decided:
    """What of it a replay sends: not what was delivered before, or is owed to the live lane.

    Who was first is told by what is on record; where that leaves two answers, both are named.
    """
    if command is None:
        return _forgotten(plain, case)
    if case.is_owed_live and not case.recorded():
        return plain._replace(wanted=(), rule=STILL_OWED)
    position, args = int(case.copy.position), command.args
    delivered = [each for each in case.others if each.outcome == "delivered"]
    wanted, rule = left(
        position,
        plain.wanted,
        delivered={(position, each.subscription) for each in delivered},
        tried={(position, each.subscription) for each in case.others},
        only=args.get("only", "all"),
        again=bool(args.get("again")),
    )
    if case.is_finished and not case.recorded():
        return _unsent(plain._replace(wanted=wanted, rule=rule), case, command, delivered)
    return plain._replace(wanted=wanted, rule=rule)


def _forgotten(plain: Decided, case: Case) -> Decided:
    """Of a replay whose command went with its connection: what it has counted is left."""
    lost = f"what {case.fate.lane.replay_id} was asked for is no longer kept"
    plain = plain._replace(notes=(*plain.notes, lost))
    reasons = [reason for cls, reason, _ in case.fate.tallies if cls == "filtered"]
    if reasons and case.is_finished and not case.recorded():
        return plain._replace(wanted=(), rule=" or ".join(reasons))
    return plain


def _unsent(plain: Decided, case: Case, command: Command, delivered: Sequence[Attempt]) -> Decided:
    """A replay that has passed the event and sent nothing: why, by what it has counted."""
    counted = {reason for cls, reason, _ in case.fate.tallies if cls == "filtered"}
    if STILL_OWED not in counted:
        return plain
    if plain.wanted or (plain.rule == ALREADY and ALREADY not in counted):
        return plain._replace(wanted=(), rule=STILL_OWED)
    if plain.rule == ALREADY and not any(each.at < command.at for each in delivered):
        either = "already delivered when the replay came to it, or still owed to the live lane then"
        return plain._replace(notes=(*plain.notes, either))
    return plain


def _why(
    rule: str,
    router: Router,
    event: Mapping[str, Any],
    plain: Decided,
    snapshot: Snapshot,
) -> tuple[str, ...]:
    """What a rule does not say itself: which filter, or which name leads nowhere."""
    if rule == FILTER_ERROR:
        title = router.undecided(event)
        return (f"the condition of filter {title!r} cannot be told of this event",)
    if rule == INTEGRATIONS_OBJECT and plain.connection is not None:
        source = plain.connection.source
        others = [each for each in snapshot.connections.values() if each.source == source]
        known = frozenset[str]().union(*[names_of(each.destination) for each in others])
        if unknown := unknown_names(event.get("integrations"), known):
            return (f"no connection of the source goes by {', '.join(map(repr, unknown))}",)
    return ()
