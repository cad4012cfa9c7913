"""People, what they may do, and what they did."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from headgate.store.tables.schema import metadata

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
    Index("grants_by_holder", "workspace_id", "holder"),
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
    Index("audit_by_id", "workspace_id", "id"),
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
