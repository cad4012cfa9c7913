"""Destinations of a workspace, as Segment calls connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.handlers.destination_catalog import metadata, unavailable
from headgate.api.public.naming import named
from headgate.control.nouns import connection_settings, connections, destinations

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work
    from headgate.store.records import ConnectionRecord

_NAMES: Final = {"source": "sourceId", "destination": "metadataId"}


@operation("list_destinations")
def list_destinations(work: Work, call: Call) -> dict[str, Any]:
    found = connections.listed(work, call.page.after, call.page.most)
    return {
        "destinations": [told(work, each) for each in found.connections],
        "pagination": call.page.answer(found.connections, lambda each: each.number, found.total),
    }


@operation("get_destination")
def get_destination(work: Work, call: Call) -> dict[str, Any]:
    return {"destination": told(work, connections.get(work, call.path["destinationId"]))}


@operation("create_destination")
def create_destination(work: Work, call: Call) -> dict[str, Any]:
    body = call.body
    with named(_NAMES):
        made = connections.create(
            work,
            source=body["sourceId"],
            destination=body["metadataId"],
            name=body.get("name"),
            enabled=body.get("enabled", False),
            settings=body["settings"],
        )
    return {"destination": told(work, made)}


@operation("update_destination")
def update_destination(work: Work, call: Call) -> dict[str, Any]:
    with named(_NAMES):
        changed = connections.update(work, call.path["destinationId"], **call.body)
    return {"destination": told(work, changed)}


@operation("delete_destination")
def delete_destination(work: Work, call: Call) -> dict[str, Any]:
    connections.delete(work, call.path["destinationId"])
    return SUCCESS


def told(work: Work, connection: ConnectionRecord) -> dict[str, Any]:
    """DestinationV1."""
    entry = destinations.entry_of(connection.destination, connection.mode)
    return {
        "id": connection.id,
        "name": connection.name,
        "enabled": connection.enabled,
        "metadata": metadata(entry)
        if entry
        else unavailable(connection.destination, connection.mode),
        "sourceId": connection.source,
        "settings": connection_settings.shown(work, connection),
    }
