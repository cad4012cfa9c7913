"""Klaviyo's lists: offered as choices, made for audiences, and joined by profiles."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from headgate.destinations.klaviyo.connection import API, Account, Audience, klaviyo, only
from headgate.kit import (
    AudienceRequest,
    Choice,
    Choices,
    Discard,
    Fields,
    Http,
    Response,
    Search,
    field,
)


async def lists(http: Http, _: Account, search: Search) -> Choices:
    """Offer the account's lists, ten at a time."""
    page = {"page[cursor]": search.page} if search.page else {}
    answer: Any = (await http.get(f"{API}/lists/", params=page)).json()
    found = [Choice(each["id"], _name(each) or "") for each in answer.get("data", ())]
    return Choices(found, next_page=_cursor((answer.get("links") or {}).get("next")))


def _cursor(link: str | None) -> str:
    """Read the cursor of the next page off its address."""
    return parse_qs(urlsplit(link or "").query).get("page[cursor]", [""])[0]


def of_list(list_id: str) -> str:
    """Give the address of a list."""
    return f"{API}/lists/{quote(list_id, safe='')}"


def references(profiles: list[str]) -> dict[str, object]:
    return {"data": [{"type": "profile", "id": profile} for profile in profiles]}


async def join(http: Http, list_id: str, profile: str) -> Response:
    """Put a profile on a list."""
    address = f"{of_list(list_id)}/relationships/profiles/"
    return await http.post(address, json=references([profile]))


async def leave(http: Http, list_id: str, profiles: list[str]) -> Response:
    """Take profiles off a list."""
    address = f"{of_list(list_id)}/relationships/profiles/"
    return await http.delete(address, json=references(profiles))


async def make(http: Http, name: str) -> dict[str, Any]:
    """Make a list, and give it."""
    data = {"type": "list", "attributes": {"name": name}}
    return only(await http.post(f"{API}/lists", json={"data": data}))


@klaviyo.create_audience
async def create_audience(
    http: Http, audience: AudienceRequest, _: Account, settings: Audience
) -> str:
    """Make the list of an audience, unless its settings name one."""
    if settings.list_id is not None:
        return settings.list_id
    if not audience.name:
        raise Discard("A list needs a name: give the audience one.")
    return str((await make(http, audience.name))["id"])


@klaviyo.get_audience
async def get_audience(
    http: Http, audience: AudienceRequest, _: Account, settings: Audience
) -> str:
    """Find the list of an audience."""
    wanted = settings.list_id or audience.external_id
    found = str(only(await http.get(of_list(wanted)))["id"])
    if found != wanted:
        raise Discard(f"Klaviyo gave the list {found} for {wanted}: check the audience's list ID.")
    return found


class Chosen(Fields):
    list_identifier: str | None = field("Existing list", "Profiles go on this list.", choices=lists)
    list_name: str | None = field("New list", "The name of a list to make, where none is chosen.")


class Kept(Fields):
    id: str | None = field("List ID", "The list that profiles go on.")
    name: str | None = field("List name", "What the list is called.")


async def choose(http: Http, chosen: Chosen) -> Kept:
    """Find the list that was chosen, or make the one that was named."""
    if chosen.list_identifier is not None:
        found = only(await http.get(of_list(chosen.list_identifier)))
        return Kept(id=found["id"], name=_name(found))
    if chosen.list_name is None:
        raise Discard("Choose a list, or give the name of a new one.")
    made = await make(http, chosen.list_name)
    return Kept(id=made["id"], name=_name(made) or chosen.list_name)


def _name(found: dict[str, Any]) -> str | None:
    attributes = found.get("attributes")
    return attributes.get("name") if isinstance(attributes, dict) else None
