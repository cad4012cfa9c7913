"""Properties of profiles: traits under Mixpanel's names, and numbers to add."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from headgate.kit import Discard
from headgate.kit.values import present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.destinations.mixpanel.properties import Properties

_CREATED = ("created", "createdAt", "created_at")
_NAMED = {
    "email": "$email",
    "firstName": "$first_name",
    "lastName": "$last_name",
    "username": "$username",
    "phone": "$phone",
}
_MOST_INCREMENTS = 20
_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)?\s*", re.ASCII)


def profile(traits: Mapping[str, Any]) -> Properties:
    """Give a person's properties; those that Mixpanel has a name for go by it."""
    theirs = {name: traits[trait] for trait, name in _NAMED.items() if trait in traits}
    made = {"$created": _created(traits), "$name": _name(traits)}
    return {**_others(traits, {*_NAMED, "name"}), **theirs, **present(made)}


def group_profile(traits: Mapping[str, Any]) -> Properties:
    """Give a group's properties, as `profile` does a person's."""
    made = {"$name": traits.get("name"), "$created": _created(traits)}
    return {**_others(traits, {"name"}), **present(made)}


def increments(increment: Mapping[str, Any]) -> dict[str, float]:
    """Read what to add to which property. Raises `Discard` for what is no number."""
    if not increment:
        raise Discard("There is nothing to add: the increment is empty.")
    if len(increment) > _MOST_INCREMENTS:
        raise Discard(f"Mixpanel adds to {_MOST_INCREMENTS} properties at most at once.")
    return {name: _number(name, value) for name, value in increment.items()}


def _others(traits: Mapping[str, Any], taken: set[str]) -> Properties:
    return {name: value for name, value in traits.items() if name not in {*taken, *_CREATED}}


def _created(traits: Mapping[str, Any]) -> Any:
    return next((traits[name] for name in _CREATED if traits.get(name) is not None), None)


def _name(traits: Mapping[str, Any]) -> Any:
    first, last = traits.get("firstName"), traits.get("lastName")
    given = traits.get("name")
    return f"{first} {last}" if given is None and first and last else given


def _number(name: str, value: Any) -> float:
    """Read a number or the text of one; a blank text is 0, as JavaScript has it."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and (match := _NUMBER.fullmatch(value)):
        return float(match[1] or 0)
    raise Discard(f"What to add to {name!a} is no number.")
