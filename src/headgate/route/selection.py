"""Which events of a span of the log a replay means; the same for its dry run and a preview."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from headgate import trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_SELECTED, ALREADY, STILL_OWED = "not_selected", "already_delivered", "still_owed"
"""Why a replay sends nothing of an event: it was not asked for (data-path section 2), it was
delivered before, or the live lane has yet to deliver it."""

Deliveries = Collection[tuple[int, str]]
"""(position, subscription), as the ledgers tell them."""


class Selection:
    """What was asked for, compiled once; raises `TriggerError` for a filter that does not compile.

    Every condition that is given must hold. `types` are calls, `events` names: the `event` of a
    track call, the `name` of a page or screen call. `filter` is a trigger in the strict language.
    `since` and `until` bound `receivedAt`, in milliseconds; `until` itself is outside.
    """

    def __init__(
        self,
        types: Collection[str] = (),
        events: Collection[str] = (),
        filter: str | None = None,  # noqa: A002 - as people write it
        *,
        since: int | None = None,
        until: int | None = None,
    ) -> None:
        self._types, self._events = frozenset(types), frozenset(events)
        self._matches = trigger.compile(filter).matches if filter else None
        self._since, self._until = since, until

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> Selection:
        """That of a replay, from the arguments of its command."""
        return cls(
            args["types"],
            args["events"],
            args["filter"],
            since=args.get("since"),
            until=args.get("until"),
        )

    def covers(self, received_at: int) -> bool:
        """Whether the time fits, which needs no decoding: ask this first."""
        if self._since is not None and received_at < self._since:
            return False
        return self._until is None or received_at < self._until

    def selects(self, event: Mapping[str, Any]) -> bool:
        """Whether a completed event is meant, as far as its content decides."""
        if self._types and event.get("type") not in self._types:
            return False
        if self._events and _name(event) not in self._events:
            return False
        return self._matches is None or self._matches(event)


def left(
    position: int,
    wanted: tuple[str, ...],
    *,
    delivered: Deliveries,
    tried: Deliveries,
    only: Literal["failed", "all"],
    again: bool,
) -> tuple[tuple[str, ...], str]:
    """The subscriptions to which a replay sends an event that they want, or why to none.

    `only` failed asks for deliveries that were tried and never succeeded; `again` for those, too,
    that did.
    """
    asked = wanted if only == "all" else tuple(each for each in wanted if (position, each) in tried)
    if not asked:
        return (), NOT_SELECTED
    if again and only == "all":
        return asked, ""
    to_send = tuple(each for each in asked if (position, each) not in delivered)
    return to_send, "" if to_send else ALREADY


def _name(event: Mapping[str, Any]) -> Any:
    """What people call the event; an unhashable value, which a client may send, names nothing."""
    name = event.get("event") if event.get("type") == "track" else event.get("name")
    return name if isinstance(name, str) else None
