"""Which permission each operation of the Config API asks for, and a call of it that is good.

`$name` stands for a name of the world in which it is tried; so do the names in paths. A handler
without a row here fails: whoever adds an operation says who may use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contracts.access.table import reads, writes

if TYPE_CHECKING:
    from tests.contracts.access.table import Row

_FILTER = {"title": "$fresh", "if": 'event = "Secret"', "actions": [{"type": "drop_event"}]}


def _mask(*paths: str) -> dict[str, Any]:
    return {"update_mask": {"paths": list(paths)}}


CONFIG_ACCESS: dict[str, Row] = {
    "list_workspaces": reads("workspace"),
    "get_workspace": reads("workspace"),
    "list_catalog_sources": reads("workspace"),
    "get_catalog_source": reads("workspace"),
    "list_catalog_destinations": reads("workspace"),
    "get_catalog_destination": reads("workspace"),
    "list_sources": reads("source"),
    "get_source": reads("source"),
    "get_schema_config": reads("source"),
    "list_destinations": reads("source"),
    "get_destination": reads("source"),
    "list_filters": reads("source"),
    "get_filter": reads("source"),
    "create_source": writes(
        "source", {"source": {"name": "$newSource", "catalog_name": "catalog/sources/javascript"}}
    ),
    "update_source": writes(
        "source", {"source": {"display_name": "$fresh"}, **_mask("source.display_name")}
    ),
    "update_schema_config": writes(
        "source",
        {
            "schema_config": {"allow_unplanned_track_events": True},
            **_mask("schema_config.allow_unplanned_track_events"),
        },
    ),
    "create_destination": writes("source", {"destination": {"name": "$newDestination"}}),
    "update_destination": writes(
        "source", {"destination": {"display_name": "$fresh"}, **_mask("destination.display_name")}
    ),
    "create_filter": writes("source", {"filter": _FILTER}),
    "update_filter": writes("source", {"filter": {"title": "$fresh"}, **_mask("title")}),
    "delete_filter": writes("source"),
    "delete_destination": writes("source"),
    "delete_source": writes("source"),
}
"""What takes something away stands behind what needs it."""
