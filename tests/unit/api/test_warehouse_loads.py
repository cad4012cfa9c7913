"""When warehouses are to be loaded, and what of their sources, over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.store.trail import Trail
from tests.unit.api.asking import Answer, Asking, asking
from tests.unit.api.connected import source, told
from tests.unit.api.warehoused import connected, warehouse

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = "Europe/Berlin"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def times(*hours: float) -> list[dict[str, Any]]:
    return [{"hourOfDay": hour, "enabled": True} for hour in hours]


def put(api: Asking, id_: str, body: dict[str, Any], **more: Any) -> Answer:
    op, path = "replace_advanced_sync_schedule_for_warehouse", "advanced-sync-schedule"
    return told(api, op, "PUT", f"/warehouses/{id_}/{path}", body, **more)


def schedule(api: Asking, id_: str) -> Any:
    op, path = "get_advanced_sync_schedule_from_warehouse", "advanced-sync-schedule"
    return told(api, op, "GET", f"/warehouses/{id_}/{path}").data


def choose(api: Asking, id_: str, *overrides: dict[str, Any], **more: Any) -> Answer:
    body = {"syncOverrides": list(overrides)}
    op = "update_selective_sync_for_warehouse"
    return told(api, op, "PATCH", f"/warehouses/{id_}/selective-sync", body, **more)


def chosen(api: Asking, id_: str, source_id: str, **query: Any) -> Any:
    op = "list_selective_syncs_from_warehouse_and_source"
    path = f"/warehouses/{id_}/connected-sources/{source_id}/selective-syncs"
    return told(api, op, "GET", path, **query).data


def fields(api: Asking) -> tuple[str, ...]:
    """What the last line of the trail names."""
    with api.control.read(api.operator()) as work:
        return Trail(work.transaction, work.workspace.id).page(None, 1000)[-1].what


# the schedule


def test_a_warehouse_has_no_schedule_until_it_gets_one(api: Asking) -> None:
    id_ = warehouse(api)
    assert schedule(api, id_) == {"enabled": False}
    wanted = {"enabled": True, "schedule": {"times": times(22, 3.0), "timezone": BERLIN}}
    told_ = {"enabled": True, "schedule": {"times": times(3, 22), "timezone": BERLIN}}
    assert put(api, id_, wanted).data == told_ == schedule(api, id_)
    assert fields(api) == ("schedule",)
    assert put(api, id_, wanted).data == told_
    assert fields(api) == ()
    assert put(api, id_, {"enabled": False}).data == {"enabled": False} == schedule(api, id_)


@pytest.mark.parametrize(
    ("times", "timezone", "field"),
    [
        (times(24), BERLIN, "schedule.times.0.hourOfDay"),
        (times(-1), BERLIN, "schedule.times.0.hourOfDay"),
        (times(3, 3.5), BERLIN, "schedule.times.1.hourOfDay"),
        (times(3, 3), BERLIN, "schedule.times.1.hourOfDay"),
        (times(3), "Europe/Atlantis", "schedule.timezone"),
        (times(3), "../../etc/passwd", "schedule.timezone"),
        (times(3), "Europe", "schedule.timezone"),
        (times(3), "", "schedule.timezone"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_its_field(
    api: Asking, times: list[Any], timezone: str, field: str
) -> None:
    id_ = warehouse(api)
    wanted = {"enabled": True, "schedule": {"times": times, "timezone": timezone}}
    answer = put(api, id_, wanted)
    assert (answer.status, answer.fields) == (422, [field])
    assert schedule(api, id_) == {"enabled": False}


def test_what_is_switched_on_needs_a_schedule(api: Asking) -> None:
    answer = put(api, warehouse(api), {"enabled": True})
    assert (answer.status, answer.fields) == (422, ["schedule"])


# what is loaded


def test_what_is_chosen_is_listed_by_collection(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    assert chosen(api, id_, shop)["items"] == []
    users = {"sourceId": shop, "collection": "users", "enabled": False}
    ip = {"sourceId": shop, "collection": "tracks", "property": "context_ip", "enabled": False}
    done = choose(api, id_, users, ip).data
    assert (done["status"], fields(api)) == ("UPDATED", ("selection",))
    assert done["warnings"] == ["this Headgate does not load into warehouses yet"]
    of_both = {"warehouseId": id_, "sourceId": shop}
    assert chosen(api, id_, shop)["items"] == [
        {**of_both, "collection": "tracks", "enabled": True, "properties": {"context_ip": False}},
        {**of_both, "collection": "users", "enabled": False, "properties": {}},
    ]
    assert choose(api, id_, users).data["status"] == "UNCHANGED"
    assert choose(api, id_, {**users, "enabled": True}).data["status"] == "UPDATED"
    first = chosen(api, id_, shop, **{"pagination[count]": "1"})
    cursor = {"pagination[count]": "1", "pagination[cursor]": first["pagination"]["next"]}
    (second,) = chosen(api, id_, shop, **cursor)["items"]
    assert (second["collection"], second["enabled"]) == ("users", True)
    assert first["pagination"]["totalEntries"] == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sourceId": "src_none"}, "sourceId"),
        ({"sourceId": "$unconnected"}, "sourceId"),
        ({"collection": None}, "collection"),
        ({"collection": "x" * 257}, "collection"),
        ({"property": "x" * 257}, "property"),
        ({"property": "received_at"}, "property"),
        ({"property": "id"}, "property"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_by_its_field(
    api: Asking, wrong: dict[str, Any], field: str
) -> None:
    shop, unconnected = source(api, "shop"), source(api, "unconnected")
    id_ = connected(api, shop)
    if wrong.get("sourceId") == "$unconnected":
        wrong = {"sourceId": unconnected}
    good = {"sourceId": shop, "collection": "users", "enabled": False}
    answer = choose(api, id_, good, {**good, **wrong})
    assert (answer.status, answer.fields) == (422, [f"syncOverrides.1.{field}"])
    assert chosen(api, id_, shop)["items"] == []


def test_choices_come_in_parts(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    many = [
        {"sourceId": shop, "collection": f"event_{number}", "enabled": False}
        for number in range(201)
    ]
    answer = choose(api, id_, *many)
    assert (answer.status, answer.fields) == (422, ["syncOverrides"])
    assert choose(api, id_, *many[:200]).data["status"] == "UPDATED"


def test_only_owners_choose_what_is_loaded(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    override = {"sourceId": shop, "collection": "users", "enabled": False}
    for role in ("member", "warehouse_admin", "source_read_only"):
        assert choose(api, id_, override, token=api.token(role)).status == 403
    assert choose(api, id_, override, token=api.foreign).status == 404
    assert chosen(api, id_, shop)["items"] == []


def test_what_was_chosen_stays_when_a_source_comes_back(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    choose(api, id_, {"sourceId": shop, "collection": "users", "enabled": False})
    path = f"/warehouses/{id_}/connected-sources/{shop}"
    assert api.call("DELETE", path).status == 200
    assert api.call("GET", f"{path}/selective-syncs").status == 404
    assert api.call("POST", path).status == 201
    assert [each["collection"] for each in chosen(api, id_, shop)["items"]] == ["users"]


# loads


def test_nothing_was_ever_loaded(api: Asking) -> None:
    shop, other = source(api, "shop"), source(api, "other")
    id_ = connected(api, shop)
    reports = told(api, "list_syncs_from_warehouse", "GET", f"/warehouses/{id_}/syncs").data
    assert (reports["reports"], reports["pagination"]["totalEntries"]) == ([], 0)
    op, path = "list_syncs_from_warehouse_and_source", f"/warehouses/{id_}/connected-sources"
    assert told(api, op, "GET", f"{path}/{shop}/syncs").data["reports"] == []
    assert api.call("GET", f"{path}/{other}/syncs").status == 404
    assert api.call("GET", "/warehouses/whs_none/syncs").status == 404
