"""The connections of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.store.ids import new_id
from headgate.store.records import ConnectionRecord
from headgate.store.revision import next_number
from headgate.store.rows import Rows
from headgate.store.tables import connections

if TYPE_CHECKING:
    from headgate.store.database import Transaction


class Connections:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, connections, ConnectionRecord, "id")

    def all(self) -> tuple[ConnectionRecord, ...]:
        """In the order in which they were made."""
        return self._rows.all(order="number")

    def add(self, *, slug: str, source: str, destination: str) -> ConnectionRecord:
        """A connection that is off and empty: settings are sealed to the id it gets here."""
        return self._rows.insert(
            ConnectionRecord(
                id=new_id("con"),
                number=next_number(self._transaction, "connection"),
                source=source,
                slug=slug,
                name=slug,
                destination=destination,
                enabled=False,
                mode="cloud",
                ordering="per_user",
                settings={},
                filters=[],
                consent=[],
                start=None,
            )
        )

    def update(self, record: ConnectionRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, connection: str) -> None:
        """With its subscriptions. Raises NotFound."""
        self._rows.delete(connection)
