"""Warehouses, and the sources that are connected to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import SUCCESS, operation
from headgate.api.public.handlers.sources import told as told_source
from headgate.api.public.handlers.warehouse_catalog import told as told_kind
from headgate.api.public.naming import named
from headgate.control.errors import Invalid, Problem
from headgate.control.nouns import (
    connection_settings,
    warehouse_catalog,
    warehouse_sources,
    warehouses,
)

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work
    from headgate.store.records import WarehouseRecord

_NAMES: Final = {"kind": "metadataId"}


@operation("list_warehouses")
def list_warehouses(work: Work, call: Call) -> dict[str, Any]:
    found = warehouses.listed(work, call.page.after, call.page.most)
    return {
        "warehouses": [told(work, each) for each in found.warehouses],
        "pagination": call.page.answer(found.warehouses, lambda each: each.number, found.total),
    }


@operation("get_warehouse")
def get_warehouse(work: Work, call: Call) -> dict[str, Any]:
    return {"warehouse": told(work, warehouses.get(work, call.path["warehouseId"]))}


@operation("create_warehouse")
def create_warehouse(work: Work, call: Call) -> dict[str, Any]:
    body = call.body
    if body.get("disconnectAllSources") is False:
        why = "no source is connected by itself: leave it out, and connect each one"
        raise Invalid([Problem("disconnectAllSources", why)])
    with named(_NAMES):
        made = warehouses.create(
            work,
            kind=body["metadataId"],
            name=body.get("name"),
            enabled=body.get("enabled", False),
            settings=body["settings"],
        )
    return {"warehouse": told(work, made)}


@operation("update_warehouse")
def update_warehouse(work: Work, call: Call) -> dict[str, Any]:
    return {"warehouse": told(work, warehouses.update(work, call.path["warehouseId"], **call.body))}


@operation("delete_warehouse")
def delete_warehouse(work: Work, call: Call) -> dict[str, Any]:
    warehouses.delete(work, call.path["warehouseId"])
    return SUCCESS


@operation("list_connected_sources_from_warehouse")
def list_connected_sources_from_warehouse(work: Work, call: Call) -> dict[str, Any]:
    page = call.page
    found = warehouse_sources.of_warehouse(work, call.path["warehouseId"], page.after, page.most)
    return {
        "sources": [told_source(work, each) for each in found.sources],
        "pagination": page.answer(found.sources, lambda each: each.source.number, found.total),
    }


@operation("list_connected_warehouses_from_source")
def list_connected_warehouses_from_source(work: Work, call: Call) -> dict[str, Any]:
    page = call.page
    found = warehouse_sources.of_source(work, call.path["sourceId"], page.after, page.most)
    return {
        "warehouses": [told(work, each) for each in found.warehouses],
        "pagination": page.answer(found.warehouses, lambda each: each.number, found.total),
    }


@operation("add_connection_from_source_to_warehouse")
def add_connection_from_source_to_warehouse(work: Work, call: Call) -> dict[str, Any]:
    warehouse_sources.connect(work, call.path["warehouseId"], call.path["sourceId"])
    return {"status": "CONNECTED"}


@operation("remove_source_connection_from_warehouse")
def remove_source_connection_from_warehouse(work: Work, call: Call) -> dict[str, Any]:
    warehouse_sources.disconnect(work, call.path["warehouseId"], call.path["sourceId"])
    return SUCCESS


def told(work: Work, warehouse: WarehouseRecord) -> dict[str, Any]:
    """WarehouseV1, and the name, for which that has no field."""
    return {
        "id": warehouse.id,
        "name": warehouse.name,
        "metadata": told_kind(warehouse_catalog.kind_of(warehouse.kind)),
        "workspaceId": work.workspace.id,
        "enabled": warehouse.enabled,
        "settings": connection_settings.shown(work, warehouse),
    }
