"""People, groups, and IDs that mean the same person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.destinations.mixpanel.account import Project, mixpanel
from headgate.destinations.mixpanel.profiles import group_profile, increments, profile
from headgate.kit import Discard, Http, Payload, Response, field, path
from headgate.kit.values import present

if TYPE_CHECKING:
    from headgate.destinations.mixpanel.properties import Properties


class Someone(Payload):
    ip: str | None = field("IP address", "Tells the place.", mapping=path("$.context.ip"))
    user_id: str | None = field(
        "User ID", "The user's ID, if known.", allow_null=True, mapping=path("$.userId")
    )
    anonymous_id: str | None = field(
        "Anonymous ID", "The device's ID.", allow_null=True, mapping=path("$.anonymousId")
    )

    @property
    def distinct_id(self) -> str:
        """Whose profile it is. Raises `Discard` when nothing says so."""
        found = self.anonymous_id if self.user_id is None else self.user_id
        if not found:
            raise Discard("There is neither a user ID nor an anonymous ID to keep a profile by.")
        return found


class Person(Someone):
    traits: dict[str, object] | None = field(
        "User properties", "Properties of the profile.", mapping=path("$.traits")
    )


class Counted(Someone):
    increment: dict[str, object] = field(
        "Increment numerical properties",
        "What to add to which property, at most 20; negative numbers subtract.",
        mapping=path("$.properties.increment"),
    )


class Group(Payload):
    group_key: str | None = field(
        "Group key", "The property by which groups are told apart, `$group_id` unless given."
    )
    group_id: str = field(
        "Group ID",
        "Which group it is, unless the group properties have a value for the group key.",
        mapping=path("$.groupId"),
    )
    traits: dict[str, object] | None = field(
        "Group properties", "Properties of the group's profile.", mapping=path("$.traits")
    )


class Names(Payload):
    alias: str | None = field(
        "Alias",
        "The ID that is to mean the same person.",
        allow_null=True,
        mapping=path("$.userId") | path("$.anonymousId"),
    )
    distinct_id: str | None = field(
        "Distinct ID", "The ID that is known already.", mapping=path("$.previousId")
    )


@mixpanel.action("Identify user", slug="identifyUser", trigger='type = "identify"')
async def identify_user(http: Http, person: Person, project: Project) -> Response:
    """Join a device's ID with the user's, and set properties of the profile."""
    joined = None
    if person.anonymous_id:
        ids = {"$identified_id": person.user_id, "$anon_id": person.anonymous_id}
        joined = await _event(http, project, "$identify", present(ids))
    if person.traits:
        return await _update(http, project, person, {"$set": profile(person.traits)})
    if joined is None:
        raise Discard("There is nothing to send: neither an anonymous ID nor user properties.")
    return joined


@mixpanel.action("Group identify user", slug="groupIdentifyUser", trigger='type = "group"')
async def group_identify_user(http: Http, group: Group, project: Project) -> Response:
    """Set properties of a group's profile."""
    if group.traits is None:
        raise Discard("There are no group properties to set.")
    said = group.traits.get(group.group_key) if group.group_key else None
    return await _send(
        http,
        project,
        "groups",
        {
            "$token": project.project_token,
            "$group_key": group.group_key or "$group_id",
            "$group_id": said or group.group_id,
            "$set": group_profile(group.traits),
        },
    )


@mixpanel.action("Alias", slug="alias")
async def alias(http: Http, names: Names, project: Project) -> Response:
    """Let two IDs mean the same person, in projects without simplified ID merge."""
    if not (names.alias and names.distinct_id):
        raise Discard("An alias needs both: the distinct ID that is known, and the new one.")
    ids = {"distinct_id": names.distinct_id, "alias": names.alias}
    return await _event(http, project, "$create_alias", ids)


@mixpanel.action("Increment properties", slug="incrementProperties", trigger='type = "track"')
async def increment_properties(http: Http, counted: Counted, project: Project) -> Response:
    """Add numbers to properties of a profile."""
    return await _update(http, project, counted, {"$add": increments(counted.increment)})


async def _event(http: Http, project: Project, name: str, ids: Properties) -> Response:
    properties = {
        **ids,
        "token": project.project_token,
        **present({"segment_source_name": project.source_name}),
    }
    return await _send(http, project, "track", {"event": name, "properties": properties})


async def _update(http: Http, project: Project, who: Someone, change: Properties) -> Response:
    body = {
        "$token": project.project_token,
        "$distinct_id": who.distinct_id,
        **present({"$ip": who.ip}),
        **change,
    }
    return await _send(http, project, "engage", body)


async def _send(http: Http, project: Project, path: str, data: dict[str, Any]) -> Response:
    """Send one record. These addresses answer 200 with the text `0` to what they refuse."""
    form = {"data": http.encode(data).decode()}
    response = await http.post(project.address(path), form=form)
    if response.text.strip() == "0":
        raise Discard("Mixpanel refused this: it answered 0.", status=200, response=response)
    return response
