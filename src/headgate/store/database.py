"""Opens the store, in SQLite or in PostgreSQL: its transactions, and who may write when."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from headgate.store.belonging import check_belongs, note_belongs
from headgate.store.snapshot import SnapshotWriter
from headgate.store.sqlite import Sqlite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    from headgate.folder import DataFolder

SQLITE = "sqlite"
"""The address of the store that is a file of the data folder; others are PostgreSQL's."""


@dataclass(frozen=True)
class Transaction:
    """A view of the store that does not change but by its own writes."""

    connection: Connection


class Database(Protocol):
    """What a store is kept in; it raises errors of the store that never tell a secret."""

    @property
    def address(self) -> str | None:
        """Where it is, without a password; None for the file of the data folder."""
        ...

    def exists(self) -> bool:
        """Whether a store was ever made there."""
        ...

    def upgrade(self) -> None:
        """Make the tables, or bring them to this version, whole or not at all."""
        ...

    def read(self) -> AbstractContextManager[Connection]:
        """A view that stands still from its first statement on."""
        ...

    def write(self) -> AbstractContextManager[Connection]:
        """The only transaction that writes; it sees what the one before it wrote."""
        ...

    def close(self) -> None: ...


class Store:
    """What people configured. Readers never wait; writers go one after the other."""

    def __init__(self, folder: DataFolder, database: Database) -> None:
        self.folder = folder
        self._database = database
        self.publisher = SnapshotWriter(folder.snapshots)
        """Remembers what it published, so that the next time costs no look at all of it."""

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._database.read() as connection:
            yield Transaction(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Commit at the end of the block, roll back on an exception.

        It waits for the writer before it and then sees what that one wrote.
        """
        with self._database.write() as connection:
            yield Transaction(connection)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(folder: DataFolder, address: str = SQLITE) -> Store:
    """Make the store if it is absent, and bring it to this version's tables.

    `address` is `sqlite`, or `postgresql://…` as libpq reads it. Raises StoreTooNew when a newer
    Headgate wrote it, StoreElsewhere when the folder belongs to another store, StoreUnreachable
    when its database does not answer. Close it, or use it in `with`.
    """
    database = _database(folder, address)
    check_belongs(folder, database.address)
    folder.make()
    try:
        database.upgrade()
    except BaseException:
        database.close()
        raise
    note_belongs(folder, database.address)
    return Store(folder, database)


def store_exists(folder: DataFolder, address: str = SQLITE) -> bool:
    """Whether there is anything to open; nothing is made. Raises as `open_store` does."""
    database = _database(folder, address)
    check_belongs(folder, database.address)
    try:
        return database.exists()
    finally:
        database.close()


def _database(folder: DataFolder, address: str) -> Database:
    if address == SQLITE:
        return Sqlite(folder)
    from headgate.store.postgresql import Postgresql

    return Postgresql(address)
