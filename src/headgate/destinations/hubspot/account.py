"""HubSpot's account: who may write to it, and the addresses of its API."""

from __future__ import annotations

from urllib.parse import quote

from headgate.kit import Destination, Http, Listing, OAuth2, Response, Settings, field

HOST = "https://api.hubapi.com"
MOST = 100
"""Records that HubSpot takes in one request."""
LONG = 8_000_000
"""Bytes that an answer about many records, or all properties of a type, may have."""


class Account(Settings):
    portal_id: str | None = field(
        "Hub ID",
        "The number of the account. Names of behavioral events must then begin with it.",
        key="portalId",
    )


hubspot = Destination(
    "HubSpot",
    slug="hubspot",
    settings=Account,
    docs="https://developers.hubspot.com/docs/api-reference/overview",
    description="Keep contacts, companies and other records up to date, and send events.",
    listing=Listing(
        categories=("CRM", "Email Marketing"),
        website="https://www.hubspot.com",
        calls=("identify", "group", "track"),
        previous_names=("HubSpot Cloud Mode (Actions)",),
        glyph=("H", "#ff7a59"),
    ),
    auth=OAuth2(
        authorize="https://app.hubspot.com/oauth/authorize",
        token=f"{HOST}/oauth/v1/token",
        scopes=(
            "oauth",
            "crm.objects.contacts.read",
            "crm.objects.contacts.write",
            "crm.objects.companies.read",
            "crm.objects.companies.write",
            "crm.objects.custom.read",
            "crm.objects.custom.write",
            "crm.schemas.contacts.read",
            "crm.schemas.contacts.write",
            "crm.schemas.companies.read",
            "crm.schemas.companies.write",
            "crm.schemas.custom.read",
            "analytics.behavioral_events.send",
            "behavioral_events.event_definitions.read_write",
        ),
    ),
)


@hubspot.check
async def check(http: Http, _: Account) -> Response:
    """Ask for one contact; whether there is one does not matter."""
    return await http.get(f"{HOST}/crm/v3/objects/contacts", params={"limit": 1})


def objects(*steps: str) -> str:
    """Give the address of records: their type, then an ID, or what is asked of many."""
    return address("crm", "v3", "objects", *steps)


def address(*steps: str) -> str:
    return "/".join([HOST, *(quote(step, safe="@") for step in steps)])
