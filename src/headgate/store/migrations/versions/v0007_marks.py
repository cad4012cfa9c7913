"""Notes which things changed, and finds what belongs to one: at the cost of one among many."""

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"

THINGS = {
    "sources": "id",
    "write_keys": "source",
    "attachments": "source",
    "oauth_apps": "id",
    "connections": "id",
    "subscriptions": "connection",
    "commands": "id",
}
"""Table -> the column with the id of the thing that its rows are a part of."""

_NOTE = """
INSERT INTO marks (workspace_id, thing, version)
SELECT {row}.workspace_id, {row}.{column}, version + 1 FROM revision WHERE true
ON CONFLICT (workspace_id, thing) DO UPDATE SET version = excluded.version;
"""


_FOUND_BY = {
    "sources": ("number",),
    "write_keys": ("source", "ends_at"),
    "connections": ("number", "source"),
    "subscriptions": ("connection",),
    "commands": ("number", "connection"),
    "grants": ("holder",),
    "audit": ("id",),
}
"""Table -> the columns by which rows of a workspace are looked for, or stand in order."""


def upgrade() -> None:
    _marks()
    for table, columns in _FOUND_BY.items():
        for column in columns:
            op.create_index(f"{table}_by_{column}", table, ["workspace_id", column])


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("workspace_id", sa.String, nullable=False),
        sa.Column("thing", sa.String, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "thing"),
    )
    op.create_index("marks_by_version", "marks", ["workspace_id", "version"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, column in THINGS.items():
        for statement in (_of_sqlite if is_sqlite else _of_postgresql)(table, column):
            op.execute(sa.text(statement))


def _of_sqlite(table: str, column: str) -> list[str]:
    return [
        f"CREATE TRIGGER mark_{table}_{event} AFTER {event} ON {table} BEGIN"
        f" {_NOTE.format(row=row, column=column)} END"
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]


def _of_postgresql(table: str, column: str) -> list[str]:
    made, gone = (_NOTE.format(row=row, column=column) for row in ("NEW", "OLD"))
    function = (
        f"CREATE FUNCTION mark_{table}() RETURNS trigger AS $$ BEGIN"
        f" IF TG_OP = 'DELETE' THEN {gone} ELSE {made} END IF; RETURN NULL;"
        " END $$ LANGUAGE plpgsql"
    )
    trigger = (
        f"CREATE TRIGGER mark_{table} AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION mark_{table}()"
    )
    return [function, trigger]
