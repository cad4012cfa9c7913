"""Which subscriptions of a connection want an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import trigger
from headgate.route.names import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.store.snapshot import Connection, Subscription

NO_SUBSCRIPTION = "no_matching_subscription"
SENT_CLIENT_SIDE = "sent_client_side"
"""The page has sent it: Segment's MESSAGE_SENT_CLIENT_SIDE (domain sections 4 and 11)."""


class Decision(NamedTuple):
    """The ids of the subscriptions that want the event, or the rule that said no."""

    wanted: tuple[str, ...]
    rule: str


_NOBODY = Decision((), NO_SUBSCRIPTION)
_SENT = Decision((), SENT_CLIENT_SIDE)


def _compiled(subscription: Subscription) -> trigger.Trigger:
    return trigger.compile(subscription.trigger, subscription.fql)


class Router:
    """The decisions of one connection, compiled once; raises `TriggerError` for a bad trigger."""

    def __init__(self, connection: Connection) -> None:
        self._id = connection.id
        self._names = names_of(connection.destination)
        self._triggers = [
            (subscription.id, _compiled(subscription).matches)
            for subscription in connection.subscriptions
            if subscription.enabled
        ]

    def decide(self, event: Mapping[str, Any]) -> Decision:
        metadata = event.get("_metadata")
        if metadata and self._is_sent(metadata):
            return _SENT
        wanted = tuple([id_ for id_, matches in self._triggers if matches(event)])
        return Decision(wanted, "") if wanted else _NOBODY

    def _is_sent(self, metadata: Any) -> bool:
        """Whether the page, by what it says of itself, sent the event to this destination.

        It did not where the plugin failed to start there. The whole is a client's word, which
        may have any shape.
        """
        if not isinstance(metadata, dict):
            return False
        sent = self._names.intersection(_texts(metadata.get("bundled")))
        if sent.difference(_texts(metadata.get("failedInitializations"))):
            return True
        return self._id in _texts(metadata.get("bundledIds"))


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
