"""The store in a PostgreSQL database."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, text

from headgate.store.errors import StoreError
from headgate.store.migrate import is_current, revision_of, upgrade
from headgate.store.postgresql_address import Address
from headgate.store.postgresql_errors import told

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITERS = int.from_bytes(b"headgate", "big")
"""The advisory lock that a writer holds, or a migration, which may find no table yet to lock."""

WAIT_MS = 30_000
"""How long a writer waits for the one before it, as with SQLite."""

PAUSE_MS = 60_000
"""How long a writer may ask nothing before the server ends it: its machine may be gone."""

_TERMS = text(
    "SELECT set_config('lock_timeout', :wait, true),"
    " set_config('idle_in_transaction_session_timeout', :pause, true),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
    "  WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)"
)
"""For one transaction. A commit that a crash takes back could have given numbers away."""

_CLAIM = text("SELECT pg_advisory_xact_lock(:writers)")


class Postgresql:
    """Readers hold one snapshot of the database; writers hold the advisory lock.

    Isolation of each is decision 0018.
    """

    def __init__(self, address: str) -> None:
        self._at = Address.parsed(address)
        self.address = self._at.shown
        self._engine = create_engine(
            "postgresql+psycopg://",
            creator=self._at.connect,
            pool_pre_ping=True,
            hide_parameters=True,
            use_native_hstore=False,
        )

    def exists(self) -> bool:
        with self.read() as connection:
            return revision_of(connection) is not None

    def upgrade(self) -> None:
        with self.read() as connection:
            if is_current(connection):
                return
            _refuse_encoding(connection, self.address)
        with self.write() as connection:
            upgrade(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with told(self._at), self._begin("REPEATABLE READ", is_readonly=True) as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Below READ COMMITTED a statement could see what was there before the lock was held."""
        with told(self._at) as phase, self._begin("READ COMMITTED") as connection:
            connection.execute(_TERMS, {"wait": f"{WAIT_MS}ms", "pause": f"{PAUSE_MS}ms"})
            connection.execute(_CLAIM, {"writers": WRITERS})
            yield connection
            phase.commits = True

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _begin(self, isolation: Any, *, is_readonly: bool = False) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            connection.execution_options(isolation_level=isolation, postgresql_readonly=is_readonly)
            with connection.begin():
                yield connection


def _refuse_encoding(connection: Connection, address: str) -> None:
    found = connection.execute(text("SHOW server_encoding")).scalar()
    if found != "UTF8":
        raise StoreError(
            f"the database {address} keeps text as {found}, which lacks characters that names may"
            " have: make one with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8'"
        )
