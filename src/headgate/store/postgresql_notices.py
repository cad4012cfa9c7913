"""Tells that something was committed to a store in PostgreSQL, on whichever machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from headgate.store.errors import StoreUnreachable
from headgate.store.postgresql_address import Address

if TYPE_CHECKING:
    from types import TracebackType

CHANNEL = "headgate_snapshot"
"""Each notice carries the version of the snapshot that is in force with the commit, no more."""


class Notices:
    """A connection that listens; its descriptor becomes readable when there may be a notice.

    Whoever looks at the store after this was made misses nothing. Raises StoreUnreachable.
    """

    def __init__(self, address: str) -> None:
        import psycopg

        self._at, self._error = Address.parsed(address), psycopg.Error
        try:
            self._connection = self._at.connect()
            self._connection.autocommit = True
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            raise self._unreachable(error) from None

    def fileno(self) -> int:
        return int(self._connection.fileno())

    def drain(self) -> int:
        """The newest version that was told of since the last time; 0 for none."""
        newest, link = 0, self._connection.pgconn
        try:
            link.consume_input()
            while (notice := link.notifies()) is not None:
                newest = max(newest, int(notice.extra))
        except self._error as error:
            raise self._unreachable(error) from None
        return newest

    def _unreachable(self, error: Exception) -> StoreUnreachable:
        reason = self._at.without_secrets(str(error).partition("\n")[0])
        return StoreUnreachable(f"the store at {self._at.shown} tells of no changes: {reason}")

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
