"""Warehouses and regulations as the store keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from headgate.store.errors import NotFound, SecretKeyUnusable
from headgate.store.keyring import rehearsal_box, secret_box
from headgate.store.privacy import Regulations
from headgate.store.records import Schedule
from headgate.store.secrets import secret_place
from headgate.store.sources import Sources
from headgate.store.warehouses import Selections, Warehouses, WarehouseSources
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.store.database import Store, Transaction
    from headgate.store.records import RegulationRecord, WarehouseRecord


@pytest.fixture
def transaction(store: Store) -> Iterator[Transaction]:
    with store.write() as transaction:
        yield transaction


@pytest.fixture
def ours(transaction: Transaction) -> str:
    return Workspaces(transaction).add("ours").id


@pytest.fixture
def theirs(transaction: Transaction) -> str:
    return Workspaces(transaction).add("theirs").id


def make_warehouse(transaction: Transaction, of: str, slug: str = "lake") -> WarehouseRecord:
    return Warehouses(transaction, of).add(slug=slug, name="Lake", kind="postgres", at=7)


def make_source(transaction: Transaction, of: str, slug: str = "shop") -> str:
    sources = Sources(transaction, of)
    return sources.add(slug=slug, name="Shop", enabled=True, answers="strict", labels={}).id


def ask(transaction: Transaction, of: str, source: str | None = None) -> RegulationRecord:
    return Regulations(transaction, of).add(
        source=source, kind="DELETE_ONLY", subject_type="USER_ID", subjects=["ä", "b"], at=7
    )


def test_a_warehouse_comes_back_as_it_was_given(transaction: Transaction, ours: str) -> None:
    warehouses = Warehouses(transaction, ours)
    record = make_warehouse(transaction, ours)
    assert warehouses.one(record.id) == record
    assert (record.enabled, record.settings, record.schedule) == (False, {}, None)
    schedule = Schedule(enabled=True, timezone="Europe/Berlin", hours={3: True, 22: False})
    changed = msgspec.structs.replace(record, settings={"b": 1, "a": None}, schedule=schedule)
    warehouses.update(changed)
    assert warehouses.named("lake") == changed
    warehouses.update(record)
    assert warehouses.all() == (record,)


def test_a_workspace_neither_sees_nor_removes_the_warehouses_of_another(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    record = make_warehouse(transaction, ours)
    foreign = Warehouses(transaction, theirs)
    assert (foreign.all(), foreign.page(None, 9), foreign.count()) == ((), (), 0)
    for touch in (foreign.one, foreign.remove):
        with pytest.raises(NotFound):
            touch(record.id)
    assert make_warehouse(transaction, theirs).number == record.number + 1


@pytest.mark.parametrize("gone", ["warehouse", "source"])
def test_what_is_connected_goes_with_either_end(
    transaction: Transaction, ours: str, gone: str
) -> None:
    record, source = make_warehouse(transaction, ours), make_source(transaction, ours)
    connected, selections = WarehouseSources(transaction, ours), Selections(transaction, ours)
    connected.add(record.id, source, 7)
    selections.put(
        warehouse=record.id, source=source, collection="users", property="", enabled=False
    )
    assert connected.of_warehouse(record.id) == (source,)
    assert connected.of_source(source) == (record.id,)
    if gone == "warehouse":
        Warehouses(transaction, ours).remove(record.id)
    else:
        Sources(transaction, ours).remove(source)
    assert (connected.all(), selections.of(record.id)) == ((), ())


def test_a_choice_stands_in_the_place_of_the_one_before(
    transaction: Transaction, ours: str
) -> None:
    record, source = make_warehouse(transaction, ours), make_source(transaction, ours)
    selections = Selections(transaction, ours)
    for collection, is_on in (("users", False), ("pages", False), ("users", True)):
        selections.put(
            warehouse=record.id, source=source, collection=collection, property="", enabled=is_on
        )
    found = {each.collection: each.enabled for each in selections.of(record.id, source)}
    assert found == {"users": True, "pages": False}


def test_no_new_key_is_made_in_place_of_the_one_that_seals_a_warehouse(
    store: Store, transaction: Transaction, ours: str
) -> None:
    record, folder = make_warehouse(transaction, ours), store.folder
    place = secret_place(ours, record.id, "password")
    sealed = secret_box(transaction, folder, {}).seal("only ours", place)
    folder.secret_key.unlink()
    secret_box(transaction, folder, {})
    changed = msgspec.structs.replace(record, settings={"password": sealed})
    Warehouses(transaction, ours).update(changed)
    folder.secret_key.unlink()
    for box in (secret_box, rehearsal_box):
        with pytest.raises(SecretKeyUnusable):
            box(transaction, folder, {})


def test_a_regulation_comes_back_as_it_was_given(transaction: Transaction, ours: str) -> None:
    regulations = Regulations(transaction, ours)
    whole, of_source = ask(transaction, ours), ask(transaction, ours, "src_1")
    assert (whole.status, whole.finished_at) == ("INITIALIZED", None)
    assert regulations.all() == (whole, of_source)
    assert regulations.all(source=None) == (whole,)
    assert regulations.page(whole.number, 9, source="src_1") == (of_source,)
    done = msgspec.structs.replace(whole, status="FINISHED", finished_at=9)
    regulations.update(done)
    assert regulations.count(status="FINISHED", kind=("DELETE_ONLY", "UNSUPPRESS")) == 1
    regulations.remove(whole.id)
    assert regulations.all() == (of_source,)


def test_a_workspace_neither_sees_nor_removes_the_regulations_of_another(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    record, foreign = ask(transaction, ours), Regulations(transaction, theirs)
    assert (foreign.all(), foreign.count()) == ((), 0)
    for touch in (foreign.one, foreign.remove):
        with pytest.raises(NotFound):
            touch(record.id)
    with pytest.raises(NotFound):
        foreign.update(record)
