"""Taking keys out of an event: what changes is copied, everything else is shared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Event: TypeAlias = "Mapping[str, Any]"
Change: TypeAlias = "Callable[[Any], Any]"
"""Gives the same object where there is nothing to change."""

OWNED = frozenset({"messageId", "projectId", "receivedAt", "timestamp", "type"})
"""What the server itself writes at the top of every event: it always stays."""

_DOT = re.compile(r"(?<!\\)\.")


def steps(path: str) -> tuple[str, ...]:
    r"""The keys of a dotted path; none for the empty one. `\.` is a dot within a key."""
    return tuple(key.replace("\\.", ".") for key in _DOT.split(path)) if path else ()


def at(event: Event, path: Sequence[str]) -> Any:
    """What the event has at a path of objects; None where there is nothing."""
    value: Any = event
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def dropping(fields: Mapping[str, Iterable[str]]) -> Change:
    """Take the keys out at each parent path; the elements of a list there are as one."""
    return _in_turn([_inside(steps(path), _without(path, keys)) for path, keys in fields.items()])


def allowing(fields: Mapping[str, Iterable[str]]) -> Change:
    """Leave nothing but the keys at each parent path; what is elsewhere stays."""
    return _in_turn([_inside(steps(path), _only(path, keys)) for path, keys in fields.items()])


def _in_turn(changes: Sequence[Change]) -> Change:
    def change(value: Any) -> Any:
        for each in changes:
            value = each(value)
        return value

    return change


def _without(path: str, keys: Iterable[str]) -> Change:
    gone = frozenset(keys) - (frozenset() if path else OWNED)

    def change(value: dict[str, Any]) -> dict[str, Any]:
        if gone.isdisjoint(value):
            return value
        return {key: inner for key, inner in value.items() if key not in gone}

    return change


def _only(path: str, keys: Iterable[str]) -> Change:
    kept = frozenset(keys) | (frozenset() if path else OWNED)

    def change(value: dict[str, Any]) -> dict[str, Any]:
        if kept.issuperset(value):
            return value
        return {key: inner for key, inner in value.items() if key in kept}

    return change


def _inside(path: tuple[str, ...], change: Change) -> Change:
    """Apply a change to the objects at a path, through the elements of lists on the way."""
    if not path:
        return lambda value: change(value) if isinstance(value, dict) else value
    first, deeper = path[0], _each(_inside(path[1:], change))

    def in_object(value: Any) -> Any:
        if not isinstance(value, dict) or first not in value:
            return value
        inner = value[first]
        changed = deeper(inner)
        return value if changed is inner else {**value, first: changed}

    return in_object


def _each(change: Change) -> Change:
    def in_elements(value: Any) -> Any:
        if not isinstance(value, list):
            return change(value)
        changed = [change(each) for each in value]
        is_same = all(new is old for new, old in zip(changed, value, strict=True))
        return value if is_same else changed

    return in_elements
