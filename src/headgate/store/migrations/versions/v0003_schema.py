"""What a source keeps from all its connections."""

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"


def upgrade() -> None:
    op.add_column("sources", sa.Column("schema", sa.JSON(none_as_null=True), nullable=True))
