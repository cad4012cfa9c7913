"""What PostgreSQL does not do for us: who is told what when it is away, and never a password."""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from headgate.folder import DataFolder
from headgate.services.settle import settle
from headgate.settings import load
from headgate.store import postgresql
from headgate.store.database import SQLITE, open_store, store_exists
from headgate.store.errors import (
    StoreBusy,
    StoreElsewhere,
    StoreError,
    StoreUnreachable,
    Unkeepable,
)
from headgate.store.postgresql_address import Address
from headgate.store.revision import raise_version, version
from headgate.store.sources import Sources
from tests.contracts.postgres import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.database import Store, Transaction
    from tests.contracts.postgres import Postgres
    from tests.contracts.stores import Place


@pytest.fixture(params=["postgres"])
def places(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue("postgres_places")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "other")


def setting(transaction: Transaction, name: str) -> object:
    return transaction.connection.execute(text(f"SHOW {name}")).scalar()


def ended(postgres: Postgres, transaction: Transaction) -> None:
    """End the connection of a transaction, as a server does that goes away."""
    pid = transaction.connection.execute(text("SELECT pg_backend_pid()")).scalar()
    postgres.run(f"SELECT pg_terminate_backend({pid}, 5000)")


def test_readers_hold_one_snapshot_and_writers_see_what_the_lock_let_through(store: Store) -> None:
    with store.read() as transaction:
        assert setting(transaction, "transaction_isolation") == "repeatable read"
        assert setting(transaction, "transaction_read_only") == "on"
    with store.write() as transaction:
        assert setting(transaction, "transaction_isolation") == "read committed"
        assert setting(transaction, "transaction_read_only") == "off"


def test_a_commit_is_durable_although_the_server_would_not_wait(store: Store) -> None:
    with store.read() as transaction:
        assert setting(transaction, "synchronous_commit") == "off"
    with store.write() as transaction:
        assert setting(transaction, "synchronous_commit") == "on"


def test_a_writer_waits_so_long_and_no_longer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "WAIT_MS", 200)

    def second() -> None:
        with store.write() as transaction:
            raise_version(transaction)

    with store.write(), pytest.raises(StoreBusy, match="try again when it is done"):
        second()
    second()
    with store.read() as transaction:
        assert version(transaction) == 2


def test_a_writer_that_stands_still_is_ended_and_lets_the_next_one_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "PAUSE_MS", 200)

    def stand_still() -> None:
        with store.write() as transaction:
            raise_version(transaction)
            with store.write() as another:
                raise_version(another, above=10)

    with pytest.raises(StoreBusy, match="taken back"):
        stand_still()
    with store.read() as transaction:
        assert version(transaction) == 11


def test_a_writer_that_is_still_at_work_keeps_the_next_one_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were writers always let in, the test above would prove nothing."""
    monkeypatch.setattr(postgresql, "WAIT_MS", 300)
    with store.write() as transaction:
        raise_version(transaction)
        with pytest.raises(StoreBusy), store.write():
            pass
    with store.read() as transaction:
        assert version(transaction) == 2


def test_a_connection_that_breaks_takes_the_change_back(store: Store, postgres: Postgres) -> None:
    def change() -> None:
        with store.write() as transaction:
            raise_version(transaction)
            ended(postgres, transaction)
            raise_version(transaction)

    with pytest.raises(StoreUnreachable, match="start the database"):
        change()
    with store.read() as transaction:
        assert version(transaction) == 1


def test_a_connection_that_breaks_at_the_commit_leaves_it_open_what_was_kept(
    store: Store, postgres: Postgres
) -> None:
    def change() -> None:
        with store.write() as transaction:
            raise_version(transaction)
            ended(postgres, transaction)

    with pytest.raises(StoreUnreachable, match="not known whether the change was kept"):
        change()


def test_a_reader_is_told_too(store: Store, postgres: Postgres) -> None:
    def look() -> None:
        with store.read() as transaction:
            ended(postgres, transaction)
            version(transaction)

    with pytest.raises(StoreUnreachable):
        look()


def test_a_change_that_is_given_up_after_its_connection_broke_is_told_as_broken(
    store: Store, postgres: Postgres
) -> None:
    def fail() -> None:
        with store.write() as transaction:
            ended(postgres, transaction)
            raise KeyError

    with pytest.raises(StoreUnreachable):
        fail()


def test_a_store_that_stays_open_outlives_a_restart_of_the_server(
    store: Store, postgres: Postgres
) -> None:
    with store.write() as transaction:
        raise_version(transaction)
    postgres.stop()
    try:
        with pytest.raises(StoreUnreachable, match="start the database"), store.read():
            pass
    finally:
        postgres.start()
    with store.write() as transaction:
        assert raise_version(transaction) == 3


def test_a_server_that_never_answers_is_given_up(folder: DataFolder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        address = f"postgresql://u:{PASSWORD}@127.0.0.1:{port}/d?connect_timeout=2"
        with pytest.raises(StoreUnreachable, match=f"127.0.0.1:{port}/d"):
            open_store(folder, address)


def refusals(postgres: Postgres) -> dict[str, str]:
    """Addresses that do not lead to a store, by what is told of each."""
    there = postgres.database()
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()[1]
    return {
        "password authentication failed": postgres.by_tcp(there, "s3cret"),
        "does not exist": postgres.by_tcp("nowhere", PASSWORD),
        "Connection refused": f"postgresql://u:s3cret@127.0.0.1:{nobody}/d",
        "no address": "postgresql://u:s3cret%zz@127.0.0.1/d",
        "no address of": "postgresql://u:x@127.0.0.1/d?s3cret=1",
        "that libpq knows": "postgresql://u:s3cret@127.0.0.1/d?connect_timeout=s3cret",
    }


def test_what_is_told_never_holds_a_password(folder: DataFolder, postgres: Postgres) -> None:
    for said, address in refusals(postgres).items():
        with pytest.raises(StoreError, match=said) as refused:
            open_store(folder, address)
        whole = "".join(traceback.format_exception(refused.value)) + repr(refused.value)
        assert "s3cret" not in whole
        assert PASSWORD not in whole
        assert not folder.store.exists()


def test_a_password_that_somebody_repeats_is_taken_out() -> None:
    at = Address.parsed("postgresql://u:s3%40cret@h/d?sslpassword=other")
    assert at.without_secrets("s3@cret and other do not fit") == "*** and *** do not fit"
    assert at.shown == "postgresql://h/d"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql:///d?host=/run/pg&user=u&password=p", "postgresql:///d?host=/run/pg"),
        ("postgresql://u:p@a:1,b:2/d?target_session_attrs=any", "postgresql://a,b:1,2/d"),
        ("postgres://u:p@[::1]:5433/d", "postgresql://::1:5433/d"),
        ("postgresql://u:p@h", "postgresql://h/u"),
    ],
)
def test_an_address_is_shown_without_who_asks(address: str, shown: str) -> None:
    assert Address.parsed(address).shown == shown


def test_text_that_postgresql_has_not_is_told_apart(store: Store) -> None:
    with pytest.raises(Unkeepable), store.read() as transaction:
        Sources(transaction, "ours").one("a\0b")


def test_a_database_that_cannot_keep_all_text_is_refused(
    folder: DataFolder, postgres: Postgres
) -> None:
    how = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    name = postgres.database("template0", options=how)
    with pytest.raises(StoreError, match="keeps text as LATIN1"):
        open_store(folder, postgres.by_socket(name))


def test_a_user_who_may_not_make_tables_is_told_what_to_ask_for(
    folder: DataFolder, postgres: Postgres
) -> None:
    name = postgres.database()
    postgres.run("CREATE ROLE guest LOGIN")
    try:
        with pytest.raises(StoreError, match="ALTER DATABASE … OWNER TO"):
            open_store(folder, postgres.by_socket(name, "guest"))
    finally:
        postgres.run("DROP ROLE guest")


def test_without_the_driver_it_is_told_what_to_install(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'headgate\[postgres\]'"):
        open_store(folder, "postgresql://h/d")


def test_a_folder_with_a_store_of_its_own_takes_no_other(folder: DataFolder, place: Place) -> None:
    open_store(folder).close()
    for look in (open_store, store_exists):
        with pytest.raises(StoreElsewhere, match=r"configured in its own file store\.db"):
            look(folder, place.address)


def test_a_folder_of_a_database_is_not_opened_without_it(place: Place, postgres: Postgres) -> None:
    place.open().close()
    other = postgres.by_socket(postgres.database())
    for address in (SQLITE, other):
        for look in (open_store, store_exists):
            with pytest.raises(StoreElsewhere, match=r"HEADGATE_STORE names .*remove .*address"):
                look(place.folder, address)
    assert not place.folder.store.exists()
    place.open().close()


def test_the_note_of_a_folder_holds_no_password(folder: DataFolder, postgres: Postgres) -> None:
    open_store(folder, postgres.by_tcp(postgres.database())).close()
    everything = b"".join(path.read_bytes() for path in folder.root.rglob("*") if path.is_file())
    assert b"postgresql://127.0.0.1" in everything
    assert PASSWORD.encode() not in everything


def test_threads_share_an_open_store(store: Store) -> None:
    def write() -> None:
        with store.write() as transaction:
            raise_version(transaction)

    threads = [threading.Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with store.read() as transaction:
        assert version(transaction) == 21


def test_roles_start_with_what_was_published_while_the_database_is_away(
    folder: DataFolder, postgres: Postgres
) -> None:
    folder.make()
    settings = load(data=folder.root, store=postgres.by_tcp(postgres.database()))
    assert settle(folder, settings) == 1
    postgres.stop()
    try:
        assert settle(folder, settings) == 1
        never = DataFolder(folder.root / "never").make()
        with pytest.raises(StoreUnreachable, match="start the database"):
            settle(never, settings)
    finally:
        postgres.start()
