"""The tables of the store: `workspace_id` is part of every key."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
)

metadata = MetaData()

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
)
"""What lanes were told to do; what became of it is in the ledger."""

users = Table(
    "users",
    metadata,
    Column("id", String, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password", String, nullable=True),
    Column("totp", JSON(none_as_null=True), nullable=True),
    Column("created_at", BigInteger, nullable=False),
)
"""People: one may belong to several workspaces. `password` is an argon2id hash."""

members = Table(
    "members",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("user", String, ForeignKey("users.id"), nullable=False),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "user"),
)

groups = Table(
    "groups",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "name"),
)

group_members = Table(
    "group_members",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("group", String, nullable=False),
    Column("email", String, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "group", "email"),
    ForeignKeyConstraint(
        ["workspace_id", "group"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE"
    ),
)
"""By address, as somebody who is only invited may be in a group already."""

invites = Table(
    "invites",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("email", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "email"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("name", String, nullable=False),
    Column("hash", String, nullable=False, unique=True),
    Column("last4", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", String, nullable=False),
    Column("expires_at", BigInteger, nullable=True),
    Column("used_at", BigInteger, nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
"""What programs show instead of a password: only its SHA-256 is kept."""

grants = Table(
    "grants",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("holder", String, nullable=False),
    Column("role", String, nullable=False),
    Column("resources", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
)
"""Roles; `holder` is the id of a user, a group or a token, or the address of an invited."""

labels = Table(
    "labels",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("value", String, nullable=False),
    Column("description", String, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "key", "value"),
)

audit = Table(
    "audit",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("type", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("email", String, nullable=False),
    Column("resource", String, nullable=False),
    Column("resource_type", String, nullable=False),
    Column("resource_name", String, nullable=False),
    Column("what", JSON, nullable=False),
    Column("hash", String, nullable=False),
    PrimaryKeyConstraint("workspace_id", "number"),
)
"""What people did; each row's hash is of the row and the hash before it."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", String, primary_key=True),
    Column("hash", String, nullable=False, unique=True),
    Column("user", String, ForeignKey("users.id"), nullable=False),
    Column("workspace", String, ForeignKey("workspaces.id"), nullable=False),
    Column("address", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("verified_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)
"""Who is signed in: a session is a user's, and `workspace` is only where that user is just now."""

links = Table(
    "links",
    metadata,
    Column("hash", String, primary_key=True),
    Column("purpose", String, nullable=False),
    Column("user", String, ForeignKey("users.id"), nullable=True),
    Column("expires_at", BigInteger, nullable=False),
)
"""What works once: a new password for a user, or the first owner, who is no user yet."""

numbers = Table(
    "numbers",
    metadata,
    Column("noun", String, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The last number given to a source, a connection, a command: rows go, numbers stay used."""

revision = Table(
    "revision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""The snapshot version of what is committed: one row."""

marks = Table(
    "marks",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("thing", String, nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "thing"),
    Index("marks_by_version", "workspace_id", "version"),
)
"""With which version each thing of the snapshot changed last; triggers write it."""

# warehouses

warehouses = Table(
    "warehouses",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("slug", String, nullable=False),
    Column("name", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("schedule", JSON(none_as_null=True), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "slug"),
)

warehouse_sources = Table(
    "warehouse_sources",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("warehouse", String, nullable=False),
    Column("source", String, nullable=False),
    Column("since", BigInteger, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "warehouse", "source"),
    ForeignKeyConstraint(
        ["workspace_id", "warehouse"],
        ["warehouses.workspace_id", "warehouses.id"],
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["workspace_id", "source"], ["sources.workspace_id", "sources.id"], ondelete="CASCADE"
    ),
)
"""Which sources are loaded into which warehouse."""

selections = Table(
    "selections",
    metadata,
    Column("workspace_id", String, nullable=False),
    Column("id", String, nullable=False),
    Column("warehouse", String, nullable=False),
    Column("source", String, nullable=False),
    Column("collection", String, nullable=False),
    Column("property", String, nullable=False),
    Column("enabled", Boolean, nullable=False),
    PrimaryKeyConstraint("workspace_id", "id"),
    UniqueConstraint("workspace_id", "warehouse", "source", "collection", "property"),
    ForeignKeyConstraint(
        ["workspace_id", "warehouse"],
        ["warehouses.workspace_id", "warehouses.id"],
        ondelete="CASCADE",
    ),
    ForeignKeyConstraint(
        ["workspace_id", "source"], ["sources.workspace_id", "sources.id"], ondelete="CASCADE"
    ),
)
"""What of a source is loaded into a warehouse; an empty property is the collection as a whole."""

# privacy

regulations = Table(
    "regulations",
    metadata,
    Column("workspace_id", String, ForeignKey("workspaces.id"), nullable=False),
    Column("id", String, nullable=False),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("source", String, nullable=True),
    Column("kind", String, nullable=False),
    Column("subject_type", String, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=True),
    PrimaryKeyConstraint("workspace_id", "id"),
)
"""What people asked to be done with what is known of some of them; it outlives its source."""
