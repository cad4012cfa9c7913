"""What a subscription would have done with the last events of its source, sending nothing."""

from __future__ import annotations

import difflib
import json
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headgate import catalog, mapping
from headgate.clock import iso
from headgate.control.declaring.connection_section import read_subscription
from headgate.control.declaring.reading import Section
from headgate.control.declaring.text import load
from headgate.control.errors import DeclarationError, Problem, Refused
from headgate.events.complete import complete
from headgate.kit.errors import Discard
from headgate.kit.masking import masked, secret_texts, without_secrets
from headgate.log.port import Position, Verdict
from headgate.mapping import MappingError
from headgate.route import Router, SourceRules
from headgate.store.snapshot import Connection, Subscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.control.catalogue import Catalogue
    from headgate.control.commands import Target
    from headgate.kit.fields import Fields
    from headgate.log.port import EventLog, Stored

MOST_EVENTS = 10_000
EXAMPLES = 3
"""Events of each kind that are shown."""
_PROPOSED = "proposed"

KINDS = ("newly_sent", "no_longer_sent", "changed", "failing")


class Example(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event: its payload then and now, what differs, or why it would fail."""

    messageId: str  # noqa: N815 - the name that events have for it
    type: str
    event: str | None = None
    before: Any = None
    after: Any = None
    diff: str = ""
    error: str = ""


class Preview(msgspec.Struct, frozen=True, rename={"since": "from"}):
    """`headgate preview --json`.

    Of the `events` looked at, `sent_before` went by the subscription that the file's replaces, and
    `sent_after` would go by the file's: `newly_sent`, `unchanged`, or `changed`, with another
    payload. `failing` of them would end in a mapping or validation error, `newly_failing` of which
    do not today. Payloads show no secrets.
    """

    connection: str
    subscription: str
    replaces: bool
    events: int
    since: str | None
    until: str | None
    sent_before: int
    sent_after: int
    newly_sent: int
    no_longer_sent: int
    changed: int
    unchanged: int
    failing: int
    newly_failing: int
    examples: dict[str, list[Example]]


class Made(NamedTuple):
    """What a subscription makes of an event it wants: a payload without secrets, or an error.

    `exact` tells payloads apart, secrets included, and is never shown.
    """

    payload: Any
    error: str
    exact: str


def read_file(text: str, connection: Connection, catalogue: Catalogue) -> Subscription:
    """One subscription in the form of the declaration; raises DeclarationError."""
    problems: list[Problem] = []
    entry = catalogue.destination(connection.destination, connection.mode)
    declared = read_subscription(Section(load(text), "", problems), entry, catalogue)
    if problems:
        raise DeclarationError(problems)
    same = [each for each in connection.subscriptions if each.name == declared.name]
    if len(same) > 1:
        raise Refused(f"{len(same)} subscriptions are named {declared.name}: which is replaced?")
    fields = msgspec.structs.asdict(declared)
    return Subscription(id=same[0].id if same else _PROPOSED, **fields)


async def preview(log: EventLog, target: Target, proposed: Subscription, last: int) -> Preview:
    """Compare over the last `last` live events of the source; raises Refused."""
    if not 0 < last <= MOST_EVENTS:
        raise Refused(f"--last {last}: a preview looks at 1 to {MOST_EVENTS} events")
    return compared(target, proposed, await recent_events(log, target.source.number, last))


def compared(target: Target, proposed: Subscription, recent: deque[Stored]) -> Preview:
    """What a subscription would do with these events, and what is done today."""
    comparing = _Comparing(target, proposed)
    for stored in recent:
        comparing.compare(stored)
    return comparing.told(recent)


async def recent_events(log: EventLog, source: int, most: int) -> deque[Stored]:
    """The last live events, oldest first; where others lie between them it reads further back."""
    floor = (await log.received(0, 0, 1 << 62)).start
    asked = most
    while True:
        start = await log.last(0, source, asked)
        found = await _live(log, source, start, most)
        if len(found) == most or start <= floor:
            return found
        asked *= 2


async def _live(log: EventLog, source: int, start: Position, most: int) -> deque[Stored]:
    found: deque[Stored] = deque(maxlen=most)
    only = frozenset({source})
    async for frame in log.read(0, start, sources=only):
        found.extend(
            stored
            for stored in frame.events(only)
            if stored.verdict is Verdict.LIVE and stored.record is not None
        )
        frame.forget()
    return found


class _Side:
    """One version of the connection, as far as one subscription is concerned."""

    def __init__(
        self, connection: Connection, subscription: Subscription | None, rules: SourceRules
    ) -> None:
        self._subscription = subscription
        if subscription is not None:
            self._router = Router(connection, rules)
            self._map = mapping.compile(subscription.mapping, subscription.fql)
            self._fields = _fields(connection, subscription)

    def makes(self, event: Mapping[str, Any]) -> Made | None:
        """None where the subscription does not want the event."""
        if self._subscription is None:
            return None
        decision = self._router.decide(event)
        if self._subscription.id not in decision.wanted:
            return None
        try:
            values = self._map(event if decision.event is None else decision.event)
        except MappingError as error:
            return Made(None, f"mapping_error: {error}", "")
        exact = f"{self._subscription.action} {_written(values)}"
        shown = without_secrets(self._fields, values)
        try:
            self._fields.read(values)
        except Discard as error:
            said = masked(str(error), secret_texts(self._fields, values))
            return Made(shown, said, exact)
        return Made(shown, "", exact)


def _fields(connection: Connection, subscription: Subscription) -> type[Fields]:
    actions = catalog.destination(connection.destination).actions
    if subscription.action not in actions:
        raise Refused(
            f"{connection.destination} has no action {subscription.action} any more, which"
            f" {subscription.name} uses: it cannot be compared"
        )
    return actions[subscription.action].payload


class _Comparing:
    def __init__(self, target: Target, proposed: Subscription) -> None:
        connection, rules = target.connection, SourceRules(target.source)
        old = next((each for each in connection.subscriptions if each.id == proposed.id), None)
        others = [each for each in connection.subscriptions if each.id != proposed.id]
        changed = msgspec.structs.replace(connection, subscriptions=(*others, proposed))
        self._before = _Side(connection, old, rules)
        self._after = _Side(changed, proposed, rules)
        self._target, self._proposed, self._replaces = target, proposed, old is not None
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[Example]] = {kind: [] for kind in KINDS}

    def compare(self, stored: Stored) -> None:
        if stored.record is None:
            return
        event = complete(stored.record, stored.defaults, self._target.source.id)
        before, after = self._before.makes(event), self._after.makes(event)
        self._counts["sent_before"] += before is not None
        self._counts["sent_after"] += after is not None
        if after is not None and after.error:
            self._counts["newly_failing"] += before is None or not before.error
            self._note("failing", event, before, after)
        for kind in _kinds(before, after):
            self._note(kind, event, before, after)

    def _note(
        self, kind: str, event: Mapping[str, Any], before: Made | None, after: Made | None
    ) -> None:
        self._counts[kind] += 1
        shown = self._examples.get(kind)
        if shown is not None and len(shown) < EXAMPLES:
            shown.append(_example(event, before, after))

    def told(self, recent: deque[Stored]) -> Preview:
        times = [stored.record.received_at for stored in recent if stored.record]
        counted = ("sent_before", "sent_after", "unchanged", "newly_failing", *KINDS)
        return Preview(
            connection=self._target.connection.slug,
            subscription=self._proposed.name,
            replaces=self._replaces,
            events=len(recent),
            since=iso(min(times)) if times else None,
            until=iso(max(times)) if times else None,
            examples=self._examples,
            **{kind: self._counts[kind] for kind in counted},
        )


def _kinds(before: Made | None, after: Made | None) -> Iterator[str]:
    if before is None and after is not None:
        yield "newly_sent"
    elif before is not None and after is None:
        yield "no_longer_sent"
    elif before is not None and after is not None:
        yield "unchanged" if before.exact == after.exact else "changed"


def _example(event: Mapping[str, Any], before: Made | None, after: Made | None) -> Example:
    name = event.get("event") if event.get("type") == "track" else event.get("name")
    then, now = (None if side is None else side.payload for side in (before, after))
    return Example(
        messageId=event["messageId"],
        type=event["type"],
        event=name if isinstance(name, str) else None,
        before=then,
        after=now,
        diff=diff(then, now) if before is not None and after is not None else "",
        error=after.error if after is not None else "",
    )


def diff(before: Any, after: Any) -> str:
    """Lines of JSON that go (-) and come (+), with a little around them."""
    lines: Iterable[str] = difflib.unified_diff(
        _written(before).splitlines(), _written(after).splitlines(), lineterm="", n=2
    )
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


def _written(values: Any) -> str:
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False)
