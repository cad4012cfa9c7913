"""Intercom's workspace: where it is, who may write to it, and how contacts are found there."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote

from headgate.kit import (
    Destination,
    Discard,
    ForgottenUser,
    Http,
    Listing,
    OAuth2,
    Payload,
    Response,
    Settings,
    field,
)
from headgate.kit.values import epoch_seconds, present

if TYPE_CHECKING:
    from headgate.mapping import Json

_HOSTS = {"us": "api.intercom.io", "eu": "api.eu.intercom.io", "au": "api.au.intercom.io"}


class Workspace(Settings):
    region: Literal["us", "eu", "au"] = field(
        "Region",
        "Where the workspace is kept.",
        choices={"us": "United States", "eu": "Europe", "au": "Australia"},
        default="us",
    )

    def address(self, *steps: str) -> str:
        """Give the address of a path, given by its steps."""
        path = "/".join(quote(step, safe="") for step in steps)
        return f"https://{_HOSTS[self.region]}/{path}"


intercom = Destination(
    "Intercom",
    settings=Workspace,
    docs="https://developers.intercom.com/docs/references/rest-api/api.intercom.io",
    description="Keep contacts and companies up to date, and send what contacts do.",
    listing=Listing(
        categories=("Customer Success", "Livechat"),
        website="https://www.intercom.com",
        calls=("identify", "group", "track"),
        previous_names=("Intercom Cloud Mode (Actions)",),
        glyph=("I", "#1f8ded"),
    ),
    auth=OAuth2(
        authorize="https://app.intercom.com/oauth",
        token="https://api.intercom.io/auth/eagle/token",  # noqa: S106 - an address
    ),
)


@intercom.check
async def check(http: Http, workspace: Workspace) -> Response:
    """Ask whose token it is."""
    return await http.get(workspace.address("me"))


@intercom.forget
async def forget(http: Http, user: ForgottenUser, workspace: Workspace) -> Response:
    """Delete the contact that has a user ID as its external ID."""
    if not user.user_id:
        raise Discard("Intercom deletes people by their user ID, and this request has none.")
    found = await search(http, workspace, external_id=user.user_id)
    if found.contact is not None:
        return await http.delete(workspace.address("contacts", found.contact))
    if found.total > 1:
        raise Discard("Several contacts have this user ID: delete them in Intercom.")
    return found.response


class Found(NamedTuple):
    """What a search found: the ID of the one contact, if it is one."""

    response: Response
    total: int
    contact: str | None


async def search(
    http: Http, workspace: Workspace, *, external_id: str | None = None, email: str | None = None
) -> Found:
    """Look for a contact by its external ID, or by its e-mail address where there is none."""
    name, value = ("external_id", external_id) if external_id else ("email", email)
    query = {"field": name, "operator": "=", "value": value}
    response = await http.post(workspace.address("contacts", "search"), json={"query": query})
    answer: Any = response.json()
    count = answer.get("total_count") if isinstance(answer, dict) else None
    if not isinstance(count, int):
        return Found(response, 0, None)
    return Found(response, count, str(answer["data"][0]["id"]) if count == 1 else None)


async def one_contact(
    http: Http, workspace: Workspace, *, external_id: str | None, email: str | None
) -> str | None:
    """Give the ID of the one contact that is meant; None where it is none, or not one."""
    if not (external_id or email):
        return None
    return (await search(http, workspace, external_id=external_id, email=email)).contact


def members(payload: Payload, *without: str) -> dict[str, Json]:
    """Give what a payload says, as Intercom takes it: moments in seconds since 1970."""
    said = payload.model_dump(by_alias=True, exclude=set(without))
    return present({name: _written(value) for name, value in said.items()})


def _written(value: Any) -> Json:
    return epoch_seconds(value) if isinstance(value, datetime) else value
