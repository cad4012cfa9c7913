"""Warehouses as programs of our own ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from headgate.control.errors import Conflict, Forbidden, Invalid, Refused
from headgate.control.nouns import warehouse_sources, warehouses
from headgate.store.keyring import secret_box
from headgate.store.secrets import secret_place
from headgate.store.warehouses import Warehouses
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import source
from tests.unit.api.warehoused import DATABASE, connected, warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import WarehouseRecord


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def make(api: Asking, slug: str) -> WarehouseRecord:
    with api.control.write(api.operator()) as work:
        return warehouses.create(work, kind="redshift", settings=DATABASE, slug=slug)


def test_a_slug_is_given_once_in_a_workspace(api: Asking) -> None:
    assert make(api, "lake").slug == "lake"
    with pytest.raises(Conflict, match="there is a warehouse lake already"):
        make(api, "lake")
    with api.control.write(api.operator(api.other.id)) as work:
        assert warehouses.create(work, kind="postgres", settings=DATABASE, slug="lake").number == 2


def test_a_slug_that_nobody_chose_is_a_free_one(api: Asking) -> None:
    make(api, "ours")
    second = warehouse(api, "Ours")
    with api.control.read(api.operator()) as work:
        assert warehouses.get(work, second).slug == "ours-2"


def test_a_secret_that_does_not_open_is_set_again(api: Asking) -> None:
    """A change that keeps it would keep what nobody can use."""
    id_ = make(api, "lake").id
    with api.store.write() as transaction:
        repository = Warehouses(transaction, api.workspace.id)
        record = repository.one(id_)
        elsewhere = secret_place(api.workspace.id, "whs_other", "password")
        moved = secret_box(transaction, api.store.folder, {}).seal("only ours", elsewhere)
        settings = {**record.settings, "password": moved}
        repository.update(msgspec.structs.replace(record, settings=settings))
    with (
        pytest.raises(Refused, match="does not open: it was changed or moved; set it again"),
        api.control.write(api.operator()) as work,
    ):
        warehouses.update(work, id_, settings={"port": 1234})
    with api.control.write(api.operator()) as work:
        changed = warehouses.update(work, id_, settings={"password": "another-1234"})
    assert changed.settings["hostname"] == DATABASE["hostname"]


def test_what_is_refused_changes_nothing(api: Asking) -> None:
    id_ = make(api, "lake").id
    with pytest.raises(Invalid), api.control.write(api.operator()) as work:
        warehouses.update(work, id_, name="Other", settings={"port": 0})
    with api.control.read(api.operator()) as work:
        assert warehouses.get(work, id_).name == "Redshift"


def test_a_source_that_is_connected_twice_is_connected_once(api: Asking) -> None:
    shop = source(api, "shop")
    id_ = connected(api, shop)
    with api.control.write(api.operator()) as work:
        warehouse_sources.connect(work, id_, shop)
        found = warehouse_sources.of_source(work, shop, None, 10)
    assert (found.total, [each.id for each in found.warehouses]) == (1, [id_])


def test_who_has_no_role_for_warehouses_learns_nothing_of_them(api: Asking) -> None:
    id_, reader = warehouse(api), api.control.recognise(api.token("source_read_only"))
    assert reader is not None
    for wanted in (id_, "whs_none"):
        with (
            api.control.read(reader) as work,
            pytest.raises(Forbidden, match="may read warehouses"),
        ):
            warehouses.get(work, wanted)
