"""Commands to lanes."""

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"


def upgrade() -> None:
    op.create_table(
        "commands",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("connection", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "connection"],
            ["connections.workspace_id", "connections.id"],
            ondelete="CASCADE",
        ),
    )
    numbers = sa.table("numbers", sa.column("noun"), sa.column("last"))
    op.bulk_insert(numbers, [{"noun": "command", "last": 0}])
