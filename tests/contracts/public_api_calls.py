"""Calls of the Public API that must succeed one after the other, as Segment's Python client makes.

`$name` in a body or a query stands for a value that an earlier call kept under that name, and so
does `{name}` in a path. `$from` and `$until` are times an hour before and behind now, `$email` is
the address of a user who was there before.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Step(msgspec.Struct, frozen=True):
    """One call; `keeps` says by name where in its data a value stands: `source.id`."""

    call: str
    body: Any = None
    query: dict[str, Any] = {}
    keeps: dict[str, str] = {}

    @property
    def method(self) -> str:
        return self.call.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.call.partition(" ")[2]


PAGE = {"pagination": {"count": 10}}
HOURS = {"startTime": "$from", "endTime": "$until", "granularity": "HOUR"}
OF_SOURCE = {"sourceId": "$sourceId", **HOURS, **PAGE}
OF_DESTINATION = {"destinationConfigId": "$destinationId", **OF_SOURCE}
DAY = {"period": "$day", **PAGE}
DROP = {"if": 'event = "Secret"', "actions": [{"type": "DROP"}]}
SAMPLE = {"if": 'type = "track"', "actions": [{"type": "SAMPLE", "percent": 0.5}]}
ALLOW = {"type": "ALLOW_PROPERTIES", "fields": {"properties": ["total"]}}
LABEL = {"key": "environment", "value": "test"}
SUBSCRIPTION = {
    "name": "Orders",
    "actionId": "$actionId",
    "trigger": 'type = "track" and event = "Order Completed"',
    "enabled": True,
    "settings": {"url": "https://hooks.example/", "data": {"@path": "$."}},
}
RULE = {
    "type": "TRACK",
    "key": "Order Completed",
    "version": 1,
    "jsonSchema": {"type": "object", "properties": {"properties": {"type": "object"}}},
}
ROLE = {"roleId": "source_read_only"}
OF_ONE_SOURCE = {
    "permissions": [{**ROLE, "resources": [{"id": "$sourceId", "type": "SOURCE"}]}],
}
OF_ALL_SOURCES = {
    "permissions": [{**ROLE, "resources": [{"id": "$workspaceId", "type": "WORKSPACE"}]}],
}
INVITED = "bob@shop.example"
DATABASE = {
    "hostname": "db.shop.example",
    "database": "events",
    "username": "loader",
    "password": "only-we-know-this",
}
PEOPLE_BY_ID = {"subjectType": "USER_ID", "subjectIds": ["ada", "grace"]}

READING = (
    Step("GET /", keeps={"workspaceId": "workspace.id"}),
    Step("GET /echo", query={"message": "hello"}),
    Step(
        "GET /catalog/sources",
        query={"pagination": {"count": 2}},
        keeps={"sourceMetadataId": "sourcesCatalog.0.id"},
    ),
    Step("GET /catalog/sources/{sourceMetadataId}"),
    Step("GET /catalog/destinations", query={"pagination": {"count": 1000}}),
    Step(
        "GET /catalog/warehouses",
        query=PAGE,
        keeps={"warehouseMetadataId": "warehousesCatalog.1.id"},
    ),
    Step("GET /catalog/warehouses/{warehouseMetadataId}"),
    Step("GET /audit-events", query=PAGE),
    Step("GET /users", query=PAGE),
    Step("GET /invites", query=PAGE),
    Step("GET /groups", query=PAGE),
    Step("GET /roles", query=PAGE),
    Step("GET /usage/api-calls/daily", query=DAY),
    Step("GET /usage/api-calls/sources/daily", query=DAY),
    Step("GET /usage/mtu/daily", query=DAY),
    Step("GET /usage/mtu/sources/daily", query=DAY),
    Step("GET /spaces", query=PAGE),
    Step("GET /functions", query={"resourceType": "DESTINATION", **PAGE}),
    Step("GET /warehouses", query=PAGE),
    Step("GET /suppressions", query=PAGE),
    Step("GET /regulations", query=PAGE),
    Step("GET /tracking-plans", query={"type": "LIVE", **PAGE}),
    Step("GET /transformations", query=PAGE),
)

SOURCES = (
    Step(
        "POST /sources",
        {"slug": "shop", "enabled": True, "metadataId": "$sourceMetadataId"},
        keeps={"sourceId": "source.id"},
    ),
    Step("GET /sources/{sourceId}"),
    Step("GET /sources", query={"pagination": {"count": 1}}),
    Step("PATCH /sources/{sourceId}", {"name": "The shop", "enabled": True}),
    Step("POST /sources/{sourceId}/writekey", keeps={"writeKey": "source.writeKeys.-1"}),
    Step("DELETE /sources/{sourceId}/writekey/{writeKey}"),
    Step("GET /sources/{sourceId}/settings"),
    Step(
        "PATCH /sources/{sourceId}/settings",
        {"track": {"allowUnplannedEvents": True, "commonEventOnViolations": "ALLOW"}},
    ),
    Step("POST /labels", {"label": LABEL}),
    Step("GET /labels"),
    Step("POST /sources/{sourceId}/labels", {"labels": [LABEL]}),
    Step("PUT /sources/{sourceId}/labels", {"labels": []}),
    Step("DELETE /labels/environment/test"),
)

WAREHOUSES = (
    Step(
        "POST /warehouses",
        {"metadataId": "$warehouseMetadataId", "name": "Our database", "settings": DATABASE},
        keeps={"warehouseId": "warehouse.id"},
    ),
    Step("GET /warehouses/{warehouseId}"),
    Step("GET /warehouses", query=PAGE),
    Step("PATCH /warehouses/{warehouseId}", {"name": "The database", "settings": {"port": 6432}}),
    Step("POST /warehouses/{warehouseId}/connected-sources/{sourceId}"),
    Step("GET /warehouses/{warehouseId}/connected-sources", query=PAGE),
    Step("GET /sources/{sourceId}/connected-warehouses", query=PAGE),
    Step(
        "PUT /warehouses/{warehouseId}/advanced-sync-schedule",
        {
            "enabled": True,
            "schedule": {
                "times": [{"hourOfDay": 3, "enabled": True}],
                "timezone": "Europe/Berlin",
            },
        },
    ),
    Step("GET /warehouses/{warehouseId}/advanced-sync-schedule"),
    Step(
        "PATCH /warehouses/{warehouseId}/selective-sync",
        {
            "syncOverrides": [
                {"sourceId": "$sourceId", "collection": "users", "enabled": False},
                {
                    "sourceId": "$sourceId",
                    "collection": "tracks",
                    "property": "context_ip",
                    "enabled": False,
                },
            ]
        },
    ),
    Step("GET /warehouses/{warehouseId}/connected-sources/{sourceId}/selective-syncs", query=PAGE),
    Step("GET /warehouses/{warehouseId}/syncs", query=PAGE),
    Step("GET /warehouses/{warehouseId}/connected-sources/{sourceId}/syncs", query=PAGE),
    Step("POST /warehouses/validation", {"metadataId": "postgres", "settings": DATABASE}),
    Step("GET /warehouses/{warehouseId}/connection-state"),
    Step("DELETE /warehouses/{warehouseId}/connected-sources/{sourceId}"),
    Step("DELETE /warehouses/{warehouseId}"),
)

PRIVACY = (
    Step(
        "POST /regulations",
        {"regulationType": "SUPPRESS_WITH_DELETE", **PEOPLE_BY_ID},
        keeps={"regulateId": "regulateId"},
    ),
    Step(
        "POST /regulations/sources/{sourceId}",
        {
            "regulationType": "DELETE_ARCHIVE_ONLY",
            "subjectType": "ANONYMOUS_ID",
            "subjectIds": ["5c1f"],
        },
    ),
    Step(
        "POST /regulations/cloudsources/{sourceId}",
        {
            "regulationType": "DELETE_ONLY",
            "subjectType": "OBJECT_ID",
            "subjectIds": ["7"],
            "collection": "orders",
        },
    ),
    Step("GET /regulations", query={"status": "INITIALIZED", **PAGE}),
    Step(
        "GET /regulations/sources/{sourceId}",
        query={"regulationTypes": ["DELETE_ARCHIVE_ONLY"], **PAGE},
    ),
    Step("GET /regulations/{regulateId}"),
    Step("DELETE /regulations/{regulateId}"),
    Step("GET /suppressions", query=PAGE),
)

DESTINATIONS = (
    Step("GET /catalog/destinations/{destinationMetadataId}"),
    Step(
        "POST /destinations",
        {
            "sourceId": "$sourceId",
            "metadataId": "$destinationMetadataId",
            "enabled": False,
            "name": "Hook",
            "settings": {"sharedSecret": "a secret"},
        },
        keeps={"destinationId": "destination.id"},
    ),
    Step("GET /destinations/{destinationId}"),
    Step("GET /destinations", query=PAGE),
    Step("GET /sources/{sourceId}/connected-destinations", query=PAGE),
    Step("PATCH /destinations/{destinationId}", {"name": "Hook, renamed", "enabled": True}),
    Step(
        "POST /destinations/{destinationId}/subscriptions",
        SUBSCRIPTION,
        keeps={"id": "destinationSubscription.id"},
    ),
    Step("GET /destinations/{destinationId}/subscriptions", query=PAGE),
    Step("GET /destinations/{destinationId}/subscriptions/{id}"),
    Step(
        "PATCH /destinations/{destinationId}/subscriptions/{id}",
        {"input": {"name": "People", "trigger": 'type = "identify"'}},
    ),
    Step("PATCH /destinations/{destinationId}/subscriptions/{id}", {"input": {"enabled": False}}),
    Step("DELETE /destinations/{destinationId}/subscriptions/{id}"),
    Step(
        "POST /destination/{destinationId}/filters",
        {"sourceId": "$sourceId", "title": "No secrets", "enabled": True, **DROP},
        keeps={"filterId": "filter.id"},
    ),
    Step("GET /destination/{destinationId}/filters", query=PAGE),
    Step("GET /destination/{destinationId}/filters/{filterId}"),
    Step(
        "PATCH /destination/{destinationId}/filters/{filterId}",
        {"title": "Half of all", "enabled": False, **SAMPLE},
    ),
    Step("DELETE /destination/{destinationId}/filters/{filterId}"),
    Step(
        "POST /destination/filters/preview",
        {"filter": DROP, "payload": {"type": "track", "event": "Secret"}},
    ),
    Step(
        "POST /destination/filters/preview",
        {
            "filter": {**SAMPLE, "actions": [ALLOW]},
            "payload": {"type": "track", "event": "Paid", "properties": {"total": 1, "card": 2}},
        },
    ),
)

FIGURES = (
    Step(
        "GET /destinations/{destinationId}/delivery-metrics",
        query={"sourceId": "$sourceId", **HOURS},
    ),
    Step("GET /delivery-overview/successful-delivery", query=OF_DESTINATION),
    Step("GET /delivery-overview/failed-delivery", query=OF_DESTINATION),
    Step("GET /delivery-overview/filtered-at-destination", query=OF_DESTINATION),
    Step("GET /delivery-overview/successfully-received", query=OF_SOURCE),
    Step("GET /delivery-overview/failed-on-ingest", query=OF_SOURCE),
    Step("GET /delivery-overview/filtered-at-source", query=OF_SOURCE),
    Step("GET /events/volume", query={**HOURS, **PAGE}),
)

PLANS = (
    Step(
        "POST /tracking-plans",
        {"name": "Shop", "type": "LIVE"},
        keeps={"trackingPlanId": "trackingPlan.id"},
    ),
    Step("GET /tracking-plans/{trackingPlanId}"),
    Step("PATCH /tracking-plans/{trackingPlanId}", {"name": "The shop's"}),
    Step("PUT /tracking-plans/{trackingPlanId}/rules", {"rules": [RULE]}),
    Step("PATCH /tracking-plans/{trackingPlanId}/rules", {"rules": [RULE]}),
    Step("GET /tracking-plans/{trackingPlanId}/rules", query=PAGE),
    Step("POST /tracking-plans/{trackingPlanId}/sources", {"sourceId": "$sourceId"}),
    Step("GET /tracking-plans/{trackingPlanId}/sources", query=PAGE),
    Step("DELETE /tracking-plans/{trackingPlanId}/sources", query={"sourceId": "$sourceId"}),
    Step("DELETE /tracking-plans/{trackingPlanId}"),
)

PEOPLE = (
    Step("GET /users", query=PAGE, keeps={"userId": "users.0.id"}),
    Step("GET /users/{userId}"),
    Step("POST /users/{userId}/permissions", OF_ONE_SOURCE),
    Step("PUT /users/{userId}/permissions", OF_ALL_SOURCES),
    Step("GET /users/{userId}/groups", query=PAGE),
    Step("POST /groups", {"name": "Shop"}, keeps={"userGroupId": "userGroup.id"}),
    Step("GET /groups/{userGroupId}"),
    Step("PATCH /groups/{userGroupId}", {"name": "The shop's people"}),
    Step("POST /groups/{userGroupId}/permissions", OF_ONE_SOURCE),
    Step("PUT /groups/{userGroupId}/permissions", OF_ALL_SOURCES),
    Step("POST /groups/{userGroupId}/users", {"emails": ["$email"]}),
    Step("GET /groups/{userGroupId}/users", query=PAGE),
    Step("GET /groups/{userGroupId}/invites", query=PAGE),
    Step("PUT /group/{userGroupId}/users", {"emails": ["$email"]}),
    Step("GET /users/{userId}/groups", query=PAGE),
    Step("DELETE /group/{userGroupId}/users", query={"emails": ["$email"]}),
    Step("DELETE /groups/{userGroupId}"),
    Step("POST /invites", {"invites": [{"email": INVITED, **OF_ALL_SOURCES}]}),
    Step("GET /invites", query=PAGE),
    Step("DELETE /invites", query={"emails": [INVITED]}),
    Step("DELETE /users", query={"userIds": ["$userId"]}),
)

REMOVING = (
    Step("DELETE /destinations/{destinationId}"),
    Step("DELETE /sources/{sourceId}"),
)

STEPS = (
    *READING,
    *SOURCES,
    *DESTINATIONS,
    *WAREHOUSES,
    *FIGURES,
    *PLANS,
    *PRIVACY,
    *PEOPLE,
    *REMOVING,
)
