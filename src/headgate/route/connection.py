"""Which subscriptions of a connection want an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import trigger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.store.snapshot import Connection, Subscription

NO_SUBSCRIPTION = "no_matching_subscription"


class Decision(NamedTuple):
    """The ids of the subscriptions that want the event, or the rule that said no."""

    wanted: tuple[str, ...]
    rule: str


_NOBODY = Decision((), NO_SUBSCRIPTION)


def _compiled(subscription: Subscription) -> trigger.Trigger:
    return trigger.compile(subscription.trigger, subscription.fql)


class Router:
    """The decisions of one connection, compiled once; raises `TriggerError` for a bad trigger."""

    def __init__(self, connection: Connection) -> None:
        self._triggers = [
            (subscription.id, _compiled(subscription).matches)
            for subscription in connection.subscriptions
            if subscription.enabled
        ]

    def decide(self, event: Mapping[str, Any]) -> Decision:
        wanted = tuple([id_ for id_, matches in self._triggers if matches(event)])
        return Decision(wanted, "") if wanted else _NOBODY
