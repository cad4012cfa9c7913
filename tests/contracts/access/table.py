"""Which permission each operation of the Public API asks for, and a call of it that is good.

`$name` stands for an id of the world in which it is tried; so do the names in paths. A handler
without a row here fails: whoever adds an operation says who may use it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from headgate.control.access.roles import Access, Noun


class Row(NamedTuple):
    """What the operation needs; `names` are ids in its body or query that are somebody's."""

    noun: Noun
    access: Access
    body: Any = None
    query: dict[str, str] = {}  # noqa: RUF012 - never changed


def reads(noun: Noun, body: Any = None, **query: str) -> Row:
    return Row(noun, "read", body, query)


def writes(noun: Noun, body: Any = None, **query: str) -> Row:
    return Row(noun, "write", body, query)


_HOURS = {"startTime": "$from", "endTime": "$until", "granularity": "HOUR"}
_OVERVIEW = {"sourceId": "$sourceId", **_HOURS}
_DELIVERED = {"destinationConfigId": "$destinationId", **_OVERVIEW}
_DROP = {"if": 'event = "Secret"', "actions": [{"type": "DROP"}]}
_LABEL = {"key": "environment", "value": "access"}
_PEOPLE = {"subjectType": "USER_ID", "subjectIds": ["$fresh"]}
_GRANTS = {"permissions": [{"roleId": "source_read_only", "resources": []}]}

ACCESS: dict[str, Row] = {
    "get_workspace": reads("workspace"),
    "echo": reads("workspace"),
    # the catalogue
    "get_sources_catalog": reads("workspace"),
    "get_source_metadata": reads("workspace"),
    "get_destinations_catalog": reads("workspace"),
    "get_destination_metadata": reads("workspace"),
    "get_warehouses_catalog": reads("workspace"),
    "get_warehouse_metadata": reads("workspace"),
    # sources
    "list_sources": reads("source"),
    "get_source": reads("source"),
    "create_source": writes(
        "source", {"slug": "$fresh", "enabled": True, "metadataId": "$sourceMetadataId"}
    ),
    "update_source": writes("source", {"name": "Another name"}),
    "delete_source": writes("source"),
    "create_write_key_for_source": writes("source"),
    "remove_write_key_from_source": writes("source"),
    "add_labels_to_source": writes("source", {"labels": [_LABEL]}),
    "replace_labels_in_source": writes("source", {"labels": []}),
    "list_connected_destinations_from_source": reads("source"),
    "list_connected_warehouses_from_source": reads("source"),
    "list_schema_settings_in_source": reads("source"),
    "update_schema_settings_in_source": writes(
        "source", {"track": {"commonEventOnViolations": "ALLOW"}}
    ),
    # warehouses
    "list_warehouses": reads("warehouse"),
    "get_warehouse": reads("warehouse"),
    "create_warehouse": writes(
        "warehouse",
        {
            "metadataId": "$warehouseMetadataId",
            "name": "$fresh",
            "settings": {
                "hostname": "db.example",
                "database": "events",
                "username": "loader",
                "password": "not-a-real-one",
            },
        },
    ),
    "update_warehouse": writes("warehouse", {"name": "$fresh", "settings": {}}),
    "delete_warehouse": writes("warehouse"),
    "list_connected_sources_from_warehouse": reads("warehouse"),
    "add_connection_from_source_to_warehouse": writes("warehouse"),
    "remove_source_connection_from_warehouse": writes("warehouse"),
    "get_advanced_sync_schedule_from_warehouse": reads("warehouse"),
    "replace_advanced_sync_schedule_for_warehouse": writes("warehouse", {"enabled": False}),
    "list_selective_syncs_from_warehouse_and_source": reads("warehouse"),
    "update_selective_sync_for_warehouse": writes(
        "workspace",
        {"syncOverrides": [{"sourceId": "$sourceId", "collection": "tracks", "enabled": False}]},
    ),
    "list_syncs_from_warehouse": reads("warehouse"),
    "list_syncs_from_warehouse_and_source": reads("warehouse"),
    # labels
    "list_labels": reads("label"),
    "create_label": writes("label", {"label": {"key": "environment", "value": "$fresh"}}),
    "delete_label": writes("label"),
    # destinations
    "list_destinations": reads("source"),
    "get_destination": reads("source"),
    "create_destination": writes(
        "source",
        {
            "sourceId": "$sourceId",
            "metadataId": "$destinationMetadataId",
            "name": "$fresh",
            "settings": {},
        },
    ),
    "update_destination": writes("source", {"name": "$fresh"}),
    "delete_destination": writes("source"),
    "list_subscriptions_from_destination": reads("source"),
    "get_subscription_from_destination": reads("source"),
    "create_destination_subscription": writes(
        "source",
        {
            "name": "Access",
            "actionId": "$actionId",
            "trigger": 'type = "track"',
            "enabled": False,
            "settings": {"url": "https://hooks.example/"},
        },
    ),
    "update_subscription_for_destination": writes("source", {"input": {"name": "Renamed"}}),
    "remove_subscription_from_destination": writes("source"),
    "list_filters_from_destination": reads("source"),
    "get_filter_in_destination": reads("source"),
    "create_filter_for_destination": writes(
        "source", {"sourceId": "$sourceId", "title": "$fresh", "enabled": False, **_DROP}
    ),
    "update_filter_for_destination": writes("source", {"description": "why"}),
    "remove_filter_from_destination": writes("source"),
    "preview_destination_filter": reads(
        "source", {"filter": _DROP, "payload": {"type": "track", "event": "Secret"}}
    ),
    # what became of events
    "list_delivery_metrics_summary_from_destination": reads(
        "source", None, sourceId="$sourceId", **_HOURS
    ),
    "get_egress_failed_metrics_from_delivery_overview": reads("source", None, **_DELIVERED),
    "get_egress_success_metrics_from_delivery_overview": reads("source", None, **_DELIVERED),
    "get_filtered_at_destination_metrics_from_delivery_overview": reads(
        "source", None, **_DELIVERED
    ),
    "get_filtered_at_source_metrics_from_delivery_overview": reads("source", None, **_OVERVIEW),
    "get_ingress_failed_metrics_from_delivery_overview": reads("source", None, **_OVERVIEW),
    "get_ingress_success_metrics_from_delivery_overview": reads("source", None, **_OVERVIEW),
    "get_events_volume_from_workspace": reads("source", None, **_HOURS),
    "get_daily_workspace_api_calls_usage": reads("workspace", None, period="$day"),
    "get_daily_per_source_api_calls_usage": reads("source", None, period="$day"),
    # privacy
    "create_workspace_regulation": writes("privacy", {"regulationType": "DELETE_ONLY", **_PEOPLE}),
    "create_source_regulation": writes("privacy", {"regulationType": "SUPPRESS_ONLY", **_PEOPLE}),
    "list_workspace_regulations": reads("privacy"),
    "list_regulations_from_source": reads("privacy"),
    "get_regulation": reads("privacy"),
    "delete_regulation": writes("privacy"),
    "list_suppressions": reads("privacy"),
    # people
    "list_users": reads("user"),
    "get_user": reads("user"),
    "delete_users": writes("user", None, **{"userIds[0]": "$userId"}),
    "add_permissions_to_user": writes("user", _GRANTS),
    "replace_permissions_for_user": writes("user", _GRANTS),
    "list_user_groups_from_user": reads("user"),
    "list_invites": reads("user"),
    "create_invites": writes(
        "user",
        {"invites": [{"email": "$email", "permissions": [{"roleId": "source_read_only"}]}]},
    ),
    "delete_invites": writes("user", None, **{"emails[0]": "$invited"}),
    "list_user_groups": reads("user"),
    "get_user_group": reads("user"),
    "create_user_group": writes("user", {"name": "$fresh"}),
    "update_user_group": writes("user", {"name": "$fresh"}),
    "delete_user_group": writes("user"),
    "list_users_from_user_group": reads("user"),
    "add_users_to_user_group": writes("user", {"emails": ["$member"]}),
    "remove_users_from_user_group": writes("user", None, **{"emails[0]": "$member"}),
    "replace_users_in_user_group": writes("user", {"emails": ["$member"]}),
    "add_permissions_to_user_group": writes("user", _GRANTS),
    "replace_permissions_for_user_group": writes("user", _GRANTS),
    "list_invites_from_user_group": reads("user"),
    "list_roles": reads("workspace"),
    "list_audit_events": reads("audit"),
}
