"""The subscriptions of a workspace's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.store.ids import new_id
from headgate.store.records import SubscriptionRecord
from headgate.store.rows import Rows
from headgate.store.tables import subscriptions

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.rows import Ids
    from headgate.store.snapshot import Language


class Subscriptions:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, subscriptions, SubscriptionRecord, "id")

    def all(self, connections: Ids = None) -> tuple[SubscriptionRecord, ...]:
        """Of all connections or of some, by their ids, each connection's in their order."""
        return self._rows.some(connections, order="ordinal", of="connection")

    def of(self, connection: str) -> tuple[SubscriptionRecord, ...]:
        """Those of a connection, by its id, in their order."""
        return self._rows.all(order="ordinal", connection=connection)

    def one(self, subscription: str) -> SubscriptionRecord:
        """By its id. Raises NotFound."""
        return self._rows.one(subscription)

    def add(
        self,
        *,
        connection: str,
        ordinal: int,
        name: str,
        action: str,
        enabled: bool,
        fql: Language,
        trigger: str,
        mapping: dict[str, Any],
    ) -> SubscriptionRecord:
        return self._rows.insert(
            SubscriptionRecord(
                id=new_id("sub"),
                connection=connection,
                ordinal=ordinal,
                name=name,
                action=action,
                enabled=enabled,
                fql=fql,
                trigger=trigger,
                mapping=mapping,
            )
        )

    def update(self, record: SubscriptionRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, subscription: str) -> None:
        """Raises NotFound."""
        self._rows.delete(subscription)
