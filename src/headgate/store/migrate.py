"""Brings the tables to this version, in a transaction of whoever calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from headgate.store.errors import StoreTooNew
from headgate.store.migrations import HEAD

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory
    from sqlalchemy import Connection


def is_current(connection: Connection) -> bool:
    return revision_of(connection) == HEAD


def revision_of(connection: Connection) -> str | None:
    """Which tables are there: the last migration that ran, None before the first."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection) -> None:
    """Run what is missing; a process killed before the commit leaves what was there.

    Alembic costs half a second to import, which an up-to-date store need not pay.
    """
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
