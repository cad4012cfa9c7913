"""Klaviyo's account: how requests reach it, and how it forgets people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from headgate.kit import (
    AudienceMode,
    Destination,
    Discard,
    ForgottenUser,
    Http,
    Listing,
    Response,
    Retry,
    Settings,
    field,
)

if TYPE_CHECKING:
    from headgate.mapping import Json

API = "https://a.klaviyo.com/api"
PAGE = 100
"""The most profiles that one answer lists; 20 come unless more are asked for."""
_USUAL_PAGE = 20


class Account(Settings):
    api_key: str = field(
        "API key",
        "A private key from Settings, API keys, with full access to events, lists, profiles and "
        "subscriptions.",
        secret=True,
    )


class Audience(Settings):
    list_id: str | None = field(
        "List ID", "A list that is there already; without it, one is made.", key="listId"
    )


klaviyo = Destination(
    "Klaviyo",
    slug="klaviyo",
    settings=Account,
    docs="https://developers.klaviyo.com/en/reference/api_overview",
    description="Keep profiles, lists and consent up to date, and send what people do.",
    listing=Listing(
        categories=("Email Marketing", "SMS & Push Notifications", "Marketing Automation"),
        website="https://www.klaviyo.com",
        calls=("track", "identify"),
        glyph=("Kl", "#232426"),
        previous_names=("Klaviyo (Actions)",),
    ),
    headers=lambda account: {
        "Authorization": f"Klaviyo-API-Key {account.api_key}",
        "Accept": "application/json",
        "revision": "2025-01-15",
    },
    audiences=AudienceMode("synced"),
    audience_settings=Audience,
)


@klaviyo.check
async def check(http: Http, _: Account) -> Response:
    return await http.get(f"{API}/accounts/")


@klaviyo.forget
async def forget(http: Http, user: ForgottenUser, _: Account) -> Response:
    """Delete the profiles that have the user id as their external id."""
    if not user.user_id:
        raise Discard("Klaviyo knows people by their user id, and this request has none.")
    answer = await http.get(having("external_id", [user.user_id]))
    for profile in ids(answer):
        attributes = {"profile": {"data": {"type": "profile", "id": profile}}}
        job = {"type": "data-privacy-deletion-job", "attributes": attributes}
        answer = await http.post(f"{API}/data-privacy-deletion-jobs/", json={"data": job})
    return answer


def having(name: str, values: Iterable[str]) -> str:
    """Give the address of the profiles with one of up to 100 values of an identifier."""
    wanted = [*values]
    listed = json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
    page = f"&page[size]={PAGE}" if len(wanted) > _USUAL_PAGE else ""
    return f"{API}/profiles/?filter={quote(f'any({name},{listed})', safe='(),[]@:/')}{page}"


def ids(answer: Response) -> list[str]:
    """Read the ids of the profiles that an answer lists."""
    found = _member(answer.json(), "data")
    if not isinstance(found, list):
        raise Retry("Klaviyo's answer lists no profiles.", status=answer.status, response=answer)
    return [str(each["id"]) for each in found if isinstance(each, dict) and each.get("id")]


def only(answer: Response) -> dict[str, Any]:
    """Read the one thing that an answer is about."""
    found = _member(answer.json(), "data")
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise Retry("Klaviyo's answer names no id.", status=answer.status, response=answer)
    return found


def errors(answer: Response | None) -> list[dict[str, Any]]:
    """Read what an answer says is wrong; nothing where it does not say."""
    try:
        said = _member(answer.json(), "errors") if answer else None
    except Retry:
        return []
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _member(json: Json, name: str) -> Json:
    return json.get(name) if isinstance(json, dict) else None
