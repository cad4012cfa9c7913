"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None


def upgrade() -> None:
    _sources()
    _connections()
    _subscriptions()
    _counters()


def _sources() -> None:
    op.create_table(
        "workspaces",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("slug", sa.String, nullable=False, unique=True),
    )
    op.create_table(
        "sources",
        sa.Column("workspace_id", sa.String, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("answers", sa.String, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "slug"),
    )
    op.create_table(
        "write_keys",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False, unique=True),
        sa.Column("source", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source"],
            ["sources.workspace_id", "sources.id"],
            ondelete="CASCADE",
        ),
    )


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("ordering", sa.String, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("consent", sa.JSON, nullable=False),
        sa.Column("start", sa.JSON, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "slug"),
        sa.ForeignKeyConstraint(["workspace_id", "source"], ["sources.workspace_id", "sources.id"]),
    )


def _subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("connection", sa.String, nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("fql", sa.String, nullable=False),
        sa.Column("trigger", sa.String, nullable=False),
        sa.Column("mapping", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection"],
            ["connections.workspace_id", "connections.id"],
            ondelete="CASCADE",
        ),
    )


def _counters() -> None:
    numbers = op.create_table(
        "numbers",
        sa.Column("noun", sa.String, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    revision_table = op.create_table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.CheckConstraint("id = 1", name="one_row"),
    )
    op.bulk_insert(numbers, [{"noun": "source", "last": 0}, {"noun": "connection", "last": 0}])
    op.bulk_insert(revision_table, [{"id": 1, "version": 1}])
