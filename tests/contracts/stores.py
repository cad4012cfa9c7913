"""Stores to run one contract suite on: in an SQLite file, and in a PostgreSQL database."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol

from alembic import command as alembic
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from headgate.folder import DataFolder
from headgate.store.database import SQLITE, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.contracts.postgres import Postgres


class Place(NamedTuple):
    """Where one test has its store; several processes may open it."""

    folder: DataFolder
    address: str

    def open(self) -> Store:
        return open_store(self.folder, self.address)

    @property
    def is_sqlite(self) -> bool:
        return self.address == SQLITE


class Places(Protocol):
    """Makes places: `bare` ones without tables, others with those of this version."""

    def place(self, root: Path, *, bare: bool = False) -> AbstractContextManager[Place]: ...


class SqlitePlaces:
    def __init__(self, folder: Path) -> None:
        self._made = DataFolder(folder / "made")
        open_store(self._made).close()

    @contextmanager
    def place(self, root: Path, *, bare: bool = False) -> Iterator[Place]:
        folder = DataFolder(root / "data").make()
        if not bare:
            shutil.copy(self._made.store, folder.store)
        yield Place(folder, SQLITE)


class PostgresPlaces:
    def __init__(self, server: Postgres, folder: Path) -> None:
        self._server, self._made = server, server.database()
        open_store(DataFolder(folder / "made"), server.by_socket(self._made)).close()

    @contextmanager
    def place(self, root: Path, *, bare: bool = False) -> Iterator[Place]:
        name = self._server.database("template1" if bare else self._made)
        yield Place(DataFolder(root / "data").make(), self._server.by_socket(name))
        self._server.drop(name)


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def older_versions() -> list[str]:
    """Every version of the tables but the present one, oldest first."""
    return [script.revision for script in scripts().walk_revisions()][:0:-1]


@contextmanager
def as_of(version: str, place: Place) -> Iterator[Connection]:
    """Make a bare place what a Headgate of that version left; the block fills it."""
    engine = create_engine(
        f"sqlite:///{place.folder.store}"
        if place.is_sqlite
        else place.address.replace("postgresql:", "postgresql+psycopg:", 1)
    )
    try:
        with engine.begin() as connection:
            config = _config()
            config.attributes["connection"] = connection
            alembic.upgrade(config, version)
            yield connection
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "headgate.store:migrations")
    return config
