"""The contract of the store, on SQLite and on PostgreSQL: transactions, and what rows keep."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from headgate.store.commands import Commands
from headgate.store.connections import Connections
from headgate.store.current import current_snapshot
from headgate.store.database import open_store, store_exists
from headgate.store.errors import StoreError
from headgate.store.revision import raise_version, version
from headgate.store.snapshot import SnapshotReader, SnapshotWriter
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces
from tests.unit.store.snapshots import JSON

if TYPE_CHECKING:
    from headgate.store.database import Store, Transaction
    from headgate.store.records import ConnectionRecord
    from tests.contracts.stores import Place

ORPHAN = "INSERT INTO write_keys (workspace_id, key, source) VALUES ('w', 'k', 's')"
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SETTINGS = st.dictionaries(st.text(max_size=5), JSON | FLOATS, max_size=4)


def joined(transaction: Transaction, workspace: str = "ours") -> tuple[str, ConnectionRecord]:
    """A workspace, and a connection in it."""
    ours = Workspaces(transaction).add(workspace).id
    source = Sources(transaction, ours).add(
        slug="web", name="Web", enabled=True, answers="strict", labels={"b": "1", "a": "2"}
    )
    connections = Connections(transaction, ours)
    return ours, connections.add(slug="hook", source=source.id, destination="webhook")


def test_what_is_committed_is_there_when_it_is_opened_again(place: Place) -> None:
    with place.open() as store, store.write() as transaction:
        Workspaces(transaction).add("demo")
        raise_version(transaction)
    with place.open() as store, store.read() as transaction:
        assert [each.slug for each in Workspaces(transaction).all()] == ["demo"]
        assert version(transaction) == 2


def test_a_store_exists_once_it_was_opened(bare: Place) -> None:
    assert not store_exists(bare.folder, bare.address)
    open_store(bare.folder, bare.address).close()
    assert store_exists(bare.folder, bare.address)


def test_an_exception_takes_back_the_whole_transaction(store: Store) -> None:
    def fail() -> None:
        with store.write() as transaction:
            Workspaces(transaction).add("demo")
            raise_version(transaction)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as transaction:
        assert Workspaces(transaction).all() == ()
        assert version(transaction) == 1


def test_what_a_database_refuses_takes_back_the_whole_transaction(store: Store) -> None:
    def fail() -> None:
        with store.write() as transaction:
            Workspaces(transaction).add("demo")
            transaction.connection.execute(text(ORPHAN))

    with pytest.raises(IntegrityError):
        fail()
    with store.write() as transaction:
        assert Workspaces(transaction).all() == ()


def test_a_reader_sees_one_state_from_its_first_look_to_its_last(store: Store) -> None:
    with store.read() as reading:
        assert version(reading) == 1
        with store.write() as writing:
            Workspaces(writing).add("demo")
            raise_version(writing)
        assert (version(reading), Workspaces(reading).all()) == (1, ())
    with store.read() as reading:
        assert (version(reading), len(Workspaces(reading).all())) == (2, 1)


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.write() as writing:
        raise_version(writing)
        with store.read() as reading:
            assert version(reading) == 1


def test_a_writer_waits_for_the_one_before_it_and_sees_what_it_wrote(store: Store) -> None:
    entered = threading.Event()
    seen: list[int] = []

    def second() -> None:
        entered.set()
        with store.write() as transaction:
            seen.append(version(transaction))

    with store.write() as transaction:
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait(5)
        thread.join(0.1)
        assert seen == []
        raise_version(transaction)
    thread.join(10)
    assert seen == [2]


def test_whole_numbers_of_64_bits_null_and_the_order_of_keys_are_kept(store: Store) -> None:
    args = {"start": 2**63 - 1, "low": -(2**63), "rate": 2.5, "none": None, "deep": [{"b": 0}]}
    with store.write() as transaction:
        ours, made = joined(transaction)
        changed = msgspec.structs.replace(
            made,
            settings={"z": 1, "a": [None, 2.0, True], "m": {"b": "ü\U0001f600", "a": "'\"\\"}},
            start={0: 2**63 - 1, 3: 0},
        )
        Connections(transaction, ours).update(changed)
        Commands(transaction, ours).add(connection=made.id, kind="pause", args=args, at=2**63 - 1)
    with store.read() as transaction:
        (found,) = Connections(transaction, ours).all()
        (command,) = Commands(transaction, ours).all()
        (source,) = Sources(transaction, ours).all()
    assert found == changed
    assert [list(found.settings), list(found.settings["m"])] == [["z", "a", "m"], ["b", "a"]]
    assert (command.args, list(command.args), command.at) == (args, list(args), 2**63 - 1)
    assert (list(source.labels), source.schema) == (["b", "a"], None)


def test_a_start_that_is_null_is_no_start(store: Store) -> None:
    with store.write() as transaction:
        joined(transaction)
        null = "SELECT count(*) FROM connections WHERE start IS NULL"
        assert transaction.connection.execute(text(null)).scalar() == 1


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_any_json_comes_back_as_it_was_given(store: Store, data: st.DataObject) -> None:
    given_settings: dict[str, Any] = data.draw(SETTINGS)
    given_filters: list[Any] = data.draw(st.lists(JSON, max_size=3))
    with store.write() as transaction:
        workspaces = Workspaces(transaction)
        found = workspaces.named("ours")
        ours = found.id if found else joined(transaction)[0]
        (made,) = Connections(transaction, ours).all()
        changed = msgspec.structs.replace(made, settings=given_settings, filters=given_filters)
        Connections(transaction, ours).update(changed)
    with store.read() as transaction:
        (kept,) = Connections(transaction, ours).all()
    assert (kept.settings, list(kept.settings)) == (given_settings, list(given_settings))
    assert kept.filters == given_filters


@pytest.mark.parametrize(
    "name", ["", "Ünïcödé \U0001f600", "a'b\"c\\d%s:x", "\ufeff\u2028\x01\x7f"]
)
def test_names_are_kept_to_the_letter(store: Store, name: str) -> None:
    with store.write() as transaction:
        ours = Workspaces(transaction).add("ours").id
        made = Sources(transaction, ours).add(
            slug="web", name=name, enabled=True, answers="strict", labels={name: name}
        )
    with store.read() as transaction:
        assert Sources(transaction, ours).all() == (made,)


@pytest.mark.parametrize("name", ["\0", "\ud800"])
def test_a_name_that_cannot_be_kept_is_refused_with_all_beside_it(store: Store, name: str) -> None:
    """SQLite keeps the zero character, PostgreSQL does not; none keeps half a character."""
    kept = False
    try:
        with store.write() as transaction:
            Workspaces(transaction).add(f"ours{name}")
        kept = True
    except (StoreError, UnicodeEncodeError):
        pass
    with store.read() as transaction:
        found = [each.slug for each in Workspaces(transaction).all()]
    assert found == ([f"ours{name}"] if kept else [])


def test_rows_cannot_refer_to_what_is_not_there(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as transaction:
        transaction.connection.execute(text(ORPHAN))


def test_a_slug_is_given_once_in_a_workspace(store: Store) -> None:
    with store.write() as transaction:
        ours, made = joined(transaction)
        joined(transaction, "theirs")
    with pytest.raises(IntegrityError), store.write() as transaction:
        Connections(transaction, ours).add(slug="hook", source=made.source, destination="webhook")


def test_the_snapshot_is_published_as_it_is_read(store: Store) -> None:
    with store.write() as transaction:
        ours, made = joined(transaction)
        Commands(transaction, ours).add(connection=made.id, kind="pause", args={"b": 1}, at=5)
        raise_version(transaction)
    with store.read() as transaction:
        snapshot = current_snapshot(transaction)
    with SnapshotWriter(store.folder.snapshots) as writer:
        writer.publish(snapshot)
    assert SnapshotReader(store.folder.snapshots).refresh() == snapshot
    assert (snapshot.version, len(snapshot.connections), len(snapshot.commands)) == (2, 1, 1)
