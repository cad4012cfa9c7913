"""Tells the changes of a plan field by field, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.control.declaring.differences import ABSENT, Difference, differences
from headgate.control.declaring.written import whole, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headgate.control.declaring.changes import Change, DeclaredThing, Noun, Verb

_SIGNS: Final[dict[Verb, str]] = {"create": "+", "update": "~", "delete": "-"}
_WORDS: Final[dict[Verb, str]] = {"create": "create", "update": "change", "delete": "delete"}
_ELSEWHERE: Final[dict[Noun, tuple[str, ...]]] = {
    "app": ("slug",),
    "source": ("slug", "write_keys"),
    "key": ("key",),
    "connection": ("slug", "subscriptions"),
    "subscription": ("name",),
    "warehouse": ("slug",),
    "label": ("key", "value"),
    "user": ("email",),
    "group": ("name",),
}
"""Fields that the name of a thing tells already, or changes of their own."""
_ORDER: Final = "order of subscriptions"


def lines(changes: Sequence[Change]) -> Iterator[str]:
    """A line for each change, and below it one for each field."""
    for change in changes:
        yield f"{_SIGNS[change.verb]} {change.subject}"
        yield from (f"    {each.line}" for each in fields(change))


def summary(changes: Iterable[Change]) -> str:
    """`2 to create, 1 to change, 0 to delete`."""
    verbs = [change.verb for change in changes]
    return ", ".join(f"{verbs.count(verb)} to {word}" for verb, word in _WORDS.items())


def told(change: Change) -> dict[str, Any]:
    """As JSON; `of` is the source or the connection that the thing belongs to, if it does."""
    of = {"of": change.of} if change.of else {}
    kind = {"action": change.verb, "kind": change.noun, "name": change.name, **of}
    return {**kind, "fields": [each.told() for each in fields(change)]}


def fields(change: Change) -> list[Difference]:
    """What becomes of each field; of what goes nothing but that it goes."""
    if change.to is None:
        return []
    if change.was is None:
        new = _without(change, {key: value for key, value in written(change.to).items() if value})
        return [Difference(key, ABSENT, value) for key, value in new.items()]
    before, after = (_without(change, whole(each)) for each in (change.was, change.to))
    return [*differences(before, after), *_reordered(change)]


def _without(change: Change, tree: dict[str, Any]) -> dict[str, Any]:
    told = _ELSEWHERE.get(change.noun, ())
    return {key: value for key, value in tree.items() if key not in told}


def _reordered(change: Change) -> Iterator[Difference]:
    if _ORDER in change.what:
        yield Difference(_ORDER, _names(change.was), _names(change.to))


def _names(thing: DeclaredThing | None) -> list[str]:
    return [each.name for each in getattr(thing, "subscriptions", ())]
