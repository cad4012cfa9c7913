"""Brings the tables to this version, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from headgate.store.errors import StoreError, StoreTooNew
from headgate.store.migrations import HEAD

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection, Engine


def upgrade(engine: Engine) -> None:
    """Run what is missing in one transaction: a process killed in it leaves what was there.

    Foreign keys are off meanwhile, as SQLite would otherwise empty the children of a table
    that a migration rebuilds; they are checked before the commit.
    """
    with engine.connect() as connection:
        found = revision_of(connection)
        connection.rollback()
        if found == HEAD:
            return
        _keys(connection, "OFF")
        with connection.begin():
            _run(connection)
            _check(connection)
        _keys(connection, "ON")


def revision_of(connection: Connection) -> str | None:
    """Which tables are there: the last migration that ran, None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _keys(connection: Connection, state: str) -> None:
    """Below SQLAlchemy, because inside a transaction this pragma does nothing."""
    raw = connection.connection.driver_connection
    if raw is not None:
        raw.execute(f"PRAGMA foreign_keys = {state}").close()


def _run(connection: Connection) -> None:
    """Alembic costs half a second to import, which an up-to-date store need not pay."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "headgate.store:migrations")
    config.attributes["connection"] = connection
    _refuse_newer(ScriptDirectory.from_config(config), revision_of(connection))
    command.upgrade(config, "head")


def _refuse_newer(scripts: ScriptDirectory, found: str | None) -> None:
    known = {script.revision for script in scripts.walk_revisions()}
    if found is not None and found not in known:
        raise StoreTooNew(
            f"the store was written by a newer Headgate (tables {found}; this one knows {HEAD}): "
            "run that version, or restore a backup made before it"
        )


def _check(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise StoreError(f"the migration would leave rows without their parent: {broken[:5]}")
