"""Definitions of events in HubSpot: compared with what is to be sent, and completed."""

from __future__ import annotations

import math
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from headgate.destinations.hubspot.account import LONG, address
from headgate.destinations.hubspot.kinds import Kind, kind, options
from headgate.destinations.hubspot.values import Properties, typed
from headgate.kit import Discard, Http, Retry
from headgate.mapping.javascript.numbers import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from headgate.kit import Response

_DEFINITIONS = ("events", "v3", "event-definitions")
_UNKNOWN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
_NOT_FOR_NUMBERS = frozenset({"datetime", "enumeration"})
_NOT_FOR_OTHERS = frozenset({"number"})
"""The types of HubSpot's that do not take a value."""


class Wanted(NamedTuple):
    """An event that must be defined: its name, the type it is about, values of properties."""

    name: str
    object_type: str
    properties: Properties


def internal_name(text: str) -> str:
    """Give the internal name: lower case, `_` for all but letters, digits, `_` and `-`."""
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())


def values(members: Mapping[str, object] | None) -> Properties:
    """Give properties as `typed` does, with texts that JavaScript reads as numbers as such."""
    return {name: _number(value) for name, value in typed(members).items()}


def _number(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    number = parse(value)
    return number if math.isfinite(number) else value


async def ready(http: Http, wanted: Wanted, mode: str) -> tuple[str, frozenset[str]]:
    """See to it that an event is defined, as far as a sync mode lets us.

    Gives its full name, and the properties that HubSpot has as texts and we as numbers.
    """
    definition = await _read(http, wanted.name)
    if definition is None:
        if mode == "update":
            raise Discard(
                f"HubSpot knows no event {wanted.name}, and the sync mode lets none be defined."
            )
        return await _define(http, wanted), frozenset()
    full_name = str(definition.get("fullyQualifiedName") or wanted.name)
    there = {str(it.get("name")).lower(): it for it in _properties(definition)}
    texts = frozenset(_compared(wanted, there))
    missing = [each for each in wanted.properties if each not in there]
    if missing and mode == "add":
        raise Discard(
            f"HubSpot's event {wanted.name} has no {', '.join(missing)}, and the sync mode lets "
            "no properties be added."
        )
    for each in missing:
        await _add(http, full_name, _property(each, wanted.properties[each]))
    return full_name, texts


def _properties(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    found = definition.get("properties")
    yield from (it for it in (found if isinstance(found, list) else ()) if isinstance(it, dict))


async def _read(http: Http, event: str) -> dict[str, Any] | None:
    """Ask for the definition of an event; None where there is none that is in use."""
    try:
        response = await http.get(
            f"{address(*_DEFINITIONS, event)}/", params={"includeProperties": "true"}, max_body=LONG
        )
    except Discard as error:
        if error.status not in _UNKNOWN:
            raise
        return None
    answer: Any = response.json()
    if not isinstance(answer, dict) or answer.get("name") != event:
        raise Retry("HubSpot's definition of the event cannot be read.", response=response)
    return None if answer.get("archived") is True else answer


def _compared(wanted: Wanted, there: Mapping[str, dict[str, Any]]) -> Iterable[str]:
    """Name numbers that HubSpot has as texts. Raises `Discard` for values that do not fit."""
    for property, value in wanted.properties.items():  # noqa: A001 - what HubSpot calls it
        known = there.get(property)
        if known is None:
            continue
        if known.get("archived") is True:
            raise Discard(f"The property {property} is archived in HubSpot.")
        its_kind, type_there = kind(value), str(known.get("type"))
        if type_there in (_NOT_FOR_NUMBERS if its_kind is Kind.NUMBER else _NOT_FOR_OTHERS):
            raise Discard(f"The property {property} is a {type_there} in HubSpot: {value!r}.")
        if its_kind is Kind.NUMBER and type_there == "string":
            yield property


async def _define(http: Http, wanted: Wanted) -> str:
    body = {
        "label": wanted.name,
        "name": wanted.name,
        "description": _description(wanted.name),
        "primaryObject": wanted.object_type,
        "propertyDefinitions": [_property(*each) for each in wanted.properties.items()],
    }
    try:
        response = await http.post(address(*_DEFINITIONS), json=body)
    except Discard as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        raise Retry("Another delivery defined this event meanwhile.") from None
    return _full_name(response)


def _full_name(response: Response) -> str:
    answer: Any = response.json()
    full_name = answer.get("fullyQualifiedName") if isinstance(answer, dict) else None
    if not isinstance(full_name, str):
        raise Retry("HubSpot did not say what it calls the event.", response=response)
    return full_name


async def _add(http: Http, full_name: str, definition: dict[str, Any]) -> None:
    """Add a property to an event, unless another delivery did."""
    try:
        await http.post(address(*_DEFINITIONS, full_name, "property"), json=definition)
    except Discard as error:
        if error.status != HTTPStatus.CONFLICT:
            raise


def _property(property: str, value: Any) -> dict[str, Any]:  # noqa: A002 - HubSpot's word
    its_kind = kind(value)
    definition: dict[str, Any] = {
        "name": property,
        "label": property,
        "type": "datetime" if its_kind is Kind.DATE else its_kind.type,
        "description": _description(property),
    }
    if its_kind is Kind.BOOLEAN:
        definition["options"] = options(True, False)  # noqa: FBT003 - values of options
    return definition


def _description(name: str) -> str:
    return f"{name} (created by Headgate)"
