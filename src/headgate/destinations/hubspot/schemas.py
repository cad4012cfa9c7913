"""Properties that records have in HubSpot: compared with what is to be written, and completed."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from headgate.destinations.hubspot.account import LONG, MOST, address
from headgate.destinations.hubspot.kinds import Kind, kind, options
from headgate.kit import Discard, Retry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headgate.destinations.hubspot.object_batches import Record
    from headgate.destinations.hubspot.values import Properties
    from headgate.kit import Http

Part = Literal["properties", "sensitive"]
_PARTS: tuple[Part, ...] = ("properties", "sensitive")
_KNOWN = {kind.value: kind for kind in Kind} | {("string", "textarea"): Kind.TEXT}


async def ready(http: Http, records: Sequence[Record]) -> dict[str, Discard]:
    """See to it that HubSpot has the properties of records of one kind.

    Gives why records cannot be written, by ID value.
    """
    refused: dict[str, Discard] = {}
    there = {part: await _there(http, records, part) for part in _PARTS}
    for part in _PARTS:
        wanted = _wanted(records, part)
        for record in records:
            if why := _refusal(record, part, wanted, there[part]):
                refused[record.id_value] = Discard(why)
    fitting = [record for record in records if record.id_value not in refused]
    missing = [
        _definition(name, its, fitting[0].property_group, part)
        for part in _PARTS
        for name, its in _wanted(fitting, part).items()
        if name not in there[part]
    ]
    if missing:
        await _create(http, fitting[0].object_type, missing)
    return refused


def _members(record: Record, part: Part) -> Properties:
    return record.properties if part == "properties" else record.sensitive


def _wanted(records: Sequence[Record], part: Part) -> dict[str, Kind]:
    """The kind of each property; what is of several kinds is a text."""
    wanted: dict[str, Kind] = {}
    for record in records:
        for name, value in _members(record, part).items():
            its = kind(value)
            wanted[name] = its if wanted.get(name, its) is its else Kind.TEXT
    return wanted


async def _there(http: Http, records: Sequence[Record], part: Part) -> dict[str, Kind | None]:
    """The kinds of the properties that HubSpot has; None for kinds that we do not compare."""
    if not any(_members(record, part) for record in records):
        return {}
    params = {"dataSensitivity": "sensitive"} if part == "sensitive" else {}
    url = address("crm", "v3", "properties", records[0].object_type)
    answer: Any = (await http.get(url, params=params, max_body=LONG)).json()
    found = answer.get("results") if isinstance(answer, dict) else None
    return {
        str(each.get("name")): _KNOWN.get((str(each.get("type")), str(each.get("fieldType"))))
        for each in (found if isinstance(found, list) else ())
    }


def _refusal(
    record: Record, part: Part, wanted: Mapping[str, Kind], there: Mapping[str, Kind | None]
) -> str | None:
    """Say why a record cannot be written; None where it can."""
    for name, value in _members(record, part).items():
        if name not in there:
            if not record.property_group:
                return (
                    f"HubSpot has no property {name} of {record.object_type}, and without a "
                    "property group none is created."
                )
            continue
        known = there[name]
        if known is not None and known not in (wanted[name], kind(value)):
            return (
                f"The property {name} is a {known.type} in HubSpot, and here a {wanted[name].type}."
            )
    return None


def _definition(name: str, its: Kind, group: str, part: Part) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "groupName": group,
        "type": its.type,
        **({"dataSensitivity": "sensitive"} if part == "sensitive" else {}),
        "fieldType": its.field_type,
        **({"options": options("true", "false")} if its is Kind.BOOLEAN else {}),
    }


async def _create(http: Http, object_type: str, definitions: list[dict[str, Any]]) -> None:
    url = address("crm", "v3", "properties", object_type, "batch", "create")
    for start in range(0, len(definitions), MOST):
        try:
            inputs = definitions[start : start + MOST]
            await http.post(url, json={"inputs": inputs}, max_body=LONG)
        except Discard as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            raise Retry("Another delivery created these properties.") from None
