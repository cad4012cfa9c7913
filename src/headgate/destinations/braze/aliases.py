"""Actions that give people other names, and join names with people."""

from __future__ import annotations

from typing import Any, Literal

from headgate.destinations.braze.account import Account, braze
from headgate.destinations.braze.answers import told
from headgate.destinations.braze.people import WholeAlias
from headgate.kit import (
    Delivery,
    Fields,
    Http,
    Payload,
    Response,
    SyncModes,
    field,
    is_empty,
    is_filled,
)
from headgate.kit.values import present

_NEW = 'event = "Create Alias"'
_ADD = SyncModes(
    "How to sync records",
    {"add": "Create aliases"},
    default="add",
    description="What may become of aliases.",
)
_IDENTIFY = SyncModes(
    "How to identify Users",
    {"add": "Create people", "upsert": "Create and update people"},
    default="add",
    description="What may become of people.",
)
Priority = Literal["unidentified", "most_recently_updated", "least_recently_updated"]
_PRIORITIES = {
    "unidentified": "Unidentified",
    "most_recently_updated": "Most recently updated",
    "least_recently_updated": "Least recently updated",
}


class Name(Payload):
    external_id: str | None = field(
        "External ID", "Your ID of the person, who may also have none yet.", allow_null=True
    )
    alias_name: str = field("Alias Name", "The name itself.")
    alias_label: str = field("Alias Label", "What kind of name it is.")


class Identified(Payload):
    external_id: str = field("External ID", "Your ID of the person.")
    merge_behavior: Literal["none", "merge"] | None = field(
        "Merge Behavior",
        "Whether what was known under the name becomes part of the person.",
        choices={"none": "None", "merge": "Merge"},
    )


class Identification(Identified):
    user_alias: WholeAlias = field("User Alias Object", "The name that was the person's.")


class Prioritization(Fields):
    first_priority: Priority | None = field(
        "First Priority", "Which profile of the address is meant.", choices=_PRIORITIES
    )
    second_priority: Priority | None = field(
        "Second Priority", "Which of those is meant.", choices=_PRIORITIES
    )


class WiderIdentification(Identified):
    user_alias: WholeAlias | None = field(
        "User Alias Object",
        "The name that was the person's.",
        required_if=is_empty("email_to_identify"),
    )
    email_to_identify: str | None = field(
        "Email to Identify",
        "The e-mail address that was the person's.",
        required_if=is_empty("user_alias"),
    )
    prioritization: Prioritization | None = field(
        "Prioritization",
        "Which profile is meant where several have the address.",
        required_if=is_filled("email_to_identify"),
        shown_if=is_filled("email_to_identify"),
    )


@braze.action("Create alias", slug="createAlias", trigger=_NEW)
async def create_alias(http: Http, name: Name, account: Account) -> Response:
    """Give a person another name."""
    return await _create(http, name, account)


@braze.action("Create alias V2", slug="createAlias2", trigger=_NEW, sync_modes=_ADD)
async def create_alias_2(http: Http, name: Name, account: Account, delivery: Delivery) -> Response:
    """Give a person another name."""
    _ADD.chosen(delivery.sync_mode)
    return await _create(http, name, account)


async def _create(http: Http, name: Name, account: Account) -> Response:
    alias = present(name.model_dump())
    return await told(http, f"{account.endpoint}/users/alias/new", {"user_aliases": [alias]})


@braze.action("Identify user", slug="identifyUser")
async def identify_user(http: Http, it: Identification, account: Account) -> Response:
    """Join a name with a person whose ID is known now."""
    alias = {"external_id": it.external_id, "user_alias": it.user_alias.model_dump()}
    body = {"aliases_to_identify": [alias], "merge_behavior": it.merge_behavior}
    return await told(http, f"{account.endpoint}/users/identify", present(body))


@braze.action("Identify user V2", slug="identifyUser2", sync_modes=_IDENTIFY)
async def identify_user_2(
    http: Http, it: WiderIdentification, account: Account, delivery: Delivery
) -> Response:
    """Join a name or an e-mail address with a person whose ID is known now."""
    _IDENTIFY.chosen(delivery.sync_mode)
    body: dict[str, Any] = present({"merge_behavior": it.merge_behavior})
    if it.user_alias is not None:
        alias = {"external_id": it.external_id, "user_alias": it.user_alias.model_dump()}
        body["aliases_to_identify"] = [alias]
    if it.email_to_identify:
        email = {"external_id": it.external_id, "email": it.email_to_identify}
        body["emails_to_identify"] = [{**email, "prioritization": _order(it.prioritization)}]
    return await told(http, f"{account.endpoint}/users/identify", body)


def _order(priorities: Prioritization | None) -> list[str]:
    if priorities is None:
        return []
    return [one for one in (priorities.first_priority, priorities.second_priority) if one]
