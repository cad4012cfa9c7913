"""The action that keeps contacts up to date."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from headgate.destinations.intercom.workspace import Workspace, intercom, members, one_contact
from headgate.kit import Discard, Http, Payload, Response, Retry, field, is_, path


class Contact(Payload):
    role: Literal["lead", "user"] = field(
        "Role",
        "A user is known by an external ID or an e-mail address; a lead need not be known.",
        choices={"lead": "Lead", "user": "User"},
    )
    external_id: str | None = field(
        "External ID",
        "Your ID of a user. Leads have none.",
        mapping=path("$.userId"),
        shown_if=is_("role", "user"),
    )
    email: str | None = field(
        "Email Address",
        "The contact's address. Finds the contact where there is no external ID.",
        format="email",
        mapping=path("$.traits.email"),
    )
    phone: str | None = field(
        "Phone Number", "The contact's phone number.", mapping=path("$.traits.phone")
    )
    name: str | None = field("Name", "The contact's name.", mapping=path("$.traits.name"))
    avatar: str | None = field(
        "Avatar",
        "The address of a picture of the contact.",
        format="uri",
        mapping=path("$.traits.avatar"),
    )
    signed_up_at: datetime | None = field("Signed Up Timestamp", "When the contact signed up.")
    last_seen_at: datetime | None = field(
        "Last Seen Timestamp", "When the contact was last seen.", mapping=path("$.timestamp")
    )
    owner_id: float | None = field("Owner ID", "The ID of the admin who looks after the contact.")
    unsubscribed_from_emails: bool | None = field(
        "Unsubscribed From Emails", "Whether the contact wants no e-mails."
    )
    custom_attributes: dict[str, object] | None = field(
        "Custom Attributes",
        "Values of attributes of your own, which must exist in Intercom.",
        form="keyvalue",
    )


@intercom.action("Identify contact", slug="identifyContact", trigger='type = "identify"')
async def identify_contact(http: Http, contact: Contact, workspace: Workspace) -> Response:
    """Create a contact, or change the one that has this external ID or e-mail address."""
    known = await one_contact(http, workspace, external_id=contact.external_id, email=contact.email)
    if known is not None:
        return await http.put(workspace.address("contacts", known), json=members(contact))
    try:
        return await http.post(workspace.address("contacts"), json=members(contact))
    except Discard as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        # Without the status, which would end the event: the engine judges by it.
        raise Retry(
            "Intercom has this contact already, and its search does not know of it yet.",
            response=error.response,
        ) from None
