"""Opens the store: one SQLite file, its transactions, and who may write when."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

from headgate.store.locking import exclusive
from headgate.store.migrate import upgrade

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


@dataclass(frozen=True)
class Transaction:
    """A view of the store that does not change but by its own writes."""

    connection: Connection


class Store:
    """What people configured. Readers never wait; writers go one after the other."""

    def __init__(self, folder: DataFolder, engine: Engine) -> None:
        self.folder = folder
        self._engine = engine

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._begin("BEGIN") as transaction:
            yield transaction

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Commit at the end of the block, roll back on an exception.

        It waits for the writer before it and then sees what that one wrote.
        """
        with self._begin("BEGIN IMMEDIATE") as transaction:
            yield transaction

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _begin(self, statement: str) -> Iterator[Transaction]:
        with self._engine.connect() as connection:
            connection.execution_options(**{_BEGIN: statement})
            with connection.begin():
                yield Transaction(connection)


def open_store(folder: DataFolder) -> Store:
    """Make the store if it is absent, and bring it to this version's tables.

    Raises StoreTooNew when a newer Headgate wrote it. Close it, or use it in `with`.
    """
    folder.make()
    engine = _engine(folder)
    try:
        with exclusive(folder.run / "store.lock"):
            os.close(os.open(folder.store, os.O_RDWR | os.O_CREAT, 0o600))
            upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(folder, engine)


def _engine(folder: DataFolder) -> Engine:
    url = URL.create("sqlite", database=str(folder.store.absolute()))
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
