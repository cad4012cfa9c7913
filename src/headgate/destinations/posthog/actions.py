"""What PostHog takes: events, and events that say something of people and groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Literal, TypeAlias

from pydantic import field_validator

from headgate.destinations.posthog.project import Project, posthog
from headgate.kit import Http, Payload, Response, field, is_, path
from headgate.kit.values import iso, present

Properties: TypeAlias = dict[str, Any]

_NAMES = {"page": "$pageview", "screen": "$screen"}


class Placed(Payload):
    timestamp: datetime | None = field(
        "Timestamp", "When it happened; now, unless mapped.", mapping=path("$.timestamp")
    )
    ip_address: str | None = field(
        "IP address",
        "Tells the place.",
        allow_null=True,
        mapping=path("$.context.ip"),
    )

    @field_validator("ip_address")
    @classmethod
    def _is_an_address(cls, text: str | None) -> str | None:
        if text:
            ip_address(text)
        return text


class Event(Placed):
    event_type: Literal["track", "page", "screen"] = field(
        "Event type",
        "`page` and `screen` are PostHog's own events, whatever the event name says.",
        hidden=True,
        mapping="track",
    )
    event_name: str = field("Event name", "What happened.", mapping=path("$.event"))
    distinct_id: str = field("Distinct ID", "Whose event it is.", mapping=path("$.userId"))
    properties: dict[str, object] | None = field(
        "Properties", "Properties of the event.", mapping=path("$.properties")
    )
    current_url: str | None = field(
        "Current URL",
        "The address of the page.",
        required_if=is_("event_type", "page"),
        shown_if=is_("event_type", "page"),
        mapping=path("$.context.page.url"),
    )
    screen_name: str | None = field(
        "Screen name",
        "The name of the screen.",
        required_if=is_("event_type", "screen"),
        shown_if=is_("event_type", "screen"),
        mapping=path("$.name"),
    )
    anonymous_event_capture: bool = field(
        "Keep person profile",
        "True makes or updates the person's profile; false keeps the event anonymous.",
        mapping=False,
    )
    timestamp: datetime | None = field(
        "Timestamp", "When it happened; now, unless mapped.", mapping=path("$.receivedAt")
    )


class Person(Placed):
    distinct_id: str = field("Distinct ID", "Who it is.", mapping=path("$.userId"))
    properties: dict[str, object] = field(
        "Properties", "Properties of the person to set.", mapping=path("$.traits")
    )


class Group(Placed):
    group_type: str = field(
        "Group type", "What kind of group it is, as the project names it.", mapping="company"
    )
    group_key: str = field("Group key", "Which group it is.", mapping=path("$.groupId"))
    distinct_id: str = field(
        "Distinct ID", "Who says so.", mapping=path("$.userId") | path("$.anonymousId")
    )
    properties: dict[str, object] | None = field(
        "Properties", "Properties of the group to set.", mapping=path("$.traits")
    )


class Alias(Placed):
    distinct_id: str = field("Distinct ID", "Who it is from now on.", mapping=path("$.userId"))
    alias: str = field(
        "Alias",
        "The ID that means the same person; not one that was identified before.",
        mapping=path("$.previousId"),
    )


@posthog.action("Track event", trigger='type = "track"')
async def event(http: Http, payload: Event, project: Project) -> Response:
    """Send an event, a page view or a screen view."""
    return await _send_batch(http, [payload], project)


@event.batch(up_to=100)
async def events(http: Http, payloads: Sequence[Event], project: Project) -> Response:
    return await _send_batch(http, payloads, project)


@posthog.action("Identify")
async def identify(http: Http, person: Person, project: Project) -> Response:
    """Set properties of a person."""
    return await _send(http, "$identify", person, {"$set": person.properties}, project)


@posthog.action("Group", trigger='type = "group"')
async def group(http: Http, group: Group, project: Project) -> Response:
    """Set properties of a group."""
    properties = {
        "$group_type": group.group_type,
        "$group_key": group.group_key,
        "$group_set": group.properties or {},
    }
    return await _send(http, "$groupidentify", group, properties, project)


@posthog.action("Alias", trigger='type = "alias"')
async def alias(http: Http, alias: Alias, project: Project) -> Response:
    """Let two IDs mean the same person."""
    return await _send(http, "$create_alias", alias, {"alias": alias.alias}, project)


async def _send_batch(http: Http, payloads: Sequence[Event], project: Project) -> Response:
    body = {
        "api_key": project.api_key,
        **present({"historical_migration": project.historical_migration}),
        "batch": [_event(payload, project) for payload in payloads],
    }
    return await http.post(project.address("batch/"), json=body)


async def _send(
    http: Http, name: str, of: Person | Group | Alias, properties: Properties, project: Project
) -> Response:
    body = {
        "event": name,
        "api_key": project.api_key,
        "distinct_id": of.distinct_id,
        "properties": {**properties, **_place(of, project)},
        **_moment(of),
    }
    return await http.post(project.address("i/v0/e/"), json=body)


def _event(payload: Event, project: Project) -> Properties:
    properties = {
        **(payload.properties or {}),
        **_viewed(payload),
        "distinct_id": payload.distinct_id,
        "$process_person_profile": payload.anonymous_event_capture,
        **_place(payload, project),
    }
    name = _NAMES.get(payload.event_type, payload.event_name)
    return {"event": name, **_moment(payload), "properties": properties}


def _viewed(payload: Event) -> Properties:
    if payload.event_type == "page":
        return present({"$current_url": payload.current_url})
    return present({"$screen_name": payload.screen_name}) if payload.event_type == "screen" else {}


def _place(of: Placed, project: Project) -> Properties:
    off = {"$geoip_disable": True} if project.geoip_disable else {}
    return {**off, "$ip": of.ip_address} if of.ip_address else off


def _moment(of: Placed) -> dict[str, str]:
    return {"timestamp": iso(of.timestamp)} if of.timestamp else {}
