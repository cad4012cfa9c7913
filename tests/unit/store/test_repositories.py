from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy.exc import IntegrityError

from headgate.store.connections import Connections
from headgate.store.current import current_snapshot
from headgate.store.errors import NotFound
from headgate.store.records import ConnectionRecord, SourceRecord
from headgate.store.revision import next_number, raise_version, version
from headgate.store.sources import Sources
from headgate.store.subscriptions import Subscriptions
from headgate.store.workspaces import Workspaces
from headgate.store.write_keys import WriteKeys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.store.database import Store, Transaction


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


def add_source(transaction: Transaction, workspace: str, slug: str = "website") -> SourceRecord:
    return Sources(transaction, workspace).add(
        slug=slug, name="Website", enabled=True, answers="strict", labels={"environment": "dev"}
    )


def add_connection(
    transaction: Transaction, workspace: str, source: str, slug: str = "hook"
) -> ConnectionRecord:
    return Connections(transaction, workspace).add(slug=slug, source=source, destination="webhook")


def test_records_come_back_as_they_were_given(transaction: Transaction, ours: str) -> None:
    source = add_source(transaction, ours)
    connection = add_connection(transaction, ours, source.id)
    changed = msgspec.structs.replace(
        connection, settings={"b": 1, "a": [None, 2.0]}, start={0: 1 << 62, 3: 0}, enabled=True
    )
    Connections(transaction, ours).update(changed)
    assert Sources(transaction, ours).all() == (source,)
    assert Connections(transaction, ours).all() == (changed,)
    assert list(Connections(transaction, ours).all()[0].settings) == ["b", "a"]


def test_ids_tell_the_noun(transaction: Transaction, ours: str) -> None:
    source = add_source(transaction, ours)
    assert ours.startswith("wsp_")
    assert source.id.startswith("src_")
    assert add_connection(transaction, ours, source.id).id.startswith("con_")


def test_numbers_start_at_one_and_are_never_given_again(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    first = add_source(transaction, ours)
    second = add_source(transaction, theirs)
    Sources(transaction, theirs).remove(second.id)
    third = add_source(transaction, ours, "shop")
    assert (first.number, second.number, third.number) == (1, 2, 3)
    assert next_number(transaction, "connection") == 1


def test_a_workspace_cannot_see_or_touch_what_another_has(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    source = add_source(transaction, ours)
    connection = add_connection(transaction, ours, source.id)
    WriteKeys(transaction, ours).add("wk_ours", source.id)
    foreign_sources = Sources(transaction, theirs)
    foreign_connections = Connections(transaction, theirs)
    assert foreign_sources.all() == ()
    assert foreign_connections.all() == ()
    assert WriteKeys(transaction, theirs).all() == ()
    with pytest.raises(NotFound):
        foreign_sources.update(source)
    with pytest.raises(NotFound):
        foreign_sources.remove(source.id)
    with pytest.raises(NotFound):
        foreign_connections.update(connection)
    with pytest.raises(NotFound):
        foreign_connections.remove(connection.id)
    with pytest.raises(NotFound):
        WriteKeys(transaction, theirs).remove("wk_ours")
    assert Sources(transaction, ours).all() == (source,)


def test_a_connection_cannot_join_another_workspaces_source(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    source = add_source(transaction, ours)
    with pytest.raises(IntegrityError):
        add_connection(transaction, theirs, source.id)


def test_two_workspaces_may_use_the_same_slug_and_one_may_not_twice(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    add_source(transaction, ours)
    add_source(transaction, theirs)
    with pytest.raises(IntegrityError):
        add_source(transaction, ours)


def test_a_write_key_belongs_to_one_source_of_one_workspace(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    WriteKeys(transaction, ours).add("wk_a", add_source(transaction, ours).id)
    elsewhere = add_source(transaction, theirs).id
    assert WriteKeys(transaction, theirs).is_taken("wk_a")
    assert not WriteKeys(transaction, theirs).is_taken("wk_b")
    with pytest.raises(IntegrityError):
        WriteKeys(transaction, theirs).add("wk_a", elsewhere)


def test_a_removed_source_takes_its_keys_with_it(transaction: Transaction, ours: str) -> None:
    source = add_source(transaction, ours)
    WriteKeys(transaction, ours).add("wk_a", source.id)
    Sources(transaction, ours).remove(source.id)
    assert WriteKeys(transaction, ours).all() == ()


def test_a_source_with_a_connection_cannot_be_removed(transaction: Transaction, ours: str) -> None:
    source = add_source(transaction, ours)
    add_connection(transaction, ours, source.id)
    with pytest.raises(IntegrityError):
        Sources(transaction, ours).remove(source.id)


def add_subscription(
    transaction: Transaction, workspace: str, connection: str, ordinal: int, name: str
) -> None:
    Subscriptions(transaction, workspace).add(
        connection=connection,
        ordinal=ordinal,
        name=name,
        action="send",
        enabled=True,
        fql="strict",
        trigger='type = "track"',
        mapping={"b": 1, "a": {"@path": "$."}},
    )


def test_subscriptions_stay_in_their_order_and_go_with_their_connection(
    transaction: Transaction, ours: str
) -> None:
    source = add_source(transaction, ours)
    connection = add_connection(transaction, ours, source.id)
    other = add_connection(transaction, ours, source.id, "other")
    for ordinal, name in ((1, "second"), (0, "first")):
        add_subscription(transaction, ours, connection.id, ordinal, name)
    add_subscription(transaction, ours, other.id, 0, "elsewhere")
    subscriptions = Subscriptions(transaction, ours)

    def ids() -> dict[str, str]:
        found = [each for each in subscriptions.all() if each.connection == connection.id]
        return {each.name: each.id for each in found}

    assert list(ids()) == ["first", "second"]
    subscriptions.remove(ids()["first"])
    assert list(ids()) == ["second"]
    Connections(transaction, ours).remove(connection.id)
    assert [each.name for each in subscriptions.all()] == ["elsewhere"]


def test_the_version_only_grows(transaction: Transaction) -> None:
    assert version(transaction) == 1
    assert raise_version(transaction) == 2
    assert raise_version(transaction, above=10) == 11
    assert raise_version(transaction, above=3) == 12


def test_the_snapshot_holds_every_workspace(
    transaction: Transaction, ours: str, theirs: str
) -> None:
    source = add_source(transaction, ours)
    for key in ("wk_b", "wk_a"):
        WriteKeys(transaction, ours).add(key, source.id)
    foreign = add_source(transaction, theirs)
    connection = add_connection(transaction, ours, source.id)
    add_subscription(transaction, ours, connection.id, 0, "Everything")
    taken = current_snapshot(transaction)
    assert taken.version == 1
    assert taken.sources[source.number].write_keys == ("wk_a", "wk_b")
    assert taken.sources[source.number].workspace == ours
    assert taken.sources[foreign.number].workspace == theirs
    assert taken.connections[connection.number].source == source.number
    assert taken.connections[connection.number].start is None
    (subscription,) = taken.connections[connection.number].subscriptions
    assert (subscription.name, list(subscription.mapping)) == ("Everything", ["b", "a"])
