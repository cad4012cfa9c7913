"""The catalogue of warehouses: this version has none to load."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.control.errors import Missing

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work


@operation("get_warehouses_catalog")
def get_warehouses_catalog(work: Work, call: Call) -> dict[str, Any]:
    work.check("read", "workspace")
    return {"warehousesCatalog": [], "pagination": call.page.answer([], str, 0)}


@operation("get_warehouse_metadata")
def get_warehouse_metadata(work: Work, call: Call) -> dict[str, Any]:
    work.check("read", "workspace")
    raise Missing(f"there is no warehouse {call.path['warehouseMetadataId']} in the catalogue")
