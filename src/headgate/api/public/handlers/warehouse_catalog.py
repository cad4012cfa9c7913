"""The catalogue of warehouses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headgate.api.public.calls import operation
from headgate.api.public.handlers.destination_catalog import option
from headgate.control.nouns import warehouse_catalog

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.nouns.warehouse_catalog import Kind
    from headgate.control.work import Work


@operation("get_warehouses_catalog")
def get_warehouses_catalog(work: Work, call: Call) -> dict[str, Any]:
    found = warehouse_catalog.listed(work, call.page.after, call.page.most)
    return {
        "warehousesCatalog": [told(each) for each in found.kinds],
        "pagination": call.page.answer(found.kinds, lambda each: each.slug, found.total),
    }


@operation("get_warehouse_metadata")
def get_warehouse_metadata(work: Work, call: Call) -> dict[str, Any]:
    kind = warehouse_catalog.get(work, call.path["warehouseMetadataId"])
    return {"warehouseMetadata": told(kind)}


def told(kind: Kind) -> dict[str, Any]:
    """WarehouseMetadataV1; there are no logos."""
    return {
        "id": kind.id,
        "name": kind.name,
        "slug": kind.slug,
        "description": kind.declared.description,
        "logos": {"default": ""},
        "options": [option(name, form) for name, form in kind.settings().items()],
    }
