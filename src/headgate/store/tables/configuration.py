"""Workspaces and what events pass through: sources, connections, subscriptions, commands."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
)

from headgate.store.tables.schema import metadata

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", String, primary_key=True),
    Column("slug", String, nullable=False, unique=True),
    Column("name", String, nullable=False, server_default=""),
)

sources = Table(
    "sources",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("slug", String, nullable=False),
    Column("name", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("answers", String, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("oauth_required", Boolean, nullable=False, server_default=false()),
    Column("schema", JSON(none_as_null=True), nullable=True),
    Column("kind", String, nullable=False, server_default="http-api"),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "slug"),
    Index("sources_by_number", "workspace_id", "number"),
)

write_keys = Table(
    "write_keys",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("key", String, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("ends_at", BigInteger, nullable=True),
    PrimaryKeyConstraint("workspace_id", "key"),
    ForeignKeyConstraint(
        ["workspace_id", "source"], ["sources.workspace_id", "sources.id"], ondelete="CASCADE"
    ),
    Index("write_keys_by_source", "workspace_id", "source"),
    Index("write_keys_by_ends_at", "workspace_id", "ends_at"),
)

oauth_apps = Table(
    "oauth_apps",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("slug", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("keys", JSON, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("token_seconds", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("revoke_before", BigInteger, nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
"""The slug is what a client calls itself, and it names no workspace: so it is unique."""

attachments = Table(
    "attachments",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("source", String, nullable=False),
    Column("app", String, nullable=False),
    PrimaryKeyConstraint("workspace_id", "source", "app"),
    ForeignKeyConstraint(
        ["workspace_id", "source"], ["sources.workspace_id", "sources.id"], ondelete="CASCADE"
    ),
    ForeignKeyConstraint(["workspace_id", "app"], ["oauth_apps.workspace_id", "oauth_apps.id"]),
)
"""Which OAuth apps a source takes tokens of; an app that one takes cannot be removed."""

connections = Table(
    "connections",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("source", String, nullable=False),
    Column("slug", String, nullable=False),
    Column("name", String, nullable=False),
    Column("destination", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("mode", String, nullable=False),
    Column("ordering", String, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("filters", JSON, nullable=False),
    Column("consent", JSON, nullable=False),
    Column("start", JSON(none_as_null=True), nullable=True),
    Column("created_at", BigInteger, nullable=False, server_default="0"),
    Column("updated_at", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "slug"),
    ForeignKeyConstraint(["workspace_id", "source"], ["sources.workspace_id", "sources.id"]),
    Index("connections_by_number", "workspace_id", "number"),
    Index("connections_by_source", "workspace_id", "source"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("connection", String, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("name", String, nullable=False),
    Column("action", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("fql", String, nullable=False),
    Column("trigger", String, nullable=False),
    Column("mapping", JSON, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    ForeignKeyConstraint(
        ["workspace_id", "connection"],
        ["connections.workspace_id", "connections.id"],
        ondelete="CASCADE",
    ),
    Index("subscriptions_by_connection", "workspace_id", "connection"),
)

commands = Table(
    "commands",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("connection", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("args", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    ForeignKeyConstraint(
        ["workspace_id", "connection"],
        ["connections.workspace_id", "connections.id"],
        ondelete="CASCADE",
    ),
    Index("commands_by_number", "workspace_id", "number"),
    Index("commands_by_connection", "workspace_id", "connection"),
)
"""What lanes were told to do; what became of it is in the ledger."""
