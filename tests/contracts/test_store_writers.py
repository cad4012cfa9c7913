"""The contract of the store, on SQLite and on PostgreSQL: eight who write at once."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from subprocess import PIPE, Popen
from threading import BrokenBarrierError
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from headgate.store import postgresql, sqlite
from headgate.store.connections import Connections
from headgate.store.current import current_snapshot
from headgate.store.revision import raise_version, version
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.store.database import Store, Transaction
    from tests.contracts.stores import Place

WRITERS, TURNS = 8, 10

WRITE_IN_A_PROCESS = """
import sys
from pathlib import Path
from headgate.folder import DataFolder
from headgate.store.database import open_store
from headgate.store.revision import raise_version

with open_store(DataFolder(Path(sys.argv[1])), sys.argv[2]) as store:
    for _ in range(20):
        with store.write() as transaction:
            raise_version(transaction)
"""


def at_once(place: Place, turn: Callable[[Transaction, int], object]) -> list[object]:
    """What the turns of all writers returned; each writer has opened the store for itself."""
    together = threading.Barrier(WRITERS)

    def opened() -> Store:
        try:
            return place.open()
        except BaseException:
            together.abort()
            raise

    def write(writer: int) -> list[object]:
        found = []
        with opened() as store:
            together.wait(30)
            for _ in range(TURNS):
                with store.write() as transaction:
                    found.append(turn(transaction, writer))
        return found

    with ThreadPoolExecutor(WRITERS) as pool:
        writing = [pool.submit(write, writer) for writer in range(WRITERS)]
    errors = [error for each in writing if (error := each.exception())]
    for error in sorted(errors, key=lambda each: isinstance(each, BrokenBarrierError)):
        raise error
    return [each for found in writing for each in found.result()]


def slowly_raised(transaction: Transaction, _: int) -> int:
    """The next version, with time between the look and the write for others to come between."""
    seen = version(transaction)
    time.sleep(0.002)
    change = text("UPDATE revision SET version = :next")
    transaction.connection.execute(change, {"next": seen + 1})
    return seen + 1


def test_writers_lose_nothing_of_each_other(place: Place) -> None:
    given = at_once(place, slowly_raised)
    assert sorted(map(str, given)) == sorted(str(each) for each in range(2, 2 + WRITERS * TURNS))
    with place.open() as store, store.read() as transaction:
        assert version(transaction) == 1 + WRITERS * TURNS


def test_without_the_lock_of_writers_versions_are_given_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were writers not kept apart, the test above would see it."""
    monkeypatch.setattr(postgresql, "_CLAIM", text("SELECT :writers"))
    monkeypatch.setattr(sqlite, "_begun", lambda connection: connection.exec_driver_sql("BEGIN"))
    if place.is_sqlite:
        with pytest.raises(OperationalError, match="locked"):
            at_once(place, slowly_raised)
        return
    given = at_once(place, slowly_raised)
    assert len(set(given)) < len(given)


def test_no_number_is_given_twice_although_what_had_it_is_gone(place: Place) -> None:
    with place.open() as store, store.write() as transaction:
        ours = Workspaces(transaction).add("ours").id

    def make(transaction: Transaction, writer: int) -> int:
        sources = Sources(transaction, ours)
        made = sources.add(slug=f"s-{writer}", name="S", enabled=True, answers="strict", labels={})
        sources.remove(made.id)
        return made.number

    given = at_once(place, make)
    assert sorted(map(str, given)) == sorted(str(each) for each in range(1, 1 + WRITERS * TURNS))


def test_every_state_that_a_reader_sees_is_one_that_was_committed(place: Place) -> None:
    """Each writer adds a connection with its subscription-less source, and raises the version."""
    over, torn = threading.Event(), []

    def look() -> int:
        looks = 0
        with place.open() as store:
            while not over.is_set():
                with store.read() as transaction:
                    snapshot = current_snapshot(transaction)
                whole = snapshot.version - 1 == len(snapshot.sources) == len(snapshot.connections)
                torn.extend([] if whole else [snapshot.version])
                looks += 1
        return looks

    def add(transaction: Transaction, writer: int) -> None:
        found = Workspaces(transaction).named(f"w-{writer}")
        ours = (found or Workspaces(transaction).add(f"w-{writer}")).id
        slug = f"s-{raise_version(transaction)}"
        made = Sources(transaction, ours).add(
            slug=slug, name="S", enabled=True, answers="strict", labels={}
        )
        Connections(transaction, ours).add(slug=slug, source=made.id, destination="webhook")

    with ThreadPoolExecutor(1) as pool:
        looks = pool.submit(look)
        try:
            at_once(place, add)
        finally:
            over.set()
    assert torn == []
    assert looks.result() > 0


def test_processes_that_open_and_write_a_new_store_at_once_lose_nothing(bare: Place) -> None:
    command = [sys.executable, "-c", WRITE_IN_A_PROCESS, str(bare.folder.root), bare.address]
    children = [Popen(command, stderr=PIPE) for _ in range(3)]
    errors = [child.communicate(timeout=60)[1] for child in children]
    assert errors == [b"", b"", b""]
    with bare.open() as store, store.read() as transaction:
        assert version(transaction) == 61
