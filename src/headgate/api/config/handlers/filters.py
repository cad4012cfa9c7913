"""Filters of a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from headgate.api.config.bodies import ChangedFilter, NewFilter
from headgate.api.config.calls import operation
from headgate.api.config.models import Action, ActionType, Fields, Filter, Filters, Nothing
from headgate.api.config.names import below, find_destination
from headgate.api.public.naming import named
from headgate.control.nouns import filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.config.calls import Call
    from headgate.api.config.names import Place
    from headgate.control.nouns.filters import Seen
    from headgate.control.work import Work

_TYPES: Final[dict[str, ActionType]] = {
    "DROP": "drop_event",
    "SAMPLE": "sample_event",
    "ALLOW_PROPERTIES": "whitelist_fields",
    "DROP_PROPERTIES": "blacklist_fields",
}
"""What Segment's older API calls the actions of its newer one."""
_OURS: Final = {theirs: ours for ours, theirs in _TYPES.items()}
_PATH = "/workspaces/{workspace}/sources/{source}/destinations/{destination}/filters"


@operation(f"GET {_PATH}", Filters)
def list_filters(work: Work, call: Call) -> Filters:
    place = find_destination(work, call)
    found = filters.listed(work, place.connection.id, call.page.after, call.page.most).filters
    shown, token = call.page.cut(found, lambda each: each[0])
    return Filters(filters=[told(place, seen) for _, seen in shown], next_page_token=token)


@operation(f"GET {_PATH}/{{filter}}", Filter)
def get_filter(work: Work, call: Call) -> Filter:
    place = find_destination(work, call)
    return told(place, filters.get(work, place.connection.id, call.path["filter"]))


@operation(f"POST {_PATH}", Filter, body=NewFilter)
def create_filter(work: Work, call: Call) -> Filter:
    place, given = find_destination(work, call), call.body.filter
    wanted = {
        "title": given.title,
        "if": given.condition,
        "actions": [_action(each) for each in given.actions],
        "enabled": bool(given.enabled),
        **({"description": given.description} if given.description else {}),
    }
    with named({}, "filter."):
        made = filters.create(work, place.connection.id, place.connection.source, wanted)
    return told(place, made)


@operation(f"PATCH {_PATH}/{{filter}}", Filter, body=ChangedFilter, resource="filter")
def update_filter(work: Work, call: Call) -> Filter:
    place = find_destination(work, call)
    connection, filter_id = work.connection(place.connection.id, "write"), call.path["filter"]
    if not call.changes:
        return told(place, filters.get(work, connection.id, filter_id))
    empty: dict[str, Any] = {"enabled": False, "actions": [], "description": None}
    changes = {field: value or empty.get(field, "") for field, value in call.changes.items()}
    if "actions" in changes:
        changes["actions"] = [_action(each) for each in changes["actions"]]
    with named({}, "filter."):
        return told(place, filters.update(work, connection.id, filter_id, changes))


@operation(f"DELETE {_PATH}/{{filter}}", Nothing)
def delete_filter(work: Work, call: Call) -> Nothing:
    filters.remove(work, find_destination(work, call).connection.id, call.path["filter"])
    return Nothing()


def told(place: Place, seen: Seen) -> Filter:
    kept = seen.filter
    return Filter(
        name=below(place.name, "filters", kept["id"]),
        title=kept["title"],
        description=kept.get("description", ""),
        condition=kept["if"],
        actions=[_told(each) for each in kept["actions"]],
        enabled=kept["enabled"],
    )


def _told(action: Mapping[str, Any]) -> Action:
    fields = action.get("fields")
    return Action(
        type=_TYPES[action["type"]],
        percent=action.get("percent", UNSET),
        path=action.get("path", UNSET),
        fields=UNSET
        if fields is None
        else {name: Fields(fields=each) for name, each in fields.items()},
    )


def _action(given: Action) -> dict[str, Any]:
    """As it is stored; null is the same as nothing."""
    told: dict[str, Any] = {"percent": given.percent, "path": given.path or None}
    action = {name: value for name, value in told.items() if value not in (UNSET, None)}
    if isinstance(given.fields, dict):
        action["fields"] = {name: each.fields for name, each in given.fields.items()}
    return {"type": _OURS[given.type], **action}
