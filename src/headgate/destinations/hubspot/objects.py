"""The action that writes records of any type, with their properties and associations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from headgate.destinations.hubspot.account import MOST, Account, hubspot
from headgate.destinations.hubspot.associations import Tie
from headgate.destinations.hubspot.choices import (
    identifiers,
    object_types,
    property_groups,
    property_names,
    sensitive_names,
)
from headgate.destinations.hubspot.object_batches import Record, write
from headgate.destinations.hubspot.values import typed
from headgate.kit import (
    BatchResult,
    Delivery,
    DeliveryError,
    Discard,
    Fields,
    Http,
    ItemResult,
    Payload,
    Response,
    Retry,
    SyncModes,
    field,
    path,
)
from headgate.kit.values import epoch_milliseconds


class Details(Fields):
    object_type: str = field(
        "Object Type",
        "The type of the record: `contact`, `company`, or the full name of one of your own.",
        choices=object_types,
        allow_null=False,
    )
    id_field_name: str = field(
        "Object ID Field Name",
        "The property whose value tells one record from another.",
        choices=identifiers,
        allow_null=False,
    )
    id_field_value: str = field(
        "Object ID Field Value", "The value of that property.", allow_null=False
    )
    property_group: str | None = field(
        "Property Group",
        "Where properties that HubSpot does not have are created; nowhere, if none.",
        choices=property_groups,
    )


class Other(Fields):
    """Another record, and what ties it to the one that is written."""

    object_type: str = field(
        "To Object Type", "The type of the other record.", choices=object_types, allow_null=False
    )
    association_label: str = field(
        "Association Label",
        "What the tie says: its category, a colon, and the number of its type.",
        allow_null=False,
    )
    id_field_name: str = field(
        "To Object ID Field Name",
        "The property whose value tells the other record.",
        allow_null=False,
    )
    id_field_value: str | None = field(
        "To Object ID Field Value", "The value of that property; without one nothing is tied."
    )


class Object(Payload):
    object_details: Details = field("Object Details", "Which record it is.", form="keyvalue:only")
    properties: dict[str, object] | None = field(
        "Properties",
        "Properties of the record.",
        form="keyvalue",
        key_choices=property_names,
        open_to_others=True,
    )
    sensitive_properties: dict[str, object] | None = field(
        "Sensitive Properties",
        "Properties that HubSpot keeps as sensitive data.",
        form="keyvalue",
        key_choices=sensitive_names,
        open_to_others=True,
    )
    association_sync_mode: Literal["upsert", "read"] = field(
        "Associated Record Sync Mode",
        "Whether to create the other records of associations.",
        choices={"upsert": "Create", "read": "Do not create"},
        mapping="upsert",
    )
    associations: list[Other] | None = field(
        "Associations to add", "Records to tie this one to.", form="arrayeditor"
    )
    dissociations: list[Other] | None = field(
        "Associations to remove (BETA)",
        "Records to untie this one from: the label is taken off, and the default label all of it.",
        form="arrayeditor",
    )
    timestamp: str | None = field(
        "Timestamp",
        "When this was so. Of several events about a record, the latest counts.",
        mapping=path("$.timestamp"),
    )


_MODES = SyncModes(
    "Sync Mode",
    {
        "upsert": "Create new records, and update existing ones",
        "add": "Create new records, and leave existing ones as they are",
        "update": "Update existing records, and create none",
    },
    default="update",
    description="What may happen to records in HubSpot.",
)


@hubspot.action(
    "Custom object V2",
    slug="upsertObject",
    sync_modes=_MODES,
)
async def upsert_object(http: Http, it: Object, account: Account, delivery: Delivery) -> Response:
    """Write a record of any type, create the properties it lacks, and tie it to others."""
    (result,) = await upsert_objects(http, [it], account, [delivery])
    if isinstance(result, DeliveryError):
        raise result
    if result is None:
        raise Retry("HubSpot said nothing of this record.")
    return result


async def upsert_objects(
    http: Http, payloads: Sequence[Object], _: Account, deliveries: Sequence[Delivery]
) -> Sequence[ItemResult | None]:
    results: dict[int, ItemResult | None] = {}
    records: list[tuple[int, Record]] = []
    now = int(http.now() * 1000)
    for place, (payload, delivery) in enumerate(zip(payloads, deliveries, strict=True)):
        try:
            records.append((_time(payload, delivery, now), _record(place, payload)))
        except Discard as error:
            results[place] = error
    records.sort(key=lambda each: each[0])
    mode = _MODES.chosen(deliveries[0].sync_mode)
    results |= await write(http, [record for _, record in records], mode)
    return [results.get(place) for place in range(len(payloads))]


@upsert_object.batch(up_to=MOST, is_default=True)
async def upsert_object_batch(
    http: Http, payloads: Sequence[Object], account: Account, deliveries: Sequence[Delivery]
) -> BatchResult:
    return await upsert_objects(http, payloads, account, deliveries)


def _time(payload: Object, delivery: Delivery, now: int) -> int:
    """Give when a payload was so, in milliseconds since 1970."""
    for moment in (payload.timestamp, delivery.event.get("timestamp")):
        if isinstance(moment, str) and (at := epoch_milliseconds(moment)) is not None:
            return at
    return now


def _record(place: int, payload: Object) -> Record:
    details = payload.object_details
    if not (details.object_type and details.id_field_name and details.id_field_value):
        raise Discard("The record needs a type, and the name and value of its ID.")
    creates = payload.association_sync_mode == "upsert"
    ties = [
        *(_tie(other, creates=creates) for other in payload.associations or ()),
        *(_tie(other, creates=False, removes=True) for other in payload.dissociations or ()),
    ]
    return Record(
        (place,),
        details.object_type,
        details.id_field_name,
        details.id_field_value,
        details.property_group or "",
        typed(payload.properties),
        typed(payload.sensitive_properties),
        tuple(tie for tie in ties if tie.id_value),
    )


def _tie(other: Other, *, creates: bool, removes: bool = False) -> Tie:
    return Tie(
        other.object_type,
        other.association_label,
        other.id_field_name,
        other.id_field_value or "",
        creates,
        removes,
    )
