"""Actions that keep profiles, and put them on lists."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from headgate.destinations.klaviyo.batches import send_valid
from headgate.destinations.klaviyo.connection import API, Account, errors, klaviyo, only
from headgate.destinations.klaviyo.lists import Chosen, Kept, choose, join, lists
from headgate.destinations.klaviyo.people import (
    Described,
    Location,
    a_location,
    a_phone,
    an_email,
    attributes,
)
from headgate.kit import BatchResult, Delivery, Discard, Http, Response, field, path

HOOK = "retlOnMappingSave"
IMPORT = 10_000
IMPORT_BYTES = 4_500_000
"""Klaviyo takes 10,000 profiles and 5 MB in one job."""


class Profile(Described):
    email: str | None = an_email(path("$.traits.email"))
    phone_number: str | None = a_phone(path("$.context.traits.phone"))
    first_name: str | None = field(
        "First name", "The person's first name.", mapping=path("$.traits.firstName")
    )
    last_name: str | None = field(
        "Last name", "The person's last name.", mapping=path("$.traits.lastName")
    )
    organization: str | None = field(
        "Organization", "Where the person works.", mapping=path("$.traits.company.name")
    )
    title: str | None = field(
        "Title", "What the person does there.", mapping=path("$.traits.title")
    )
    image: str | None = field(
        "Image", "The address of a picture of the person.", mapping=path("$.traits.avatar")
    )
    location: Location | None = a_location("$.traits.address")
    properties: dict[str, object] | None = field(
        "Properties", "What else is known of the person.", mapping=path("$.properties")
    )
    list_id: str | None = field("List", "A list to put the profile on.", choices=lists)
    override_list_id: str | None = field(
        "List of the event",
        "A list that the event itself names; it comes before the other.",
        hidden=True,
        mapping=path("$.integrations.Klaviyo.listId"),
    )


class Member(Described):
    email: str | None = an_email(path("$.context.traits.email"))
    phone_number: str | None = a_phone(path("$.context.traits.phone"))
    list_id: str = field(
        "List ID",
        "The list of the audience.",
        hidden=True,
        mapping=path("$.context.personas.audience_settings.listId")
        | path("$.context.personas.external_audience_id"),
    )
    first_name: str | None = field(
        "First name", "The person's first name.", mapping=path("$.properties.firstName")
    )
    last_name: str | None = field(
        "Last name", "The person's last name.", mapping=path("$.properties.lastName")
    )
    organization: str | None = field(
        "Organization", "Where the person works.", mapping=path("$.properties.company.name")
    )
    title: str | None = field(
        "Title", "What the person does there.", mapping=path("$.properties.title")
    )
    image: str | None = field(
        "Image", "The address of a picture of the person.", mapping=path("$.properties.avatar")
    )
    location: Location | None = a_location("$.properties.address")
    properties: dict[str, object] | None = field(
        "Properties", "What else is known of the person.", mapping=path("$.properties.properties")
    )


@klaviyo.action("Upsert profile", slug="upsertProfile", trigger='type = "identify"')
async def upsert_profile(http: Http, profile: Profile, _: Account, delivery: Delivery) -> Response:
    """Create a profile or change it, and put it on a list."""
    known = attributes(profile)
    try:
        answer = await http.post(f"{API}/profiles/", json=resource(known))
    except Discard as refusal:
        found = duplicate(refusal)
        answer = await http.patch(f"{API}/profiles/{found}", json=resource(known, found))
    else:
        found = ""
    if (list_id := list_of(profile, delivery)) is None:
        return answer
    return await join(http, list_id, found or only(answer)["id"])


@upsert_profile.batch(up_to=IMPORT, up_to_bytes=IMPORT_BYTES, keys=["list_id", "override_list_id"])
async def upsert_profiles(
    http: Http, profiles: Sequence[Profile], _: Account, deliveries: Sequence[Delivery]
) -> BatchResult:
    list_id = list_of(profiles[0], deliveries[0])
    return await send_valid(profiles, attributes, lambda known: bulk_import(http, known, list_id))


@upsert_profile.hook("retlOnMappingSave", "Connect a list")
async def connect_list(http: Http, chosen: Chosen, _: Account) -> Kept:
    """Choose the list that all profiles of this mapping go on, or make one."""
    return await choose(http, chosen)


@klaviyo.action(
    "Add profile to list", slug="addProfileToList", trigger='event = "Audience Entered"'
)
async def add_profile_to_list(http: Http, member: Member, _: Account) -> Response:
    """Put a profile on the list of an audience; it is created if it is not there."""
    try:
        answer = await http.post(f"{API}/profiles/", json=resource(attributes(member)))
        found: str = only(answer)["id"]
    except Discard as refusal:
        found = duplicate(refusal)
    return await join(http, member.list_id, found)


@add_profile_to_list.batch(
    up_to=IMPORT, up_to_bytes=IMPORT_BYTES, keys=["list_id"], is_default=True
)
async def add_profiles_to_list(http: Http, members: Sequence[Member], _: Account) -> BatchResult:
    list_id = members[0].list_id
    return await send_valid(members, attributes, lambda known: bulk_import(http, known, list_id))


async def bulk_import(
    http: Http, profiles: Sequence[dict[str, Any]], list_id: str | None
) -> Response:
    """Hand profiles over to be created or changed, and put on a list."""
    data: dict[str, Any] = {
        "type": "profile-bulk-import-job",
        "attributes": {"profiles": {"data": [resource(known)["data"] for known in profiles]}},
    }
    if list_id is not None:
        data["relationships"] = {"lists": {"data": [{"type": "list", "id": list_id}]}}
    return await http.post(f"{API}/profile-bulk-import-jobs/", json={"data": data})


def resource(known: dict[str, Any], profile: str = "") -> dict[str, Any]:
    """Give a profile as Klaviyo takes it; with its id, if it has one already."""
    named = {"id": profile} if profile else {}
    return {"data": {"type": "profile", **named, "attributes": known}}


def duplicate(refusal: Discard) -> str:
    """Read which profile is there already. Raises the refusal where it was another one."""
    said = errors(refusal.response)
    meta = said[0].get("meta") if said else None
    found = meta.get("duplicate_profile_id") if isinstance(meta, dict) else None
    if refusal.status != HTTPStatus.CONFLICT or not isinstance(found, str):
        raise refusal
    return found


def list_of(profile: Profile, delivery: Delivery) -> str | None:
    """Choose the list: the one saved with the mapping, the event's, or the mapping's."""
    saved = delivery.saved.get(HOOK, {}).get("id")
    return str(saved) if saved else profile.override_list_id or profile.list_id
