"""The warehouses of a workspace, in the shape in which declarations are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headgate.control.declaring.declared import DeclaredSchedule, DeclaredWarehouse
from headgate.store.warehouses import Selections, WarehouseSources

if TYPE_CHECKING:
    from headgate.control.declaring.declared import Declared
    from headgate.control.declaring.holdings import Holdings
    from headgate.store.database import Transaction
    from headgate.store.records import Schedule, WarehouseRecord


def with_warehouses(transaction: Transaction, held: Holdings, declared: Declared) -> Declared:
    found = {slug: _one(transaction, held, each) for slug, each in held.warehouses.items()}
    return msgspec.structs.replace(declared, warehouses=found)


def _one(transaction: Transaction, held: Holdings, record: WarehouseRecord) -> DeclaredWarehouse:
    """What is selected of a source that is not connected does not count, and is not told."""
    slugs = {each.id: each.slug for each in held.sources.values()}
    connected = WarehouseSources(transaction, held.workspace).of_warehouse(record.id)
    left_out = {
        (slugs[each.source], each.collection, each.property)
        for each in Selections(transaction, held.workspace).of(record.id)
        if each.source in connected and not each.enabled
    }
    return DeclaredWarehouse(
        slug=record.slug,
        name=record.name,
        kind=record.kind,
        settings=record.settings,
        sources=tuple(sorted(slugs[each] for each in connected)),
        schedule=_schedule(record.schedule),
        left_out=tuple(sorted(left_out)),
    )


def _schedule(schedule: Schedule | None) -> DeclaredSchedule | None:
    if schedule is None:
        return None
    return DeclaredSchedule(
        enabled=schedule.enabled, timezone=schedule.timezone, hours=dict(schedule.hours)
    )
