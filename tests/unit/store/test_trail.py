"""The audit trail vouches for itself: whatever is done to its rows is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update

from headgate.store.tables import audit
from headgate.store.trail import End, Trail
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.store.database import Store, Transaction

ROWS = 7
CHANGED: dict[str, Any] = {
    "id": "aud_another",
    "at": 1,
    "type": "Nothing",
    "actor": "somebody",
    "email": "else@x.org",
    "resource": "src_another",
    "resource_type": "SPACE",
    "resource_name": "Another",
    "what": ["more"],
    "hash": "0" * 64,
}


def change(transaction: Transaction, workspace: str, row: int, **values: Any) -> None:
    mine = (audit.c.workspace_id == workspace) & (audit.c.number == row)
    transaction.connection.execute(update(audit).where(mine).values(values))


def remove(transaction: Transaction, workspace: str, number: int) -> None:
    mine = (audit.c.workspace_id == workspace) & (audit.c.number == number)
    transaction.connection.execute(delete(audit).where(mine))


def emptied(transaction: Transaction, workspace: str) -> None:
    transaction.connection.execute(delete(audit).where(audit.c.workspace_id == workspace))


def written_anew(transaction: Transaction, workspace: str) -> None:
    emptied(transaction, workspace)
    for number in range(ROWS):
        add(transaction, workspace, number)


@pytest.fixture
def workspace(store: Store) -> str:
    with store.write() as transaction:
        made = Workspaces(transaction).add("main").id
        other = Workspaces(transaction).add("other").id
        for number in range(ROWS):
            for each in (made, other):
                add(transaction, each, number)
    return made


def add(transaction: Transaction, workspace: str, number: int) -> None:
    Trail(transaction, workspace).add(
        at=1000 + number,
        type="Source Modified",
        actor="usr_1",
        email="ada@x.org",
        resource=f"src_{number}",
        resource_type="SOURCE",
        resource_name="Shop",
        what=("name",),
    )


def broken(store: Store, workspace: str) -> int | None:
    with store.read() as transaction:
        return Trail(transaction, workspace).broken_at()


def test_a_trail_that_nobody_touched_is_whole(store: Store, workspace: str) -> None:
    assert broken(store, workspace) is None
    assert broken(store, "wsp_none") is None


def test_every_column_that_is_changed_is_found(store: Store, workspace: str) -> None:
    columns = {each.name for each in audit.columns} - {"workspace_id", "number"}
    assert columns == CHANGED.keys()
    for name, value in CHANGED.items():
        for number in (1, 4, ROWS):
            assert broken(store, workspace) is None
            with store.write() as transaction:
                before = getattr(Trail(transaction, workspace).page(number - 1, 1)[0], name)
                change(transaction, workspace, number, **{name: value})
            assert broken(store, workspace) == number, name
            with store.write() as transaction:
                change(transaction, workspace, number, **{name: before})


@pytest.mark.parametrize("number", range(1, ROWS))
def test_a_row_that_is_removed_is_found(store: Store, workspace: str, number: int) -> None:
    with store.write() as transaction:
        remove(transaction, workspace, number)
    assert broken(store, workspace) == number


def test_a_row_that_is_removed_is_found_also_when_the_others_move_up(
    store: Store, workspace: str
) -> None:
    with store.write() as transaction:
        remove(transaction, workspace, 3)
        for number in range(4, ROWS + 1):
            change(transaction, workspace, number, number=number - 1)
    assert broken(store, workspace) == 3


def test_a_row_that_is_put_in_is_found(store: Store, workspace: str) -> None:
    with store.write() as transaction:
        for number in range(ROWS, 3, -1):
            change(transaction, workspace, number, number=number + 1)
        row = transaction.connection.execute(select(audit).where(audit.c.number == 3)).mappings()
        copy = {**next(iter(row)), "workspace_id": workspace, "number": 4, "id": "aud_put_in"}
        transaction.connection.execute(insert(audit).values(copy))
    assert broken(store, workspace) == 4


def test_two_rows_that_change_places_are_found(store: Store, workspace: str) -> None:
    with store.write() as transaction:
        for number, to in ((2, 99), (3, 2), (99, 3)):
            change(transaction, workspace, number, number=to)
    assert broken(store, workspace) == 2


@pytest.mark.parametrize(
    "done",
    [
        lambda transaction, workspace: remove(transaction, workspace, ROWS),
        written_anew,
        emptied,
    ],
    ids=["the last row removed", "all written anew", "all removed"],
)
def test_what_the_chain_cannot_show_shows_against_an_end_that_was_kept(
    store: Store, workspace: str, done: Callable[[Transaction, str], object]
) -> None:
    with store.read() as transaction:
        kept = Trail(transaction, workspace).end()
    assert kept.number == ROWS
    with store.write() as transaction:
        assert Trail(transaction, workspace).has(kept)
        done(transaction, workspace)
        assert Trail(transaction, workspace).broken_at() is None
        assert not Trail(transaction, workspace).has(kept)


def test_an_end_stays_good_while_rows_are_added(store: Store, workspace: str) -> None:
    with store.write() as transaction:
        trail = Trail(transaction, workspace)
        kept = trail.end()
        add(transaction, workspace, 100)
        assert trail.has(kept)
        assert trail.has(End(0, ""))
        assert trail.end() != kept
