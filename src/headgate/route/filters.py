"""The filters of a connection: what they drop, and what they take out (domain section 11).

All conditions look at the event as it came to the filters; then samples, drops, dropped and
allowed properties follow in this order, whatever the order of the filters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from headgate import trigger
from headgate.route.sampling import share
from headgate.route.shaping import allowing, at, dropping, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headgate.route.shaping import Change, Event
    from headgate.trigger.program import Test

FILTER_ERROR = "filter_error"
"""A condition cannot be told, as of a text with `<`: then the event is not sent."""


class Drop(msgspec.Struct, frozen=True, tag_field="type", tag="DROP"):
    pass


class Sample(msgspec.Struct, frozen=True, tag_field="type", tag="SAMPLE"):
    """Keeps the share `percent`, 0 to 1, of the values at `path`, else of the messages."""

    percent: float
    path: str | None = None


class DropProperties(msgspec.Struct, frozen=True, tag_field="type", tag="DROP_PROPERTIES"):
    """`fields` are keys by the path of the object that has them; `""` is the event itself."""

    fields: dict[str, tuple[str, ...]]


class AllowProperties(msgspec.Struct, frozen=True, tag_field="type", tag="ALLOW_PROPERTIES"):
    """As `DropProperties`, but what is not named goes."""

    fields: dict[str, tuple[str, ...]]


Action: TypeAlias = Drop | Sample | DropProperties | AllowProperties


class Filter(msgspec.Struct, frozen=True, rename={"condition": "if"}):
    """A filter as it is stored, which is Segment's shape."""

    condition: str
    actions: tuple[Action, ...]
    id: str = ""
    title: str = ""
    description: str | None = None
    enabled: bool = True


class Filtered(NamedTuple):
    """The rule that dropped an event, or an empty one and the event as it goes on."""

    rule: str
    event: Event


class _Compiled(NamedTuple):
    title: str
    rule: str
    applies: Test
    misses: Test
    samples: tuple[tuple[str, float, tuple[str, ...]], ...]
    drops: bool
    drop_properties: tuple[Change, ...]
    allow_properties: tuple[Change, ...]


class Filters:
    """The enabled filters of one connection, compiled once.

    Raises `TriggerError` for a condition that cannot be read, `msgspec.ValidationError` for what
    has no filter's shape: both are `ValueError`.
    """

    def __init__(self, stored: Iterable[Any]) -> None:
        read = [msgspec.convert(each, Filter) for each in stored]
        self._filters = [_compiled(each) for each in read if each.enabled]
        self._shaping = [
            each for each in self._filters if each.drop_properties or each.allow_properties
        ]
        self.are_some = bool(self._filters)

    def judge(self, event: Event) -> Filtered:
        """Give the event as it goes on, or the rule by which it does not."""
        applying = []
        for each in self._filters:
            if each.applies(event):
                applying.append(each)
            elif not each.misses(event):
                return Filtered(FILTER_ERROR, event)
        for each in applying:
            if each.samples and not _is_kept(each, event):
                return Filtered(each.rule, event)
        for each in applying:
            if each.drops:
                return Filtered(each.rule, event)
        return Filtered("", _shaped(event, applying))

    def undecided(self, event: Event) -> str:
        """The title of the first filter whose condition cannot be told; empty if all can."""
        for each in self._filters:
            if not each.applies(event) and not each.misses(event):
                return each.title
        return ""

    def shape(self, event: Event) -> Event:
        """Take out what has to go, of an event that was decided before.

        Where a condition cannot be told the properties go as well.
        """
        return _shaped(event, [each for each in self._shaping if not each.misses(event)])


def preview(filter: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """What a filter makes of an event, as Segment's preview tells it: `result` null if dropped.

    `filter` needs `if` and `actions` only, and is taken as enabled. Raises as `Filters`.
    """
    found = Filters([{**filter, "enabled": True}]).judge(payload)
    return {"inputPayload": payload, "result": None if found.rule else found.event}


def _compiled(filter: Filter) -> _Compiled:  # noqa: A002 - it is one
    actions = filter.actions
    return _Compiled(
        filter.title,
        f"filter: {filter.title}",
        trigger.compile(filter.condition).matches,
        trigger.opposite(filter.condition),
        tuple(
            (filter.id, each.percent, steps(each.path or ""))
            for each in actions
            if isinstance(each, Sample)
        ),
        any(isinstance(each, Drop) for each in actions),
        tuple(dropping(each.fields) for each in actions if isinstance(each, DropProperties)),
        tuple(allowing(each.fields) for each in actions if isinstance(each, AllowProperties)),
    )


def _is_kept(filter: _Compiled, event: Event) -> bool:  # noqa: A002
    for filter_id, percent, path in filter.samples:
        value = at(event, path) if path else None
        if value is None:
            value = event.get("messageId")
        if share(filter_id, value) >= percent:
            return False
    return True


def _shaped(event: Event, filters: Sequence[_Compiled]) -> Event:
    changes = [change for each in filters for change in each.drop_properties]
    changes += [change for each in filters for change in each.allow_properties]
    for change in changes:
        event = change(event)
    return event
