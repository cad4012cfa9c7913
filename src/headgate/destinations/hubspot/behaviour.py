"""The action that sends behavioral events, which are defined in HubSpot."""

from __future__ import annotations

import re
from datetime import datetime

from headgate.destinations.hubspot.account import Account, address, hubspot
from headgate.destinations.hubspot.choices import behavioral_events
from headgate.destinations.hubspot.values import flattened
from headgate.kit import Discard, Http, Payload, Response, field, path
from headgate.kit.values import iso, present
from headgate.mapping.javascript import WHITE_SPACE

_GAPS = re.compile(f"[.{WHITE_SPACE}]+")
_INTERNAL = re.compile(r"pe[0-9]+_")


class Behaviour(Payload):
    event_name: str = field(
        "Event Name",
        "The internal name of the event: `pe`, the number of the account, `_` and its name.",
        key="eventName",
        choices=behavioral_events,
    )
    occurred_at: datetime | None = field(
        "Event Timestamp",
        "When it happened; now, unless given.",
        key="occurredAt",
        mapping=path("$.timestamp"),
    )
    email: str | None = field(
        "Email Address",
        "The address of the contact who did it.",
        format="email",
        mapping=path("$.properties.email") | path("$.context.traits.email"),
    )
    utk: str | None = field("User Token", "HubSpot's cookie of the visitor who did it.")
    object_id: str | None = field(
        "Object ID", "HubSpot's ID of the record that it is about.", key="objectId"
    )
    properties: dict[str, object] | None = field(
        "Event Properties",
        "What else is known of it, by the internal names of its properties.",
        form="keyvalue:only",
    )


@hubspot.action(
    "Send custom behavioral event", slug="sendCustomBehavioralEvent", trigger='type = "track"'
)
async def send_behaviour(http: Http, behaviour: Behaviour, account: Account) -> Response:
    """Send an event that is defined in HubSpot."""
    name = event_name(behaviour.event_name, account.portal_id)
    if not (behaviour.email or behaviour.utk or behaviour.object_id):
        raise Discard("The event needs an e-mail address, a user token or an object ID.")
    body = {
        "eventName": name,
        "occurredAt": iso(behaviour.occurred_at) if behaviour.occurred_at else None,
        "utk": behaviour.utk,
        "email": behaviour.email,
        "objectId": behaviour.object_id,
        "properties": None if behaviour.properties is None else flattened(behaviour.properties),
    }
    return await http.post(address("events", "v3", "send"), json=present(body))


def event_name(name: str, portal_id: str | None) -> str:
    """Give the internal name of an event. Raises `Discard` for one of another account."""
    internal = _GAPS.sub("_", name).lower()
    if portal_id is None:
        is_internal = _INTERNAL.match(internal) is not None
    else:
        is_internal = internal.startswith(f"pe{portal_id}_")
    if not is_internal:
        raise Discard(f"The event name must begin with pe{portal_id or '<Hub ID>'}_.")
    return internal
