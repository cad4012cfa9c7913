"""The action that keeps companies up to date, and puts contacts into them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from headgate.destinations.hubspot.account import Account, hubspot, objects
from headgate.destinations.hubspot.group_id import (
    GROUP_ID,
    create_property,
    ensured,
    is_missing,
)
from headgate.destinations.hubspot.search import search
from headgate.destinations.hubspot.values import Properties, flattened, trimmed
from headgate.kit import Delivery, Discard, Http, Payload, Response, Retry, field, path
from headgate.kit.values import present

_SHOWN = ("name", "domain", "lifecyclestage", GROUP_ID)


class Company(Payload):
    groupid: str = field(
        "Unique Company Identifier",
        "Your ID of the company. HubSpot keeps it in a property that is made for it.",
        mapping=path("$.groupId") | path("$.context.groupId"),
    )
    create_new_company: bool = field(
        "Create Company if Not Found",
        "Whether to create a company where none is found.",
        key="createNewCompany",
        mapping=True,
    )
    associate_contact: bool = field(
        "Associate Contact with Company",
        "Whether to put the contact of the event into the company.",
        key="associateContact",
        mapping=True,
    )
    contact_email: str | None = field(
        "Contact Email",
        "The address of the contact to put into the company.",
        mapping=path("$.context.traits.email") | path("$.traits.email"),
    )
    companysearchfields: dict[str, object] | None = field(
        "Company Search Fields",
        "Values that tell a company that has no ID of yours. Any of them is enough.",
        form="keyvalue:only",
    )
    name: str | None = field("Company Name", "Its name.", mapping=path("$.traits.name"))
    description: str | None = field(
        "Company Description", "What it does.", mapping=path("$.traits.description")
    )
    address: str | None = field(
        "Street Address", "Street and number.", mapping=path("$.traits.address.street")
    )
    city: str | None = field("City", "The city.", mapping=path("$.traits.address.city"))
    state: str | None = field("State", "The state.", mapping=path("$.traits.address.state"))
    zip: str | None = field(
        "Postal Code",
        "The postal code.",
        mapping=path("$.traits.address.postalCode") | path("$.traits.address.postal_code"),
    )
    domain: str | None = field("Domain", "The name of its site.", mapping=path("$.traits.website"))
    phone: str | None = field("Phone", "A phone number.", mapping=path("$.traits.phone"))
    numberofemployees: int | None = field(
        "Number of Employees", "How many people work there.", mapping=path("$.traits.employees")
    )
    industry: str | None = field(
        "Industry", "The trade it is in.", mapping=path("$.traits.industry")
    )
    lifecyclestage: str | None = field(
        "Lifecycle Stage", "The internal name of how far the company has come."
    )
    properties: dict[str, object] | None = field(
        "Other Properties",
        f"Other properties by their internal names, except {GROUP_ID}.",
        form="keyvalue:only",
        allow_null=False,
    )


_OF_ACTION = {
    "groupid",
    "create_new_company",
    "associate_contact",
    "contact_email",
    "companysearchfields",
    "properties",
}


def properties(company: Company) -> Properties:
    """Give the properties of a company as HubSpot takes them."""
    if (company.properties or {}).get(GROUP_ID):
        raise Discard(f"{GROUP_ID} holds the ID of the company: leave it out of properties.")
    named = present(company.model_dump(exclude=_OF_ACTION))
    said: Properties = {k: trimmed(v) if isinstance(v, str) else v for k, v in named.items()}
    if company.lifecyclestage is not None:
        said["lifecyclestage"] = said["lifecyclestage"].lower()
    return {**said, GROUP_ID: company.groupid, **flattened(company.properties)}


@hubspot.action("Upsert company", slug="upsertCompany", trigger='type = "group"')
async def upsert_company(http: Http, company: Company, _: Account, delivery: Delivery) -> Response:
    """Change the company that has your ID, or one that a search finds, or create it."""
    said = properties(company)
    contact = await _contact(http, company, delivery) if company.associate_contact else None
    response = await _by_group(http, company, said) or await _otherwise(http, company, said)
    if contact is None:
        return response
    steps = (_id(response), "associations", "contacts", contact, "company_to_contact")
    return await http.put(objects("companies", *steps))


async def _contact(http: Http, company: Company, delivery: Delivery) -> str:
    """Give the ID of the contact to put into the company."""
    email = company.contact_email or _email(delivery.event)
    if not email:
        raise Discard("There is no e-mail address of the contact to put into the company.")
    try:
        response = await http.get(objects("contacts", email), params={"idProperty": "email"})
    except Discard as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        raise Retry("HubSpot has no contact of this e-mail address yet.") from None
    return _id(response)


def _email(event: Mapping[str, Any]) -> str | None:
    """Look for an address in the event, for mappings that do not name one."""
    context = event.get("context")
    for traits in ((context or {}).get("traits"), event.get("traits")):
        email = traits.get("email") if isinstance(traits, dict) else None
        if isinstance(email, str) and email:
            return email
    return None


async def _by_group(http: Http, company: Company, said: Properties) -> Response | None:
    """Change the company that has the ID; None where there is none."""
    try:
        return await http.patch(
            objects("companies", company.groupid),
            params={"idProperty": GROUP_ID},
            json={"properties": said},
        )
    except Discard as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        if not is_missing(error):
            raise
    await create_property(http)
    raise Retry(f"The property {GROUP_ID} was missing in HubSpot, and is created now.")


async def _otherwise(http: Http, company: Company, said: Properties) -> Response:
    """Change the company that a search finds, or create one."""
    if fields := company.companysearchfields:
        found = await search(http, "companies", fields, properties=_SHOWN, sorts=("name",))
        if found.total > 1:
            raise Discard("The search fields fit more than one company: none was changed.")
        if found.first is not None:
            known = objects("companies", found.first)
            return await ensured(http, lambda: http.patch(known, json={"properties": said}))
    if not company.create_new_company:
        raise Discard("HubSpot has no such company, and the mapping lets none be created.")
    body = {"properties": said, "associations": []}
    return await ensured(http, lambda: http.post(objects("companies"), json=body))


def _id(response: Response) -> str:
    answer: Any = response.json()
    found = answer.get("id") if isinstance(answer, dict) else None
    if not found:
        raise Retry("HubSpot did not say which record it is.", response=response)
    return str(found)
