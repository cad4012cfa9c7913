"""Choices of a field: declared ones, and those that a function asks the destination for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    from headgate.mapping import Json


class Choice(msgspec.Struct, frozen=True):
    """A value, and how a form shows it."""

    value: str | int | float | bool
    label: str = ""
    description: str = ""

    def stored(self) -> Json:
        return {"value": self.value, "label": self.label or str(self.value)}


class Choices(msgspec.Struct, frozen=True):
    """One page of choices; `next_page` is what to ask the next one with, "" at the end."""

    choices: Sequence[Choice]
    next_page: str = ""


class Search(msgspec.Struct, frozen=True):
    """What a form asks choices for.

    `query` is what its user typed, `page` the `next_page` of the page before. `payload` holds the
    values of the other fields so far. For members of objects and lists, `key` and `index` say of
    which.
    """

    query: str = ""
    page: str = ""
    payload: Mapping[str, Json] = {}
    key: str | None = None
    index: int | None = None


DynamicChoices: TypeAlias = Callable[..., Awaitable[Choices]]
"""An `async def` that takes (http, settings), or (http, settings, search)."""

StaticChoices: TypeAlias = Sequence[str] | Sequence[Choice] | Mapping[str, str]
"""Values; values with labels; or values and labels as a mapping."""


def listed(choices: StaticChoices) -> tuple[Choice, ...]:
    if isinstance(choices, Mapping):
        return tuple(Choice(value, label) for value, label in choices.items())
    return tuple(_choice(each) for each in choices)


def _choice(each: Any) -> Choice:
    return each if isinstance(each, Choice) else Choice(each)
