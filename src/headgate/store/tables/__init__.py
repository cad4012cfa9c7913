"""The tables of the store: `workspace_id` is part of every key."""

from headgate.store.tables.configuration import (
    attachments,
    commands,
    connections,
    oauth_apps,
    sources,
    subscriptions,
    workspaces,
    write_keys,
)
from headgate.store.tables.counters import (
    marks,
    numbers,
    revision,
)
from headgate.store.tables.loading import (
    regulations,
    selections,
    warehouse_sources,
    warehouses,
)
from headgate.store.tables.people import (
    audit,
    grants,
    group_members,
    groups,
    invites,
    labels,
    links,
    members,
    sessions,
    tokens,
    users,
)
from headgate.store.tables.schema import metadata

__all__ = [
    "attachments",
    "audit",
    "commands",
    "connections",
    "grants",
    "group_members",
    "groups",
    "invites",
    "labels",
    "links",
    "marks",
    "members",
    "metadata",
    "numbers",
    "oauth_apps",
    "regulations",
    "revision",
    "selections",
    "sessions",
    "sources",
    "subscriptions",
    "tokens",
    "users",
    "warehouse_sources",
    "warehouses",
    "workspaces",
    "write_keys",
]
