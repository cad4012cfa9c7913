"""OAuth for ingest: apps, and the sources they are attached to."""

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    op.add_column(
        "sources",
        sa.Column("oauth_required", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "oauth_apps",
        sa.Column("workspace_id", sa.String, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("slug", sa.String, nullable=False, unique=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("keys", sa.JSON, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("token_seconds", sa.Integer, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("revoke_before", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_table(
        "attachments",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("app", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "source", "app"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "source"],
            ["sources.workspace_id", "sources.id"],
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "app"], ["oauth_apps.workspace_id", "oauth_apps.id"]
        ),
    )
