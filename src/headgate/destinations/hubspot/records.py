"""The action that creates or changes a record of any type, and ties it to another."""

from __future__ import annotations

from typing import Any, NamedTuple

from headgate.destinations.hubspot.account import Account, address, hubspot, objects
from headgate.destinations.hubspot.choices import association_labels, object_types
from headgate.destinations.hubspot.search import Found, search
from headgate.destinations.hubspot.values import flattened
from headgate.kit import Discard, Http, Payload, Response, field


class Record(Payload):
    create_new_custom_record: bool | None = field(
        "Create Custom Object Record if Not Found",
        "Whether to create a record where none is found.",
        key="createNewCustomRecord",
        mapping=True,
    )
    custom_object_search_fields: dict[str, object] | None = field(
        "Custom Object Search Fields",
        "Values that tell the record to change. Any of them is enough.",
        key="customObjectSearchFields",
        form="keyvalue:only",
    )
    object_type: str = field(
        "Object Type",
        "The type of the record: `deals`, `tickets`, or the full name of one of your own.",
        key="objectType",
        choices=object_types,
    )
    properties: dict[str, object] = field(
        "Properties",
        "The properties of the record by their internal names; they must exist in HubSpot.",
        form="keyvalue:only",
    )
    search_fields_to_associate_custom_objects: dict[str, object] | None = field(
        "Search Fields to Associate custom Object",
        "Values that tell the record to tie this one to. Where there is none, nothing is tied.",
        key="searchFieldsToAssociateCustomObjects",
        form="keyvalue:only",
    )
    to_object_type: str | None = field(
        "ObjectType to associate",
        "The type of the record to tie this one to.",
        key="toObjectType",
        choices=object_types,
    )
    association_label: str | None = field(
        "Association Label",
        "What the tie says: its category, a colon, and the number of its type.",
        key="associationLabel",
        choices=association_labels,
    )


class Tie(NamedTuple):
    """Whom a record belongs with, and how. `target` is None where nobody was found."""

    object_type: str
    label: dict[str, Any]
    found: Found

    @property
    def target(self) -> str | None:
        return self.found.first if self.found.total == 1 else None


@hubspot.action("Upsert custom object record", slug="upsertCustomObjectRecord")
async def upsert_record(http: Http, record: Record, _: Account) -> Response:
    """Change the record that a search finds, or create it, and tie it to another."""
    wanted = record.custom_object_search_fields
    found = await search(http, record.object_type, wanted) if wanted else None
    tie = await _tie(http, record)
    if found is not None and found.total > 1:
        raise Discard("The search fields fit more than one record: none of them was changed.")
    if found is not None and found.first is not None:
        response = await _change(http, record, found.first, tie)
    elif record.create_new_custom_record is False:
        raise Discard("HubSpot has no such record, and the mapping lets none be created.")
    else:
        response = await _create(http, record, tie)
    if tie is not None and tie.found.total > 1:
        raise Discard("The record was written, and tied to none: the search finds several.")
    return response


async def _tie(http: Http, record: Record) -> Tie | None:
    wanted, target = record.search_fields_to_associate_custom_objects, record.to_object_type
    if not (wanted and target and record.association_label):
        return None
    return Tie(target, label(record.association_label), await search(http, target, wanted))


def label(text: str) -> dict[str, Any]:
    """Read `CATEGORY:7`. Raises `Discard` for what is none."""
    category, _, number = text.partition(":")
    if not (category and number.isascii() and number.isdigit()):
        raise Discard(f"The association label must be like HUBSPOT_DEFINED:279, not {text!r}.")
    return {"associationCategory": category, "associationTypeId": int(number)}


async def _create(http: Http, record: Record, tie: Tie | None) -> Response:
    ties = [{"to": {"id": tie.target}, "types": [tie.label]}] if tie and tie.target else []
    body = {"properties": flattened(record.properties), "associations": ties}
    return await http.post(objects(record.object_type), json=body)


async def _change(http: Http, record: Record, known: str, tie: Tie | None) -> Response:
    body = {"properties": flattened(record.properties)}
    response = await http.patch(objects(record.object_type, known), json=body)
    if tie is None or tie.target is None:
        return response
    steps = (record.object_type, known, "associations", tie.object_type, tie.target)
    return await http.put(address("crm", "v4", "objects", *steps), json=[tie.label])
