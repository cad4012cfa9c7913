"""Actions that start campaigns and canvases."""

from __future__ import annotations

from typing import Any, Literal

from headgate.destinations.braze.account import LONG, Account, braze
from headgate.destinations.braze.answers import told
from headgate.destinations.braze.people import Alias
from headgate.kit import (
    Choice,
    Choices,
    Discard,
    Fields,
    Http,
    Payload,
    Response,
    Search,
    all_of,
    field,
    is_,
    is_empty,
    is_not,
    path,
)

Priority = Literal["identified", "unidentified", "most_recently_updated", "least_recently_updated"]
_PRIORITIES = {
    "identified": "Identified",
    "unidentified": "Unidentified",
    "most_recently_updated": "Most recently updated",
    "least_recently_updated": "Least recently updated",
}
_NOT_ALL = is_not("broadcast", value=True)


async def campaigns(http: Http, account: Account, search: Search) -> Choices:
    """The campaigns of the workspace, a hundred on each page."""
    return await _listed(http, account, "campaigns", search)


async def canvases(http: Http, account: Account, search: Search) -> Choices:
    """The canvases of the workspace, a hundred on each page."""
    return await _listed(http, account, "canvases", search)


async def _listed(http: Http, account: Account, what: str, search: Search) -> Choices:
    page = int(search.page or 0)
    folder = {"campaigns": "campaigns", "canvases": "canvas"}[what]
    response = await http.get(
        f"{account.endpoint}/{folder}/list", params={"page": page}, max_body=LONG
    )
    answer: Any = response.json()
    found = answer.get(what) if isinstance(answer, dict) else None
    there = [each for each in (found if isinstance(found, list) else ()) if each.get("id")]
    named = [Choice(each["id"], str(each.get("name") or each["id"])) for each in there]
    return Choices(named, next_page=str(page + 1) if len(there) == _ON_A_PAGE else "")


_ON_A_PAGE = 100


class Prioritization(Fields):
    first_priority: Priority | None = field(
        "First Priority", "Which profile of an e-mail address is meant.", choices=_PRIORITIES
    )
    second_priority: Priority | None = field(
        "Second Priority", "Which of those is meant.", choices=_PRIORITIES
    )


class Attachment(Fields):
    file_name: str = field("File Name", "What the file is called in the e-mail.")
    url: str = field("URL", "Where Braze gets it from.")


class Recipient(Fields):
    external_user_id: str | None = field(
        "External User ID", "Your ID of the person.", mapping=path("$.userId")
    )
    email: str | None = field(
        "Email", "The person's e-mail address.", mapping=path("$.traits.email")
    )
    send_to_existing_only: bool | None = field(
        "Send to Existing Only", "Whether a person whom Braze does not know gets nothing."
    )
    attributes: dict[str, object] | None = field(
        "User Attributes", "Attributes to set before the message goes out."
    )


class CampaignRecipient(Recipient):
    user_alias: dict[str, object] | None = field(
        "User Alias", "Another name of the person: `alias_name` and `alias_label`."
    )
    trigger_properties: dict[str, object] | None = field(
        "User Trigger Properties", "Values for the message of this person."
    )


class CanvasAlias(Alias):
    alias_name: str | None = field(
        "Alias Name", "The name itself.", mapping=path("$.traits.braze_alias")
    )
    alias_label: str | None = field(
        "Alias Label", "What kind of name it is.", mapping=path("$.traits.braze_alias_label")
    )


class CanvasRecipient(Recipient):
    user_alias: CanvasAlias | None = field("User Alias", "Another name of the person.")
    canvas_entry_properties: dict[str, object] | None = field(
        "Canvas Entry Properties", "Values for the canvas of this person."
    )


class Campaign(Payload):
    campaign_id: str = field("Campaign ID", "Which campaign to start.", choices=campaigns)
    send_id: str | None = field("Send ID", "What the statistics call this sending.")
    trigger_properties: dict[str, object] | None = field(
        "Trigger Properties", "Values for the message.", mapping=path("$.properties")
    )
    broadcast: bool | None = field(
        "Broadcast",
        "Whether it goes to the whole audience of the campaign.",
        required_if=all_of(is_empty("recipients"), is_empty("audience")),
        shown_if=is_empty("recipients"),
    )
    attachments: list[Attachment] | None = field("Attachments", "Files of an e-mail.")
    recipients: list[CampaignRecipient] | None = field(
        "Recipients", "The people who get it.", shown_if=_NOT_ALL
    )
    prioritization: Prioritization | None = field(
        "Prioritization",
        "Which profile is meant where several have an e-mail address.",
        shown_if=_NOT_ALL,
    )
    audience: dict[str, object] | None = field(
        "Audience",
        "A filter of the people who get it, as Braze writes it.",
        shown_if=all_of(is_empty("recipients"), is_("broadcast", value=True)),
    )


class Canvas(Payload):
    canvas_id: str = field("Canvas ID", "Which canvas to start.", choices=canvases)
    canvas_entry_properties: dict[str, object] | None = field(
        "Canvas Entry Properties", "Values for the canvas.", mapping=path("$.properties")
    )
    broadcast: bool | None = field(
        "Broadcast", "Whether the whole audience of the canvas enters it."
    )
    recipients: list[CanvasRecipient] | None = field(
        "Recipients", "The people who enter it.", required_if=_NOT_ALL, shown_if=_NOT_ALL
    )
    prioritization: Prioritization | None = field(
        "Prioritization",
        "Which profile is meant where several have an e-mail address.",
        shown_if=_NOT_ALL,
    )
    audience: dict[str, object] | None = field(
        "Audience", "A filter of the people who enter it, as Braze writes it."
    )


@braze.action("Trigger campaign", slug="triggerCampaign", trigger='type = "track"')
async def trigger_campaign(http: Http, campaign: Campaign, account: Account) -> Response:
    """Start a campaign that is triggered by the API."""
    return await told(http, f"{account.endpoint}/campaigns/trigger/send", message(campaign))


@braze.action("Trigger canvas", slug="triggerCanvas", trigger='type = "track"')
async def trigger_canvas(http: Http, canvas: Canvas, account: Account) -> Response:
    """Start a canvas that is triggered by the API."""
    return await told(http, f"{account.endpoint}/canvas/trigger/send", message(canvas))


def message(payload: Campaign | Canvas) -> dict[str, Any]:
    """Give the body that starts a message; each recipient has the priorities."""
    if not (payload.broadcast or payload.recipients):
        raise Discard("Either broadcast must be true, or there must be recipients.")
    if payload.broadcast and payload.recipients:
        raise Discard("With broadcast, there can be no recipients.")
    body = payload.model_dump(exclude_unset=True)
    if not payload.recipients or payload.prioritization is None:
        return body
    its = payload.prioritization
    order = [one for one in (its.first_priority, its.second_priority) if one]
    body["recipients"] = [{**each, "prioritization": order} for each in body["recipients"]]
    del body["prioritization"]
    return body
