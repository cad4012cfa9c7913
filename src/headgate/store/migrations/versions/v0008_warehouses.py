"""Warehouses with their sources, and regulations."""

import sqlalchemy as sa
from alembic import op

revision = "v0008"
down_revision = "v0007"


def upgrade() -> None:
    _warehouses()
    _regulations()
    numbers = sa.table("numbers", sa.column("noun"), sa.column("last"))
    op.bulk_insert(numbers, [{"noun": noun, "last": 0} for noun in ("warehouse", "regulation")])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _of_workspace() -> sa.Column[str]:
    return sa.Column("workspace_id", sa.String, sa.ForeignKey("workspaces.id"), nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.BigInteger, nullable=False, unique=True)


def _goes_with(column: str, table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete="CASCADE"
    )


def _warehouses() -> None:
    op.create_table(
        "warehouses",
        _of_workspace(),
        *_texts("id"),
        _number(),
        *_texts("slug", "name", "kind"),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("schedule", sa.JSON(none_as_null=True), nullable=True),
        *_times("created_at", "updated_at"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "slug"),
    )
    op.create_table(
        "warehouse_sources",
        *_texts("workspace_id", "id", "warehouse", "source"),
        *_times("since"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "warehouse", "source"),
        _goes_with("warehouse", "warehouses"),
        _goes_with("source", "sources"),
    )
    op.create_table(
        "selections",
        *_texts("workspace_id", "id", "warehouse", "source", "collection", "property"),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "warehouse", "source", "collection", "property"),
        _goes_with("warehouse", "warehouses"),
        _goes_with("source", "sources"),
    )


def _regulations() -> None:
    op.create_table(
        "regulations",
        _of_workspace(),
        *_texts("id"),
        _number(),
        sa.Column("source", sa.String, nullable=True),
        *_texts("kind", "subject_type"),
        sa.Column("subjects", sa.JSON, nullable=False),
        *_texts("status"),
        *_times("created_at"),
        sa.Column("finished_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
