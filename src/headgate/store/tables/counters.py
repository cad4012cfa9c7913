"""What the whole store counts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from headgate.store.tables.schema import metadata

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
