"""Transactions on the server that keeps a ledger, and what is told when it does not answer."""

from __future__ import annotations

import hashlib
from collections import deque
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import psycopg

from headgate.ledger.port import LedgerUnavailable
from headgate.ledger.postgresql.texts import register

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1
WAIT_MS = 5_000
"""How long a statement waits for a lock: others hold one as long as their tick takes."""
LONGEST_MS = 30_000
"""How long one statement, or a pause within a transaction, may take at all."""

BEGIN = b"begin transaction isolation level read committed"
LOOK = b"begin transaction isolation level repeatable read read only"
TERMS = (
    b"select set_config('search_path', %s, true), set_config('lock_timeout', %s, true),"
    b" set_config('statement_timeout', %s, true),"
    b" set_config('idle_in_transaction_session_timeout', %s, true)"
)
"""For one transaction, so that a pooler between us and the server confuses nobody."""
_CLAIM = b"select pg_advisory_xact_lock(%s)"
_IS_MADE = b"select 1 from pg_tables where schemaname = %s and tablename = 'format'"
"""Asked of a table, as names are looked up in a memory that may be older than the lock."""


class Address(Protocol):
    """Where the server is; `shown` holds no secret."""

    @property
    def shown(self) -> str: ...
    def connect(self) -> Any: ...
    def without_secrets(self, said: str) -> str: ...


class Taken(Exception):
    """Another process writes this ledger now, or the server lost what it had confirmed.

    Nothing may be written any more: a successor begins where the ledger stands.
    """


class Server(NamedTuple):
    """A database, and the schema of it that is the ledger of one data folder."""

    address: Address
    schema: str

    def connect(self) -> Any:
        """A new connection, whose transactions begin and end explicitly."""
        with self.told():
            connection = self.address.connect()
            connection.autocommit = True
            register(connection)
            return connection

    def terms(self, wait_ms: int = WAIT_MS) -> tuple[str, str, str, str]:
        return self.schema, f"{wait_ms}ms", f"{LONGEST_MS}ms", f"{LONGEST_MS}ms"

    @contextmanager
    def transaction(
        self, connection: Any, begin: bytes = BEGIN, *, wait_ms: int = WAIT_MS
    ) -> Iterator[Any]:
        """Commit at the end of the block, roll back on an exception."""
        with self.told():
            try:
                connection.execute(begin)
                connection.execute(TERMS, self.terms(wait_ms))
                yield connection
                connection.execute(b"commit")
            except BaseException:
                roll_back(connection)
                raise

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raise `LedgerUnavailable` for whatever the driver or the server says."""
        try:
            yield
        except psycopg.Error as error:
            raise self.unavailable(error) from None

    def unavailable(self, error: Exception) -> LedgerUnavailable:
        reason = self.address.without_secrets(str(error).partition("\n")[0])
        return LedgerUnavailable(
            f"the ledger at {self.address.shown}: {reason}; start the database, or look there for"
            " what is wrong: what is to be written waits"
        )

    def make(self, connection: Any) -> None:
        """Make the tables where there are none; raises `LedgerUnavailable` for newer ones."""
        with self.transaction(connection):
            if not self._is_made(connection):
                self._make_tables(connection)
            (version,) = connection.execute(b"select version from format").fetchone()
        if version > VERSION:
            raise LedgerUnavailable(
                f"the ledger at {self.address.shown} has format {version}; this program reads"
                f" format {VERSION}: start the newer program again"
            )

    def _is_made(self, connection: Any) -> bool:
        return connection.execute(_IS_MADE, (self.schema,)).fetchone() is not None

    def _make_tables(self, connection: Any) -> None:
        """Whoever comes second finds them made when it has the lock."""
        digest = hashlib.blake2b(self.schema.encode(), digest_size=8).digest()
        connection.execute(_CLAIM, (int.from_bytes(digest, "big", signed=True),))
        if self._is_made(connection):
            return
        tables = resources.files(__package__).joinpath("schema.sql").read_text()
        connection.execute(f"create schema if not exists {self.schema}".encode())
        connection.execute(tables.encode())
        connection.execute(b"create table format (version integer not null)")
        connection.execute(b"insert into format values (%s)", (VERSION,))


def roll_back(connection: Any) -> None:
    """Leave no transaction behind; a connection that cannot say so is of no more use."""
    try:
        if not connection.closed:
            connection.execute(b"rollback")
    except psycopg.Error:
        connection.close()


class Connections:
    """Connections for whoever reads now and then, in any thread; a few are kept for the next."""

    def __init__(self, server: Server, kept: int = 4) -> None:
        self._server = server
        self._idle: deque[Any] = deque(maxlen=kept)
        self._is_made = False

    @contextmanager
    def look(self) -> Iterator[Any]:
        """One view of the ledger that does not change."""
        connection = self._taken()
        try:
            with self._server.transaction(connection, LOOK):
                yield connection
        finally:
            self._give_back(connection)

    def _taken(self) -> Any:
        while self._idle:
            connection = self._idle.pop()
            if _answers(connection):
                return connection
        connection = self._server.connect()
        if not self._is_made:
            self._server.make(connection)
            self._is_made = True
        return connection

    def _give_back(self, connection: Any) -> None:
        if connection.closed or len(self._idle) == self._idle.maxlen:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _answers(connection: Any) -> bool:
    """The server may have been started anew since it was last asked."""
    try:
        connection.execute(b"select 1")
    except psycopg.Error:
        connection.close()
        return False
    return True
