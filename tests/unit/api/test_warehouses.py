"""Warehouses, and the sources that are connected to them, over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.control.nouns import warehouse_catalog
from headgate.store.records import Resource
from headgate.store.secrets import is_sealed
from headgate.store.trail import Trail
from headgate.store.warehouses import Warehouses, WarehouseSources
from tests.unit.api.asking import Answer, Asking, asking
from tests.unit.api.connected import BULLETS, source, told, trail
from tests.unit.api.warehoused import DATABASE, SECRET, connected, warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import WarehouseRecord

MASKED = f"{BULLETS}9876"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """For calls that change nothing: one for all of them."""
    return asking(tmp_path_factory.mktemp("refusing"))


def record(api: Asking, id_: str) -> WarehouseRecord:
    with api.control.read(api.operator()) as work:
        return Warehouses(work.transaction, work.workspace.id).one(id_)


def password(api: Asking, id_: str) -> Any:
    """What the sealed one is."""
    with api.control.read(api.operator()) as work:
        sealed = record(api, id_).settings["password"]
        assert is_sealed(sealed)
        return work.box.open(sealed, f"{work.workspace.id}/{id_}/password")


def patch(api: Asking, id_: str, **given: Any) -> Answer:
    body = {"settings": {}, **given}
    return told(api, "update_warehouse", "PATCH", f"/warehouses/{id_}", body)


# the catalogue


def test_the_catalogue_tells_what_each_warehouse_asks_for(api: Asking) -> None:
    data = told(api, "get_warehouses_catalog", "GET", "/catalog/warehouses").data
    found = {each["slug"]: each for each in data["warehousesCatalog"]}
    assert list(found) == ["bigquery", "postgres", "redshift", "snowflake"]
    assert data["pagination"]["totalEntries"] == 4
    options = {each["name"]: each for each in found["postgres"]["options"]}
    assert list(options) == ["hostname", "database", "username", "password", "port"]
    assert (options["password"]["type"], options["password"]["required"]) == ("password", True)
    assert (options["port"]["required"], options["port"]["defaultValue"]) == (False, 5432)
    assert len({each["id"] for each in found.values()}) == 4


def test_the_catalogue_has_pages(api: Asking) -> None:
    one = {"pagination[count]": "3"}
    first = told(api, "get_warehouses_catalog", "GET", "/catalog/warehouses", **one).data
    more = {**one, "pagination[cursor]": first["pagination"]["next"]}
    rest = told(api, "get_warehouses_catalog", "GET", "/catalog/warehouses", **more).data
    assert [each["slug"] for each in rest["warehousesCatalog"]] == ["snowflake"]
    assert "next" not in rest["pagination"]


@pytest.mark.parametrize("by", ["id", "slug"])
def test_an_entry_is_known_by_its_id_and_its_slug(api: Asking, by: str) -> None:
    kind = warehouse_catalog.found("snowflake")
    assert kind is not None
    path = f"/catalog/warehouses/{getattr(kind, by)}"
    found = told(api, "get_warehouse_metadata", "GET", path).data["warehouseMetadata"]
    assert (found["id"], found["name"]) == (kind.id, "Snowflake")


def test_there_is_no_other_entry(api: Asking) -> None:
    assert api.call("GET", "/catalog/warehouses/paper").status == 404


@pytest.mark.parametrize("kind", warehouse_catalog.kinds(), ids=lambda kind: kind.slug)
def test_every_warehouse_keeps_a_secret(kind: warehouse_catalog.Kind) -> None:
    assert len(kind.secrets()) == 1
    assert kind.secrets() <= kind.settings().keys()


# made, shown, changed, deleted


def test_a_warehouse_is_made_switched_off_and_its_secret_is_kept(api: Asking) -> None:
    id_ = warehouse(api)
    found = told(api, "get_warehouse", "GET", f"/warehouses/{id_}").data["warehouse"]
    assert found["settings"] == {**DATABASE, "password": MASKED}
    assert (found["enabled"], found["name"]) == (False, "Ours")
    assert found["workspaceId"] == api.workspace.id
    assert found["metadata"]["slug"] == "postgres"
    assert record(api, id_).slug == "ours"
    assert password(api, id_) == SECRET
    assert SECRET.encode() not in msgspec.json.encode(record(api, id_))
    assert trail(api)[-1] == ("Storage Destination Created", "WAREHOUSE", id_)


def test_a_warehouse_without_a_name_is_called_as_its_kind(api: Asking) -> None:
    kind = warehouse_catalog.found("postgres")
    assert kind is not None
    first, second = (warehouse(api, metadataId=kind.id, name=None) for _ in range(2))
    slugs = [record(api, each).slug for each in (first, second)]
    assert (record(api, first).name, slugs) == ("PostgreSQL", ["postgresql", "postgresql-2"])


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"metadataId": "paper"}, ["metadataId"]),
        ({"enabled": True}, ["enabled"]),
        ({"name": " "}, ["name"]),
        ({"name": "x" * 257}, ["name"]),
        ({"disconnectAllSources": False}, ["disconnectAllSources"]),
        ({"settings": {**DATABASE, "schema": "x"}}, ["settings.schema"]),
        ({"settings": {**DATABASE, "password": {"@secret": "a.b"}}}, ["settings.password"]),
        ({"settings": {**DATABASE, "port": 0}}, ["settings"]),
        ({"settings": {**DATABASE, "port": "many"}}, ["settings"]),
        ({"settings": {"hostname": "db.example"}}, ["settings"] * 3),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field(
    refusing: Asking, wrong: dict[str, Any], fields: list[str]
) -> None:
    body = {"metadataId": "postgres", "settings": DATABASE, **wrong}
    answer = refusing.call("POST", "/warehouses", body)
    assert (answer.status, answer.fields) == (422, fields)
    assert SECRET not in str(answer.json)
    assert refusing.call("GET", "/warehouses").data["warehouses"] == []


def test_that_nothing_is_loaded_yet_is_said(refusing: Asking) -> None:
    body = {"metadataId": "postgres", "settings": DATABASE, "enabled": True}
    told = refusing.call("POST", "/warehouses", body).json["errors"][0]["message"]
    assert "does not load into warehouses yet" in told
    for method, path in (
        ("POST", "/warehouses/validation"),
        ("GET", "/warehouses/whs_1/connection-state"),
    ):
        assert refusing.call(method, path, {}).status == 501


def test_a_change_leaves_what_it_does_not_name(api: Asking) -> None:
    id_ = warehouse(api, disconnectAllSources=True)
    data = patch(api, id_, name="Theirs", settings={"port": 6432}).data["warehouse"]
    assert data["settings"] == {**DATABASE, "password": MASKED, "port": 6432}
    assert (data["name"], password(api, id_)) == ("Theirs", SECRET)
    data = patch(api, id_, enabled=False, settings={"port": None}).data["warehouse"]
    assert "port" not in data["settings"]
    assert trail(api)[-2:] == [("Storage Destination Modified", "WAREHOUSE", id_)] * 2


def test_the_trail_names_the_fields_and_no_value(api: Asking) -> None:
    id_ = warehouse(api)
    patch(api, id_, name="Theirs", settings={"hostname": "other.example"})
    with api.control.read(api.operator()) as work:
        rows = Trail(work.transaction, work.workspace.id).page(None, 100)
    assert rows[-1].what == ("name", "settings")
    assert b"other.example" not in msgspec.json.encode(rows)
    assert SECRET.encode() not in msgspec.json.encode(rows)


def test_a_secret_that_comes_back_as_it_was_shown_stays(api: Asking) -> None:
    id_ = warehouse(api)
    before = record(api, id_).settings["password"]
    patch(api, id_, settings={"password": MASKED})
    assert record(api, id_).settings["password"] == before
    patch(api, id_, settings={"password": "another-1234"})
    assert password(api, id_) == "another-1234"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"enabled": True}, "enabled"),
        ({"name": ""}, "name"),
        ({"settings": {"password": None}}, "settings"),
        ({"settings": {"port": 70_000}}, "settings"),
        ({"settings": {"colour": "red"}}, "settings.colour"),
    ],
)
def test_a_change_that_cannot_be_is_refused_by_its_field(
    api: Asking, wrong: dict[str, Any], field: str
) -> None:
    id_ = warehouse(api)
    before = record(api, id_)
    answer = patch(api, id_, **wrong)
    assert (answer.status, answer.fields) == (422, [field])
    assert record(api, id_) == before


def test_warehouses_are_listed_in_pages(api: Asking) -> None:
    ids = [warehouse(api, f"Number {number}") for number in range(3)]
    first = told(api, "list_warehouses", "GET", "/warehouses", **{"pagination[count]": "2"}).data
    more = {"pagination[count]": "2", "pagination[cursor]": first["pagination"]["next"]}
    rest = told(api, "list_warehouses", "GET", "/warehouses", **more).data
    assert [each["id"] for each in (*first["warehouses"], *rest["warehouses"])] == ids
    assert first["pagination"]["totalEntries"] == 3


def test_a_deleted_warehouse_is_gone(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    assert told(api, "delete_warehouse", "DELETE", f"/warehouses/{id_}").status == 200
    assert api.call("GET", f"/warehouses/{id_}").status == 404
    assert api.call("GET", f"/sources/{shop}/connected-warehouses").data["warehouses"] == []
    assert trail(api)[-1] == ("Storage Destination Deleted", "WAREHOUSE", id_)


# sources


def test_a_source_is_connected_and_disconnected(api: Asking) -> None:
    shop, id_ = source(api, "shop"), warehouse(api)
    path = f"/warehouses/{id_}/connected-sources/{shop}"
    for _ in range(2):
        done = told(api, "add_connection_from_source_to_warehouse", "POST", path)
        assert done.data == {"status": "CONNECTED"}
    op, listed = "list_connected_sources_from_warehouse", f"/warehouses/{id_}/connected-sources"
    found = told(api, op, "GET", listed).data
    assert [each["slug"] for each in found["sources"]] == ["shop"]
    assert found["pagination"]["totalEntries"] == 1
    op, of_source = "list_connected_warehouses_from_source", f"/sources/{shop}/connected-warehouses"
    assert [each["id"] for each in told(api, op, "GET", of_source).data["warehouses"]] == [id_]
    gone = told(api, "remove_source_connection_from_warehouse", "DELETE", path)
    assert gone.data == {"status": "SUCCESS"}
    assert api.call("GET", listed).data["sources"] == []
    assert trail(api)[-3:] == [("Storage Destination Modified", "WAREHOUSE", id_)] * 3
    assert api.call("DELETE", path).status == 404


def test_connected_sources_have_pages(api: Asking) -> None:
    id_, ids = warehouse(api), [source(api, f"shop-{number}") for number in range(3)]
    for each in reversed(ids):
        api.call("POST", f"/warehouses/{id_}/connected-sources/{each}")
    path, one = f"/warehouses/{id_}/connected-sources", {"pagination[count]": "2"}
    first = api.call("GET", path, **one).data
    rest = api.call("GET", path, **one, **{"pagination[cursor]": first["pagination"]["next"]}).data
    assert [each["id"] for each in (*first["sources"], *rest["sources"])] == ids


def test_a_source_that_is_deleted_is_connected_no_more(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    assert api.call("DELETE", f"/sources/{shop}").status == 200
    found = api.call("GET", f"/warehouses/{id_}/connected-sources").data
    assert (found["sources"], found["pagination"]["totalEntries"]) == ([], 0)
    with api.control.read(api.operator()) as work:
        assert WarehouseSources(work.transaction, work.workspace.id).all() == ()


def test_whoever_connects_may_change_both(api: Asking) -> None:
    shop, id_ = source(api, "shop"), warehouse(api)
    path = f"/warehouses/{id_}/connected-sources/{shop}"
    statuses = {
        roles: api.call("POST", path, token=api.token(*roles)).status
        for roles in (
            ("warehouse_admin",),
            ("source_admin",),
            ("warehouse_admin", "source_read_only"),
            ("warehouse_read_only", "source_admin"),
        )
    }
    assert list(statuses.values()) == [404, 403, 403, 403]
    both = api.token("warehouse_admin", "source_admin")
    assert api.call("POST", path, token=both).status == 201
    assert api.call("DELETE", path, token=api.token("warehouse_admin")).status == 404
    assert api.call("DELETE", path, token=both).status == 200


def test_lists_show_only_what_whoever_asks_may_see(api: Asking) -> None:
    shop, other = source(api, "shop"), source(api, "other")
    id_ = connected(api, shop)
    api.call("POST", f"/warehouses/{id_}/connected-sources/{other}")
    limited = [Resource("SOURCE", other)]
    token = api.token("source_admin", resources=limited)
    found = api.call("GET", f"/sources/{other}/connected-warehouses", token=token).data
    assert (found["warehouses"], found["pagination"]["totalEntries"]) == ([], 0)
    assert api.call("GET", f"/sources/{shop}/connected-warehouses", token=token).status == 404
    path = f"/warehouses/{id_}/connected-sources"
    nothing = api.call("GET", path, token=api.token("warehouse_read_only")).data
    assert (nothing["sources"], nothing["pagination"]["totalEntries"]) == ([], 0)


@pytest.mark.abuse("ac_role_member")
def test_a_role_for_one_warehouse_opens_no_other(api: Asking) -> None:
    mine, other = warehouse(api, "Mine"), warehouse(api, "Other")
    token = api.token("warehouse_admin", resources=[Resource("WAREHOUSE", mine)])
    found = api.call("GET", "/warehouses", token=token).data
    assert [each["id"] for each in found["warehouses"]] == [mine]
    assert found["pagination"]["totalEntries"] == 1
    body: Any = {"name": "Renamed", "settings": {}}
    assert api.call("PATCH", f"/warehouses/{mine}", body, token=token).status == 200
    for method, given in (("GET", b""), ("PATCH", body), ("DELETE", b"")):
        assert api.call(method, f"/warehouses/{other}", given, token=token).status == 404
    made = {"metadataId": "postgres", "settings": DATABASE}
    assert api.call("POST", "/warehouses", made, token=token).status == 403


def test_a_role_may_be_limited_to_a_warehouse(api: Asking) -> None:
    id_ = warehouse(api)
    resources = [{"id": id_, "type": "WAREHOUSE"}]
    permissions = [{"roleId": "warehouse_admin", "resources": resources}]
    group = api.call("POST", "/groups", {"name": "Analysts"}).data["userGroup"]["id"]
    given = api.call("PUT", f"/groups/{group}/permissions", {"permissions": permissions})
    assert given.data["permissions"][0]["resources"] == resources


@pytest.mark.abuse("ac_idor_get", "ac_idor_parent")
def test_nothing_of_another_workspace_is_connected(api: Asking) -> None:
    shop, id_ = source(api, "shop"), warehouse(api)
    theirs = api.call(
        "POST", "/warehouses", {"metadataId": "postgres", "settings": DATABASE}, token=api.foreign
    ).data["warehouse"]["id"]
    for path in (
        f"/warehouses/{theirs}/connected-sources/{shop}",
        f"/warehouses/{id_}/connected-sources/{shop}",
    ):
        assert api.call("POST", path, token=api.foreign).status == 404
    assert api.call("GET", "/warehouses", token=api.foreign).data["pagination"]["totalEntries"] == 1
