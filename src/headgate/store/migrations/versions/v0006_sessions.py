"""Who is signed in, and the links that work once."""

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"


def upgrade() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("hash", sa.String, nullable=False, unique=True),
        sa.Column("user", sa.String, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("workspace", sa.String, sa.ForeignKey("workspaces.id"), nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("created_at", "seen_at", "verified_at", "expires_at")
        ),
    )
    op.create_table(
        "links",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("user", sa.String, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
