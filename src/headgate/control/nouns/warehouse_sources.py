"""Which sources are connected to a warehouse: what it is to be loaded with."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headgate.control.errors import Missing
from headgate.control.nouns import sources, warehouses
from headgate.store.sources import Sources
from headgate.store.warehouses import Warehouses, WarehouseSources

if TYPE_CHECKING:
    from headgate.control.nouns.sources import Seen
    from headgate.control.nouns.warehouses import Listed
    from headgate.control.work import Work
    from headgate.store.records import WarehouseRecord


class Connected(NamedTuple):
    """A page of the sources of a warehouse, and how many it has in all."""

    sources: list[Seen]
    total: int


def connect(work: Work, warehouse: str, source: str) -> None:
    """By the ids of both; whoever does it may change both. Raises Missing or Forbidden."""
    record = work.warehouse(warehouse, "write")
    wanted = work.source(source, "write")
    there = WarehouseSources(work.transaction, work.workspace.id)
    if is_new := not there.has(record.id, wanted.id):
        there.add(record.id, wanted.id, work.now)
    warehouses.note_modified(work, record, ("sources",) if is_new else ())


def disconnect(work: Work, warehouse: str, source: str) -> None:
    """What is selected of the source stays, should it ever be connected again.

    Raises Missing, also for one that is not connected, or Forbidden.
    """
    record = work.warehouse(warehouse, "write")
    wanted = work.source(source, "write")
    check_connected(work, record, wanted.id)
    WarehouseSources(work.transaction, work.workspace.id).remove(record.id, wanted.id)
    warehouses.note_modified(work, record, ("sources",))


def of_warehouse(work: Work, warehouse: str, after: int | None, most: int) -> Connected:
    """The sources that the actor may see, by number above `after`. Raises Missing or Forbidden."""
    record = work.warehouse(warehouse)
    ids = WarehouseSources(work.transaction, work.workspace.id).of_warehouse(record.id)
    all_ = Sources(work.transaction, work.workspace.id).all(ids)
    visible = [each for each in all_ if work.may_see(each)]
    page = [each for each in visible if after is None or each.number > after][:most]
    return Connected(sources.seen(work, page), len(visible))


def of_source(work: Work, source: str, after: int | None, most: int) -> Listed:
    """The warehouses that the actor may see, by number above `after`. Raises Missing."""
    record = work.source(source)
    ids = WarehouseSources(work.transaction, work.workspace.id).of_source(record.id)
    all_ = Warehouses(work.transaction, work.workspace.id).all(ids)
    visible = [each for each in all_ if work.may_see_warehouse(each.id)]
    return warehouses.page_of(visible, after, most)


def check_connected(work: Work, warehouse: WarehouseRecord, source: str) -> None:
    """Raises Missing."""
    if not WarehouseSources(work.transaction, work.workspace.id).has(warehouse.id, source):
        raise Missing(f"source {source} is not connected to warehouse {warehouse.id}")
