"""Warehouses, the sources that are connected to them, and what of those is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.store.ids import new_id
from headgate.store.records import SelectionRecord, WarehouseRecord, WarehouseSourceRecord
from headgate.store.revision import next_number
from headgate.store.rows import Rows
from headgate.store.tables import selections, warehouse_sources, warehouses

if TYPE_CHECKING:
    from headgate.store.database import Transaction
    from headgate.store.rows import Ids


class Warehouses:
    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._transaction = transaction
        self._rows = Rows(transaction, workspace, warehouses, WarehouseRecord, "id")

    def all(self, ids: Ids = None) -> tuple[WarehouseRecord, ...]:
        """Or those with one of the ids, in the order in which they were made."""
        return self._rows.some(ids, order="number")

    def one(self, warehouse: str) -> WarehouseRecord:
        """By its id. Raises NotFound."""
        return self._rows.one(warehouse)

    def named(self, slug: str) -> WarehouseRecord | None:
        return next(iter(self._rows.all(order="number", slug=slug)), None)

    def page(self, after: int | None, most: int) -> tuple[WarehouseRecord, ...]:
        """Those whose number is above `after`, at most `most`."""
        return self._rows.page(order="number", after=after, most=most)

    def count(self) -> int:
        return self._rows.count()

    def add(self, *, slug: str, name: str, kind: str, at: int) -> WarehouseRecord:
        """One that is switched off and has no settings yet: their secrets are sealed to its id."""
        return self._rows.insert(
            WarehouseRecord(
                id=new_id("whs"),
                number=next_number(self._transaction, "warehouse"),
                slug=slug,
                name=name,
                kind=kind,
                enabled=False,
                settings={},
                schedule=None,
                created_at=at,
                updated_at=at,
            )
        )

    def update(self, record: WarehouseRecord) -> None:
        """Raises NotFound."""
        self._rows.update(record)

    def remove(self, warehouse: str) -> None:
        """With what is connected to it, and what is selected. Raises NotFound."""
        self._rows.delete(warehouse)


class WarehouseSources:
    """Which sources are connected to which warehouses; both are ids."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, warehouse_sources, WarehouseSourceRecord, "id")

    def all(self) -> tuple[WarehouseSourceRecord, ...]:
        return self._rows.all(order="id")

    def of_warehouse(self, warehouse: str) -> tuple[str, ...]:
        """The sources."""
        return tuple(each.source for each in self._rows.all(order="source", warehouse=warehouse))

    def of_source(self, source: str) -> tuple[str, ...]:
        """The warehouses."""
        return tuple(each.warehouse for each in self._rows.all(order="warehouse", source=source))

    def has(self, warehouse: str, source: str) -> bool:
        return self._rows.count(warehouse=warehouse, source=source) == 1

    def add(self, warehouse: str, source: str, at: int) -> None:
        self._rows.insert(
            WarehouseSourceRecord(id=new_id("whc"), warehouse=warehouse, source=source, since=at)
        )

    def remove(self, warehouse: str, source: str) -> None:
        self._rows.delete_all(warehouse=warehouse, source=source)


class Selections:
    """What of the sources is loaded into warehouses."""

    def __init__(self, transaction: Transaction, workspace: str) -> None:
        self._rows = Rows(transaction, workspace, selections, SelectionRecord, "id")

    def of(self, warehouse: str, source: str | None = None) -> tuple[SelectionRecord, ...]:
        """Of all sources, or of one, by ids."""
        equal: dict[str, Any] = {"warehouse": warehouse}
        return self._rows.all(order="id", **equal, **({} if source is None else {"source": source}))

    def put(
        self,
        *,
        warehouse: str,
        source: str,
        collection: str,
        property: str,  # noqa: A002 - as Segment calls it
        enabled: bool,
    ) -> None:
        """In the place of what was said of the same."""
        same = {"warehouse": warehouse, "source": source}
        self._rows.delete_all(**same, collection=collection, property=property)
        record = SelectionRecord(
            id=new_id("sel"), **same, collection=collection, property=property, enabled=enabled
        )
        self._rows.insert(record)
