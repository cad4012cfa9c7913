"""The write keys of a workspace's sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from headgate.store.records import WriteKeyRecord
from headgate.store.rows import Rows
from headgate.store.tables import write_keys

if TYPE_CHECKING:
    from headgate.store.database import Transaction


class WriteKeys:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection = transaction.connection
        self._rows = Rows(transaction, workspace, write_keys, WriteKeyRecord, "key")

    def all(self) -> tuple[WriteKeyRecord, ...]:
        return self._rows.all(order="key")

    def of(self, source: str) -> tuple[str, ...]:
        """Those of a source, by its id."""
        return tuple(each.key for each in self._rows.all(order="key", source=source))

    def is_taken(self, key: str) -> bool:
        """Whether any workspace has this key: events name no workspace, so keys are unique."""
        query = select(write_keys.c.key).where(write_keys.c.key == key)
        return self._connection.execute(query).first() is not None

    def add(self, key: str, source: str) -> WriteKeyRecord:
        return self._rows.insert(WriteKeyRecord(key=key, source=source))

    def remove(self, key: str) -> None:
        """Raises NotFound."""
        self._rows.delete(key)
