"""People, their groups, and IDs that mean the same person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from headgate.destinations.amplitude import properties
from headgate.destinations.amplitude.account import Account, amplitude
from headgate.destinations.amplitude.fields import Identification, Someone, WithShortIds
from headgate.destinations.amplitude.properties import SOURCE
from headgate.kit import Http, Response, field, path
from headgate.kit.values import epoch_milliseconds, present


class Membership(Someone, WithShortIds):
    insert_id: str | None = field(
        "Insert ID", "Amplitude keeps one of what it gets twice with the same ID within 7 days."
    )
    time: datetime | None = field(
        "Timestamp", "When it happened; now, unless mapped.", mapping=path("$.timestamp")
    )
    group_properties: dict[str, object] | None = field(
        "Group properties", "Properties of the group to set.", mapping=path("$.traits")
    )
    group_type: str = field("Group type", "What kind of group it is, such as `company`.")
    group_value: str = field("Group value", "Which group it is, such as `ACME`.")


class SamePerson(WithShortIds):
    user_id: str | None = field(
        "User ID", "The ID that is to mean another person.", mapping=path("$.previousId")
    )
    global_user_id: str | None = field(
        "Global user ID", "The ID of the person it means.", mapping=path("$.userId")
    )


@amplitude.action("Identify user", slug="identifyUser", trigger='type = "identify"')
async def identify_user(http: Http, payload: Identification, account: Account) -> Response:
    """Set properties of a person without logging an event."""
    identification = {
        **properties.agent(payload),
        **properties.mapped(payload),
        **present({"platform": properties.platform(payload.platform, payload.library)}),
        "library": SOURCE,
    }
    if parts := properties.attribution(payload):
        own = properties.own(payload.user_properties)
        identification["user_properties"] = properties.merged(own, *parts)
    return await _post(http, account, "identify", payload, identification=identification)


@amplitude.action("Group identify user", slug="groupIdentifyUser", trigger='type = "group"')
async def group_identify_user(http: Http, payload: Membership, account: Account) -> Response:
    """Put a person into a group, and set properties of the group."""
    if payload.user_id or payload.device_id:
        time = epoch_milliseconds(payload.time) if payload.time else int(http.now() * 1000)
        member = {
            **payload.model_dump(exclude_unset=True, include={"device_id", "insert_id", "user_id"}),
            "groups": {payload.group_type: payload.group_value},
            "user_properties": {payload.group_type: payload.group_value},
            "time": time,
            "library": SOURCE,
        }
        await _post(http, account, "identify", payload, identification=[member])
    group = present(
        {
            "group_properties": payload.group_properties,
            "group_type": payload.group_type,
            "group_value": payload.group_value,
            "library": SOURCE,
        }
    )
    return await _post(http, account, "groupidentify", payload, identification=[group])


@amplitude.action("Map user", slug="mapUser", trigger='type = "alias"')
async def map_user(http: Http, payload: SamePerson, account: Account) -> Response:
    """Say that a user ID means the same person as another one."""
    pair = payload.model_dump(exclude_unset=True)
    return await _post(http, account, "usermap", payload, mapping=[pair])


async def _post(
    http: Http, account: Account, path: str, payload: WithShortIds, **said: Any
) -> Response:
    form = {"api_key": account.api_key, **{k: http.encode(v).decode() for k, v in said.items()}}
    if payload.min_id_length and payload.min_id_length > 0:
        form["options"] = http.encode({"min_id_length": payload.min_id_length}).decode()
    address = account.user_map if path == "usermap" else account.address(path)
    return await http.post(address, form=form)
