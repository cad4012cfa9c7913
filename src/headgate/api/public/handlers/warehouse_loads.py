"""When warehouses are to be loaded, and what of their sources; nothing was loaded so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from headgate.api.public.calls import operation
from headgate.api.public.naming import named
from headgate.control.nouns import warehouse_loads
from headgate.control.nouns.warehouse_loads import Choice

if TYPE_CHECKING:
    from headgate.api.public.calls import Call
    from headgate.control.work import Work
    from headgate.store.records import Schedule

_NAMES: Final = {"choices": "syncOverrides"}


@operation("get_advanced_sync_schedule_from_warehouse")
def get_advanced_sync_schedule_from_warehouse(work: Work, call: Call) -> dict[str, Any]:
    return _told(warehouse_loads.schedule(work, call.path["warehouseId"]))


@operation("replace_advanced_sync_schedule_for_warehouse")
def replace_advanced_sync_schedule_for_warehouse(work: Work, call: Call) -> dict[str, Any]:
    return _told(
        warehouse_loads.reschedule(
            work,
            call.path["warehouseId"],
            enabled=call.body["enabled"],
            given=call.body.get("schedule"),
        )
    )


@operation("list_selective_syncs_from_warehouse_and_source")
def list_selective_syncs_from_warehouse_and_source(work: Work, call: Call) -> dict[str, Any]:
    warehouse, source, page = call.path["warehouseId"], call.path["sourceId"], call.page
    found = warehouse_loads.selected(work, warehouse, source, page.after, page.most)
    return {
        "items": [
            {"warehouseId": warehouse, "sourceId": source, **each._asdict()}
            for each in found.selected
        ],
        "pagination": page.answer(found.selected, lambda each: each.collection, found.total),
    }


@operation("update_selective_sync_for_warehouse")
def update_selective_sync_for_warehouse(work: Work, call: Call) -> dict[str, Any]:
    choices = [
        Choice(
            each["sourceId"],
            each.get("collection") or "",
            each.get("property") or "",
            each["enabled"],
        )
        for each in call.body["syncOverrides"]
    ]
    with named(_NAMES):
        done = warehouse_loads.select(work, call.path["warehouseId"], choices)
    status = "UPDATED" if done.is_changed else "UNCHANGED"
    return {"status": status, "warnings": list(done.warnings)}


@operation("list_syncs_from_warehouse")
def list_syncs_from_warehouse(work: Work, call: Call) -> dict[str, Any]:
    work.warehouse(call.path["warehouseId"])
    return _no_reports(call)


@operation("list_syncs_from_warehouse_and_source")
def list_syncs_from_warehouse_and_source(work: Work, call: Call) -> dict[str, Any]:
    warehouse_loads.connected(work, call.path["warehouseId"], call.path["sourceId"])
    return _no_reports(call)


def _no_reports(call: Call) -> dict[str, Any]:
    """Nothing was loaded."""
    return {"reports": [], "pagination": call.page.answer([], str, 0)}


def _told(schedule: Schedule | None) -> dict[str, Any]:
    if schedule is None:
        return {"enabled": False}
    times = [{"hourOfDay": hour, "enabled": is_on} for hour, is_on in schedule.hours.items()]
    return {
        "enabled": schedule.enabled,
        "schedule": {"times": times, "timezone": schedule.timezone},
    }
