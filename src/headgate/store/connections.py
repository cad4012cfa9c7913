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
    from headgate.store.rows import Ids


class Connections:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, connections, ConnectionRecord, "id")

    def all(self, ids: Ids = None) -> tuple[ConnectionRecord, ...]:
        """Or those with one of the ids, in the order in which they were made."""
        return self._rows.some(ids, order="number")

    def numbers(self, ids: Ids = None) -> dict[str, int]:
        """The numbers by id, of all or of those with one of the ids."""
        return self._rows.two("id", "number", ids)

    def one(self, connection: str) -> ConnectionRecord:
        """By its id. Raises NotFound."""
        return self._rows.one(connection)

    def named(self, slug: str) -> ConnectionRecord | None:
        return next(iter(self._rows.all(order="number", slug=slug)), None)

    def of(self, source: str) -> tuple[ConnectionRecord, ...]:
        """Those of a source, by its id."""
        return self._rows.all(order="number", source=source)

    def page(
        self, after: int | None, most: int, source: str | None = None
    ) -> tuple[ConnectionRecord, ...]:
        """Those whose number is above `after`, at most `most`; of one source if it is given."""
        equal = {} if source is None else {"source": source}
        return self._rows.page(order="number", after=after, most=most, **equal)

    def count(self, source: str | None = None) -> int:
        return self._rows.count(**({} if source is None else {"source": source}))

    def add(self, *, slug: str, source: str, destination: str, at: int = 0) -> ConnectionRecord:
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
                created_at=at,
                updated_at=at,
            )
        )

    def update(self, record: ConnectionRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, connection: str) -> None:
        """With its subscriptions. Raises NotFound."""
        self._rows.delete(connection)
