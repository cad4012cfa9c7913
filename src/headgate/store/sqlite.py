"""The store in one SQLite file of the data folder."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL

from headgate.store.errors import StoreError
from headgate.store.locking import exclusive
from headgate.store.migrate import is_current, upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.folder import DataFolder

_BEGIN = "headgate_begin"
_PRAGMAS = (
    "PRAGMA busy_timeout = 30000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


class Sqlite:
    """Readers see the state at which they began; writers go by BEGIN IMMEDIATE."""

    address = None

    def __init__(self, folder: DataFolder) -> None:
        self._path, self._lock = folder.store, folder.run / "store.lock"
        self._engine = _engine(URL.create("sqlite", database=str(folder.store.absolute())))

    def exists(self) -> bool:
        return self._path.exists()

    def upgrade(self) -> None:
        """With foreign keys off, as SQLite would empty the children of a table that is rebuilt.

        They are checked before the commit.
        """
        with exclusive(self._lock):
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            with self._engine.connect() as connection:
                if is_current(connection):
                    return
                connection.rollback()
                _keys(connection, "OFF")
                with connection.begin():
                    upgrade(connection)
                    _check(connection)
                _keys(connection, "ON")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._begin("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._begin("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self, statement: str) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            connection.execution_options(**{_BEGIN: statement})
            with connection.begin():
                yield connection


def _engine(url: URL) -> Engine:
    engine = create_engine(url, module=_library())
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", _begun)
    return engine


def _library() -> Any:
    """The newest SQLite at hand: before 3.51.3 its WAL could be corrupted by a race."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    return dbapi2


def _connected(raw: Any, _: object) -> None:
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma).close()


def _begun(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _keys(connection: Connection, state: str) -> None:
    """Below SQLAlchemy, because inside a transaction this pragma does nothing."""
    raw = connection.connection.driver_connection
    if raw is not None:
        raw.execute(f"PRAGMA foreign_keys = {state}").close()


def _check(connection: Connection) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).all()
    if broken:
        raise StoreError(f"the migration would leave rows without their parent: {broken[:5]}")
