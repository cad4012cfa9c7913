"""People, what they may do and what they did; when sources and connections changed."""

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    op.add_column("workspaces", sa.Column("name", sa.String, nullable=False, server_default=""))
    op.add_column(
        "sources", sa.Column("kind", sa.String, nullable=False, server_default="http-api")
    )
    op.add_column("write_keys", sa.Column("ends_at", sa.BigInteger, nullable=True))
    for table in ("sources", "connections"):
        for column in ("created_at", "updated_at"):
            op.add_column(
                table, sa.Column(column, sa.BigInteger, nullable=False, server_default="0")
            )
    _people()
    _access()
    _trail()


def _workspace() -> sa.Column[str]:
    return sa.Column("workspace_id", sa.String, sa.ForeignKey("workspaces.id"), nullable=False)


def _text(name: str, *, nullable: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable, unique=unique or None)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String, primary_key=True),
        _text("email", unique=True),
        _text("name"),
        _text("password", nullable=True),
        sa.Column("totp", sa.JSON(none_as_null=True), nullable=True),
        _number("created_at"),
    )
    op.create_table(
        "members",
        _workspace(),
        sa.Column("user", sa.String, sa.ForeignKey("users.id"), nullable=False),
        _number("since"),
        sa.PrimaryKeyConstraint("workspace_id", "user"),
    )
    op.create_table(
        "groups",
        _workspace(),
        _text("id"),
        _text("name"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "name"),
    )
    op.create_table(
        "group_members",
        _text("workspace_id"),
        _text("id"),
        _text("group"),
        _text("email"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "group", "email"),
        sa.ForeignKeyConstraint(
            ["workspace_id", "group"], ["groups.workspace_id", "groups.id"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "invites",
        _workspace(),
        _text("email"),
        _text("hash", unique=True),
        _number("expires_at"),
        sa.PrimaryKeyConstraint("workspace_id", "email"),
    )


def _access() -> None:
    op.create_table(
        "tokens",
        _workspace(),
        _text("id"),
        _text("name"),
        _text("hash", unique=True),
        _text("last4"),
        _number("created_at"),
        _text("created_by"),
        _number("expires_at", nullable=True),
        _number("used_at", nullable=True),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_table(
        "grants",
        _workspace(),
        _text("id"),
        _text("holder"),
        _text("role"),
        sa.Column("resources", sa.JSON, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
    )
    op.create_table(
        "labels",
        _workspace(),
        _text("id"),
        _text("key"),
        _text("value"),
        _text("description"),
        sa.PrimaryKeyConstraint("workspace_id", "id"),
        sa.UniqueConstraint("workspace_id", "key", "value"),
    )


def _trail() -> None:
    op.create_table(
        "audit",
        _workspace(),
        _number("number"),
        _text("id"),
        _number("at"),
        *(
            _text(name)
            for name in (
                "type",
                "actor",
                "email",
                "resource",
                "resource_type",
                "resource_name",
            )
        ),
        sa.Column("what", sa.JSON, nullable=False),
        _text("hash"),
        sa.PrimaryKeyConstraint("workspace_id", "number"),
    )
