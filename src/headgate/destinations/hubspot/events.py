"""The action that sends events, and defines them in HubSpot where they are new."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headgate.destinations.hubspot.account import Account, address, hubspot
from headgate.destinations.hubspot.choices import event_names, event_property_names, object_types
from headgate.destinations.hubspot.definitions import Wanted, internal_name, ready, values
from headgate.destinations.hubspot.values import Properties
from headgate.kit import (
    Delivery,
    Discard,
    Fields,
    Http,
    Payload,
    Response,
    SyncModes,
    field,
    is_,
    path,
)
from headgate.kit.values import iso, present
from headgate.mapping.javascript import string

_OF_CONTACT = is_("object_type", "contact")


class About(Fields):
    """The record that an event is about."""

    object_type: str = field(
        "Object Type",
        "The type of the record: `contact`, `company`, or the full name of one of your own.",
        choices=object_types,
        allow_null=False,
    )
    object_id: float | None = field("Object ID", "HubSpot's number of the record.")
    email: str | None = field(
        "Email Address",
        "The address of the contact.",
        format="email",
        mapping=path("$.properties.email") | path("$.context.traits.email"),
        shown_if=_OF_CONTACT,
    )
    utk: str | None = field(
        "User Token / UTK", "HubSpot's cookie of the contact.", shown_if=_OF_CONTACT
    )


class Event(Payload):
    event_name: str = field("Event Name", "What happened.", choices=event_names)
    record_details: About = field(
        "Associated Record Details", "The record that it is about.", form="keyvalue:only"
    )
    properties: dict[str, object] | None = field(
        "Properties",
        "What else is known of it.",
        form="keyvalue",
        key_choices=event_property_names,
        open_to_others=True,
    )
    occurred_at: datetime | None = field(
        "Event Timestamp", "When it happened; now, unless given.", mapping=path("$.timestamp")
    )


_MODES = SyncModes(
    "Sync Mode",
    {
        "upsert": "Define new events, and add properties to known ones",
        "add": "Define new events, and leave known ones as they are",
        "update": "Add properties to known events, and define none",
    },
    default="update",
    description="What may change of the definitions of events in HubSpot.",
)


@hubspot.action(
    "Custom event V2",
    slug="customEvent",
    sync_modes=_MODES,
)
async def send_event(http: Http, event: Event, _: Account, delivery: Delivery) -> Response:
    """Send an event about a record. What HubSpot does not know of it yet is defined."""
    about = _about(event.record_details)
    said = values(event.properties)
    wanted = Wanted(internal_name(event.event_name), event.record_details.object_type, said)
    full_name, texts = await ready(http, wanted, _MODES.chosen(delivery.sync_mode))
    at = iso(event.occurred_at) if event.occurred_at else None
    body = present({"eventName": full_name, **about, "occurredAt": at})
    if event.properties is not None:
        body["properties"] = _as_texts(said, texts)
    return await http.post(address("events", "v3", "send"), json=body)


def _about(record: About) -> dict[str, Any]:
    """Give how HubSpot is told the record. Raises `Discard` where that is not enough."""
    if record.object_type == "contact":
        told = {"objectId": record.object_id, "email": record.email, "utk": record.utk}
        if not present(told):
            raise Discard("An event of a contact needs its number, e-mail address or user token.")
        return told
    if record.object_id is None:
        raise Discard(f"An event of the type {record.object_type} needs the record's number.")
    return {"objectId": record.object_id}


def _as_texts(said: Properties, names: frozenset[str]) -> Properties:
    """Write numbers as texts where HubSpot has a text."""
    return {name: string(it) if name in names else it for name, it in said.items()}
