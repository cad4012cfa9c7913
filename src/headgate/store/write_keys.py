"""The write keys of a workspace's sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from headgate.store.records import WriteKeyRecord
from headgate.store.rows import Rows
from headgate.store.tables import write_keys

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.rows import Ids


class WriteKeys:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._connection, self._workspace = transaction.connection, workspace
        self._rows = Rows(transaction, workspace, write_keys, WriteKeyRecord, "key")

    def all(self, sources: Ids = None) -> tuple[WriteKeyRecord, ...]:
        """Of all sources or of some, by their ids."""
        return self._rows.some(sources, order="key", of="source")

    def of(self, source: str) -> tuple[str, ...]:
        """Those of a source, by its id."""
        return tuple(each.key for each in self.records(source))

    def records(self, source: str) -> tuple[WriteKeyRecord, ...]:
        """The same, with when each ends."""
        return self._rows.all(order="key", source=source)

    def due(self, now: int) -> list[str]:
        """The sources, by id, with a key whose time is over."""
        columns = write_keys.c
        query = select(columns.source).where(
            columns.workspace_id == self._workspace, columns.ends_at <= now
        )
        return sorted(self._connection.execute(query.distinct()).scalars())

    def is_taken(self, key: str) -> bool:
        """Whether any workspace has this key: events name no workspace, so keys are unique."""
        query = select(write_keys.c.key).where(write_keys.c.key == key)
        return self._connection.execute(query).first() is not None

    def add(self, key: str, source: str, ends_at: int | None = None) -> WriteKeyRecord:
        return self._rows.insert(WriteKeyRecord(key=key, source=source, ends_at=ends_at))

    def end(self, key: str, at: int | None) -> None:
        """Let it give way to another at that time, or last. Raises NotFound."""
        self._rows.update(msgspec.structs.replace(self._rows.one(key), ends_at=at))

    def remove(self, key: str) -> None:
        """Raises NotFound."""
        self._rows.delete(key)
