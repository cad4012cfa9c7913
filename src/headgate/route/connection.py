"""Which subscriptions of a connection want an event, and as what they see it."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate import trigger
from headgate.route.consent import CONSENT, is_consented
from headgate.route.filters import Filters
from headgate.route.integrations import (
    INTEGRATIONS_OBJECT,
    SCHEMA_INTEGRATION,
    allowed,
    said,
)
from headgate.route.names import name_of, names_of
from headgate.route.source import NO_RULES, SourceRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.store.snapshot import Connection, Language

MOST_SHARED = 1024
"""How many compiled triggers are kept for others that are the same."""
NO_SUBSCRIPTION = "no_matching_subscription"
SENT_CLIENT_SIDE = "sent_client_side"
"""The page has sent it: Segment's MESSAGE_SENT_CLIENT_SIDE (domain sections 4 and 11)."""


class Decision(NamedTuple):
    """The ids of the subscriptions that want the event, or the rule that said no.

    `event` is what they see where a rule changed the event, else None.
    """

    wanted: tuple[str, ...]
    rule: str
    event: Mapping[str, Any] | None = None


_NOBODY = Decision((), NO_SUBSCRIPTION)
_SENT = Decision((), SENT_CLIENT_SIDE)
_NOT_INTEGRATED = Decision((), INTEGRATIONS_OBJECT)
_NOT_TOGGLED = Decision((), SCHEMA_INTEGRATION)
_NOT_CONSENTED = Decision((), CONSENT)


@lru_cache(MOST_SHARED)
def _compiled(text: str, fql: Language) -> trigger.Trigger:
    """One for all subscriptions with the same trigger."""
    return trigger.compile(text, fql)


class Router:
    """The decisions of one connection, compiled once. Pure: no event is ever changed.

    The rules are asked in this order: schema filters of the source, what the page has sent
    itself, whether any subscription takes events of this type, consent, the integrations object,
    schema integration filters, filters, triggers.

    Raises `TriggerError` for a bad trigger or condition, and `msgspec.ValidationError` for a
    filter that has no filter's shape; both are `ValueError`.
    """

    def __init__(self, connection: Connection, rules: SourceRules = NO_RULES) -> None:
        self._id, self._destination = connection.id, connection.destination
        self._names = names_of(connection.destination)
        self._compiled = [
            (subscription.id, _compiled(subscription.trigger, subscription.fql))
            for subscription in connection.subscriptions
            if subscription.enabled
        ]
        self._triggers = [(id_, compiled.matches) for id_, compiled in self._compiled]
        self._source, self._filters = rules, Filters(connection.filters)
        self._consent = tuple(connection.consent)
        self._has_rules = rules.are_some or self._filters.are_some or bool(self._consent)

    def decide(self, event: Mapping[str, Any]) -> Decision:
        if self._has_rules:
            return self._decide_by_rules(event)
        metadata = event.get("_metadata")
        if metadata and self._is_sent(metadata):
            return _SENT
        integrations = event.get("integrations")
        if integrations and (no := self._unwanted(integrations, {})):
            return no if event.get("type") in self._types else _NOBODY
        return self._choose(event, None)

    def shape(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """The event as subscriptions may see it, of one that was decided before.

        For retries and redrives: what a rule takes out by now must not go out by them.
        """
        return self._filters.shape(self._source.judge(event).event) if self._has_rules else event

    def replayed(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The event as a replay to this destination has it: no other one would take it."""
        return {**event, "integrations": {"All": False, name_of(self._destination): True}}

    def undecided(self, event: Mapping[str, Any]) -> str:
        """The title of the filter that made a `filter_error` of this event."""
        return self._filters.undecided(self._source.judge(event).event)

    def _decide_by_rules(self, whole: Mapping[str, Any]) -> Decision:
        rule, event, toggles = self._source.judge(whole)
        if rule:
            return Decision((), rule)
        metadata = event.get("_metadata")
        if metadata and self._is_sent(metadata):
            return _SENT
        if event.get("type") not in self._types:
            return _NOBODY
        if self._consent and not is_consented(event, self._consent):
            return _NOT_CONSENTED
        if no := self._unwanted(event.get("integrations"), toggles):
            return no
        rule, event = self._filters.judge(event)
        return Decision((), rule) if rule else self._choose(event, whole)

    def _choose(self, event: Mapping[str, Any], whole: Mapping[str, Any] | None) -> Decision:
        """`whole` is the event as it was before the rules, where there are any."""
        wanted = tuple([id_ for id_, matches in self._triggers if matches(event)])
        if not wanted:
            return _NOBODY
        return Decision(wanted, "", None if whole is None or event is whole else event)

    def _unwanted(self, integrations: Any, toggles: Mapping[str, bool]) -> Decision | None:
        """Whether the event, or the schema where the event does not name it, says no."""
        own = said(integrations, self._names)
        if not allowed(integrations, own=own):
            return _NOT_INTEGRATED
        if toggles and own is None and any(toggles.get(name) is False for name in self._names):
            return _NOT_TOGGLED
        return None

    @cached_property
    def _types(self) -> frozenset[str]:
        """Those of which some subscription could want an event."""
        return frozenset[str]().union(*[compiled.types() for _, compiled in self._compiled])

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
