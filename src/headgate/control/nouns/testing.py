"""The event tester: one event through a connection, for real and step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from headgate import catalog, mapping, trigger
from headgate.control.errors import Invalid, Missing, Problem, Refused
from headgate.control.nouns import subscriptions
from headgate.control.observing.sight import target_of
from headgate.control.sending import Sent, Trying
from headgate.events.complete import complete
from headgate.events.parse import Rejected, parse
from headgate.kit import Discard
from headgate.kit.masking import masked, secret_texts, without_secrets
from headgate.log.port import Record
from headgate.mapping import MappingError
from headgate.route import Router, SourceRules
from headgate.store.ids import new_id
from headgate.trigger import Explanation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.commands import Target
    from headgate.control.sending import Sends
    from headgate.control.work import Work
    from headgate.store.snapshot import Connection, Subscription


class Step(msgspec.Struct, frozen=True):
    """What one subscription did with the event.

    `explanation` says why its trigger matched or did not. `payload` is what the mapping made of
    the event, without secrets, `problem` what is wrong with that; `sent` is None where nothing
    was sent.
    """

    subscription: str
    name: str
    action: str
    explanation: Explanation
    is_wanted: bool
    payload: Any = None
    problem: str = ""
    sent: Sent | None = None


class Tested(msgspec.Struct, frozen=True):
    """`event` is as it would be delivered; `rule` names what kept it from every subscription."""

    connection: str
    event: dict[str, Any]
    rule: str
    steps: tuple[Step, ...]


Tests: TypeAlias = Callable[[], Tested]
"""Sends, once it is written down that somebody does."""


def send_test(
    work: Work,
    connection: str,
    event: Mapping[str, Any],
    *,
    subscription: str | None = None,
    draft: Mapping[str, Any] | None = None,
) -> Tests:
    """Through all subscriptions that are on, through one, or through one that is not there yet.

    Rules are asked as in delivery; what matches is sent, with a key of its own. Raises Missing,
    Invalid, Refused or Forbidden.
    """
    record = work.connection(connection, "write")
    if record.mode != "cloud":
        raise Refused(f"{record.slug} is delivered by pages: try it in a page")
    target = target_of(work, record)
    if draft is not None:
        chosen = [subscriptions.proposed(work, record, draft)]
    else:
        chosen = _chosen(target.connection, subscription)
    testing = _Testing(target, chosen, _completed(event, target, work.now))
    work.note("Test Event Sent", "DESTINATION", record.id, record.slug)
    send, run = work.premises.send, work.premises.run
    if send is None:
        raise Refused("nothing can be sent from here")
    return lambda: run(testing.done(send))


def _chosen(connection: Connection, wanted: str | None) -> list[Subscription]:
    if wanted is None:
        return [each for each in connection.subscriptions if each.enabled]
    found = [each for each in connection.subscriptions if each.id == wanted]
    if not found:
        raise Missing(f"{connection.slug} has no subscription {wanted}")
    return found


def _completed(event: Mapping[str, Any], target: Target, now: int) -> dict[str, Any]:
    """As collection takes it, and as it is delivered. Raises Invalid."""
    raw = msgspec.json.encode(event)
    read = parse(raw, None)
    if isinstance(read, Rejected):
        raise Invalid([Problem("event", f"{read.code}: {read.message}")])
    record = Record(
        target.source.number,
        now,
        read.message_id or new_id("test"),
        read.type,
        read.user_id,
        read.anonymous_id,
        now if read.original_timestamp is None else read.original_timestamp,
        None,
        -1,
        raw,
    )
    return complete(record, None, target.source.id)


class _Testing:
    """Raises Invalid for what does not compile."""

    def __init__(self, target: Target, chosen: list[Subscription], event: dict[str, Any]) -> None:
        self._chosen = [msgspec.structs.replace(each, enabled=True) for each in chosen]
        self._source, self._event = target.source, event
        self._connection = msgspec.structs.replace(
            target.connection, enabled=True, subscriptions=tuple(self._chosen)
        )
        try:
            decided = Router(self._connection, SourceRules(target.source)).decide(event)
        except ValueError as error:
            raise Invalid([Problem("", f"the connection does not compile: {error}")]) from None
        self._decided = decided
        self._seen = dict(event if decided.event is None else decided.event)

    async def done(self, send: Sends) -> Tested:
        steps = [await self._step(each, send) for each in self._chosen]
        return Tested(self._connection.slug, self._event, self._decided.rule, tuple(steps))

    async def _step(self, subscription: Subscription, send: Sends) -> Step:
        explained = trigger.compile(subscription.trigger, subscription.fql).explain(self._seen)
        step = Step(
            subscription.id, subscription.name, subscription.action, explained,
            subscription.id in self._decided.wanted,
        )  # fmt: skip
        if not step.is_wanted:
            return step
        made = dict(self._made(subscription))
        alone = msgspec.structs.replace(self._connection, subscriptions=(subscription,))
        sent = await send(Trying(alone, self._source, self._seen))
        return msgspec.structs.replace(step, sent=sent, **made)

    def _made(self, subscription: Subscription) -> Iterator[tuple[str, Any]]:
        """What can be said of the payload before anything is sent."""
        fields = (
            catalog.destination(self._connection.destination).actions[subscription.action].payload
        )
        try:
            values = mapping.compile(subscription.mapping, subscription.fql)(self._seen)
        except MappingError as error:
            yield "problem", f"{_UNMAPPED}: {error}"
            return
        yield "payload", without_secrets(fields, values)
        try:
            fields.read(values)
        except Discard as error:
            yield "problem", masked(str(error), secret_texts(fields, values))


_UNMAPPED: Final = "mapping_error"
