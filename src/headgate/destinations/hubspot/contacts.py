"""The action that keeps contacts up to date."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from headgate.destinations.hubspot.account import MOST, Account, hubspot, objects
from headgate.destinations.hubspot.batching import properties_of
from headgate.destinations.hubspot.contact_batches import upsert
from headgate.destinations.hubspot.values import Properties, flattened, trimmed
from headgate.kit import BatchResult, Discard, Http, Payload, Response, Retry, field, path
from headgate.kit.values import present

STAGE = "lifecyclestage"


class Contact(Payload):
    email: str = field(
        "Email",
        "The address of the contact, which tells one from another.",
        format="email",
        mapping=path("$.traits.email"),
    )
    company: str | None = field(
        "Company Name", "The contact's company.", mapping=path("$.traits.company")
    )
    firstname: str | None = field(
        "First Name",
        "The contact's first name.",
        mapping=path("$.traits.first_name") | path("$.traits.firstName"),
    )
    lastname: str | None = field(
        "Last Name",
        "The contact's last name.",
        mapping=path("$.traits.last_name") | path("$.traits.lastName"),
    )
    phone: str | None = field("Phone", "A phone number.", mapping=path("$.traits.phone"))
    address: str | None = field(
        "Street Address", "Street and number.", mapping=path("$.traits.address.street")
    )
    city: str | None = field("City", "The city.", mapping=path("$.traits.address.city"))
    state: str | None = field("State", "The state.", mapping=path("$.traits.address.state"))
    country: str | None = field("Country", "The country.", mapping=path("$.traits.address.country"))
    zip: str | None = field(
        "Postal Code",
        "The postal code.",
        mapping=path("$.traits.address.postalCode") | path("$.traits.address.postal_code"),
    )
    website: str | None = field(
        "Website", "The site of the contact or its company.", mapping=path("$.traits.website")
    )
    lifecyclestage: str | None = field(
        "Lifecycle Stage",
        "The internal name of how far the contact has come; it may also move back.",
    )
    properties: dict[str, object] | None = field(
        "Other properties",
        "Other properties by their internal names; they must exist in HubSpot.",
        form="keyvalue:only",
    )


def properties(contact: Contact) -> Properties:
    """Give the properties of a contact as HubSpot takes them."""
    named = present(contact.model_dump(exclude={"properties"}))
    said: Properties = {name: trimmed(value) for name, value in named.items()}
    if contact.lifecyclestage is not None:
        said[STAGE] = said[STAGE].lower()
    return said | flattened(contact.properties)


@hubspot.action("Upsert contact", slug="upsertContact", trigger='type = "identify"')
async def upsert_contact(http: Http, contact: Contact, _: Account) -> Response:
    """Change the contact that has an e-mail address, or create it."""
    said = properties(contact)
    try:
        response = await _change(http, contact, said)
    except Discard as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return await _create(http, said)
    if contact.lifecyclestage is None or not _stayed(response, said[STAGE]):
        return response
    await _change(http, contact, {STAGE: ""})  # HubSpot moves stages back only from none
    return await _change(http, contact, said)


@upsert_contact.batch(up_to=MOST)
async def upsert_contacts(http: Http, contacts: Sequence[Contact], _: Account) -> BatchResult:
    by_email: dict[str, Properties] = {}
    for contact in contacts:
        email = trimmed(contact.email).lower()
        by_email[email] = by_email.get(email, {}) | properties(contact) | {"email": email}
    results = await upsert(http, by_email)
    return [results.get(trimmed(contact.email).lower()) for contact in contacts]


async def _change(http: Http, contact: Contact, said: Properties) -> Response:
    return await http.patch(
        objects("contacts", trimmed(contact.email)),
        params={"idProperty": "email"},
        json={"properties": said},
    )


async def _create(http: Http, said: Properties) -> Response:
    try:
        return await http.post(objects("contacts"), json={"properties": said})
    except Discard as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        raise Retry("Another delivery created this contact meanwhile.") from None


def _stayed(response: Response, wanted: str) -> bool:
    """Tell whether a contact has another stage than the one that was wanted."""
    answer: Any = response.json()
    there = properties_of(answer) if isinstance(answer, dict) else {}
    return bool(there) and there.get(STAGE) != wanted
