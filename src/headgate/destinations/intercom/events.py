"""The action that sends what contacts do."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from headgate.destinations.intercom.workspace import Workspace, intercom, members, one_contact
from headgate.kit import Discard, Http, Payload, Response, field, path

if TYPE_CHECKING:
    from headgate.mapping import Json

_ELSEWHERE = frozenset({"email", "revenue", "currency"})
"""Metadata that has a place of its own."""


class Event(Payload):
    event_name: str = field("Event Name", "What happened.", mapping=path("$.event"))
    created_at: datetime = field(
        "Event Timestamp", "When it happened.", mapping=path("$.timestamp")
    )
    user_id: str | None = field(
        "User ID", "Your ID of the user who did it.", mapping=path("$.userId")
    )
    email: str | None = field(
        "Email Address",
        "Finds the contact where neither a user ID nor a contact ID is given.",
        format="email",
        mapping=path("$.properties.email"),
    )
    revenue: float | None = field(
        "Revenue",
        "What it brought in, in the main unit of the currency: 12.34, not 1234.",
        mapping=path("$.properties.revenue"),
    )
    currency: str | None = field(
        "Currency",
        "The code of the revenue's currency, USD unless given.",
        mapping=path("$.properties.currency"),
    )
    id: str | None = field("Contact ID", "Intercom's ID of the contact who did it.")
    metadata: dict[str, object] | None = field(
        "Event Metadata",
        "What else is known of it. Intercom keeps 10 or 20 members, by plan.",
        mapping=path("$.properties"),
    )


@intercom.action("Track event", slug="trackEvent", trigger='type = "track"')
async def track_event(http: Http, event: Event, workspace: Workspace) -> Response:
    """Send something that a contact did. Revenue becomes the member `price` of the metadata."""
    body = members(event, "revenue", "currency", "metadata")
    if event.email and not (event.user_id or event.id):
        contact = await one_contact(http, workspace, external_id=None, email=event.email)
        if contact is None:
            raise Discard("Intercom has no contact of this e-mail address, or more than one.")
        body["id"] = contact
    if (metadata := _metadata(event)) is not None:
        body["metadata"] = metadata
    return await http.post(workspace.address("events"), json=body)


def _metadata(event: Event) -> dict[str, Json] | None:
    said: dict[str, Json] | None = None
    if event.metadata is not None:
        said = {name: value for name, value in event.metadata.items() if name not in _ELSEWHERE}  # type: ignore[misc]
    if event.revenue is None:
        return said
    return {
        **(said or {}),
        "price": {"amount": cents(event.revenue), "currency": event.currency or "USD"},
    }


def cents(amount: float) -> int:
    """Give a hundred times an amount: 19.99 is 1999, whatever its binary form says."""
    return int((Decimal(str(amount)) * 100).to_integral_value(ROUND_HALF_UP))
