"""Warehouses with their sources, and regulations."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from headgate.store.tables.schema import metadata

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
