"""Conditions on other fields: when a field is required, and when a form shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from headgate.mapping import Json

SyncMode: TypeAlias = Literal["add", "update", "upsert", "delete", "mirror"]
"""What an action does with a row or a member of an audience."""


class Condition(msgspec.Struct, frozen=True):
    """What one other field, or the sync mode, must be; made by the functions below."""

    stored: dict[str, Json]

    def conditions(self) -> Conditions:
        return Conditions("all", (self,))


class Conditions(msgspec.Struct, frozen=True):
    """Several conditions, of which all must hold, or any."""

    match: Literal["all", "any"]
    each: tuple[Condition, ...]

    def conditions(self) -> Conditions:
        return self

    def stored(self) -> Json:
        return {"match": self.match, "conditions": [each.stored for each in self.each]}


When: TypeAlias = Condition | Conditions


def is_(field: str, value: Json) -> Condition:
    """Another field, by its stored name, has this value."""
    return Condition({"fieldKey": field, "operator": "is", "value": value})


def is_not(field: str, value: Json) -> Condition:
    """Another field has a value, and not this one."""
    return Condition({"fieldKey": field, "operator": "is_not", "value": value})


def is_empty(field: str) -> Condition:
    """Another field has no value."""
    return Condition({"fieldKey": field, "operator": "is"})


def is_filled(field: str) -> Condition:
    """Another field has any value."""
    return Condition({"fieldKey": field, "operator": "is_not"})


def sync_mode_is(mode: SyncMode) -> Condition:
    """The subscription has this sync mode; only forms may ask for it."""
    return Condition({"type": "syncMode", "operator": "is", "value": mode})


def all_of(*each: Condition) -> Conditions:
    return Conditions("all", each)


def any_of(*each: Condition) -> Conditions:
    return Conditions("any", each)
