"""What a source keeps from all its connections: schema filters (domain section 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.route.shaping import dropping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.route.shaping import Change
    from headgate.store.snapshot import Schema, Source

SCHEMA_BLOCKED = "schema_blocked"

TRAITS = {"identify": ("traits", "context.traits"), "group": ("traits",)}
"""Where each call has the traits that may be omitted."""


class Judged(NamedTuple):
    """The rule by which nobody may have an event, or an empty one and what everybody sees."""

    rule: str
    event: Mapping[str, Any]
    toggles: Mapping[str, bool]
    """By the name of a destination, whether the event may go there."""


class SourceRules:
    """The rules of one source, shared by the routers of all its connections.

    An event is judged once and remembered until the next one, by which object it is; so whoever
    asks again about it gets the same changed event.
    """

    def __init__(self, source: Source | None = None) -> None:
        schema = source.schema if source else None
        self.are_some = schema is not None
        self._events = frozenset(schema.blocked_events) if schema else frozenset[str]()
        self._calls = frozenset[str](schema.blocked_calls) if schema else frozenset[str]()
        self._toggles = dict(schema.integrations) if schema else {}
        self._omissions = _omissions(schema) if schema else {}
        self._last: Mapping[str, Any] | None = None
        self._judged = Judged("", {}, {})

    def judge(self, event: Mapping[str, Any]) -> Judged:
        if event is not self._last:
            self._judged, self._last = self._judge(event), event
        return self._judged

    def _judge(self, event: Mapping[str, Any]) -> Judged:
        call = event.get("type")
        name = event.get("event") if call == "track" else None
        if call in self._calls or (isinstance(name, str) and name in self._events):
            return Judged(SCHEMA_BLOCKED, event, {})
        omit = self._omissions.get(call) if isinstance(call, str) else None
        toggles = self._toggles.get(name, {}) if isinstance(name, str) else {}
        return Judged("", omit(event) if omit else event, toggles)


def _omissions(schema: Schema) -> dict[str, Change]:
    return {
        call: dropping(dict.fromkeys(TRAITS[call], traits))
        for call, traits in schema.omitted_traits.items()
        if traits
    }


NO_RULES = SourceRules()
"""Those of a source that keeps nothing back."""
