"""Filters of a destination, as Segment calls a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.naming import named
from headgate.control.nouns import filters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.api.public.calls import Call
    from headgate.control.nouns.filters import Seen
    from headgate.control.work import Work

_NAMES: Final = {"source": "sourceId"}


@operation("list_filters_from_destination")
def list_filters(work: Work, call: Call) -> dict[str, Any]:
    found = filters.listed(work, call.path["destinationId"], call.page.after, call.page.most)
    return {
        "filters": [told(seen) for _, seen in found.filters],
        "pagination": call.page.answer(found.filters, lambda each: each[0], found.total),
    }


@operation("get_filter_in_destination")
def get_filter(work: Work, call: Call) -> dict[str, Any]:
    found = filters.get(work, call.path["destinationId"], call.path["filterId"])
    return {"filter": told(found)}


@operation("create_filter_for_destination")
def create_filter(work: Work, call: Call) -> dict[str, Any]:
    given = _given(call.body)
    source = given.pop("sourceId")
    with named(_NAMES):
        made = filters.create(work, call.path["destinationId"], source, given)
    return {"filter": told(made)}


@operation("update_filter_for_destination")
def update_filter(work: Work, call: Call) -> dict[str, Any]:
    destination, filter_id = call.path["destinationId"], call.path["filterId"]
    return {"filter": told(filters.update(work, destination, filter_id, _given(call.body)))}


@operation("remove_filter_from_destination")
def remove_filter(work: Work, call: Call) -> dict[str, Any]:
    filters.remove(work, call.path["destinationId"], call.path["filterId"])
    return SUCCESS


@operation("preview_destination_filter", reading=True)
def preview_filter(work: Work, call: Call) -> dict[str, Any]:
    with named({}, "filter."):
        asked = _given(call.body["filter"])
        wanted = {key: asked[key] for key in ("if", "actions")}
        return filters.preview(work, wanted, call.body["payload"])


def told(seen: Seen) -> dict[str, Any]:
    """DestinationFilterV1."""
    kept = seen.filter
    return {
        "id": kept["id"],
        "sourceId": seen.connection.source,
        "destinationId": seen.connection.id,
        "if": kept["if"],
        "actions": kept["actions"],
        "title": kept["title"],
        **({"description": kept["description"]} if "description" in kept else {}),
        "enabled": kept["enabled"],
        "createdAt": seen.created_at,
        "updatedAt": seen.updated_at,
    }


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Clients write null for what an action does not have."""
    given = dict(body)
    if "actions" in given:
        given["actions"] = [
            {key: value for key, value in action.items() if value is not None}
            for action in given["actions"]
        ]
    return given
