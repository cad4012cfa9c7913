"""Two data folders on one database: what is committed with one comes into force in both."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from headgate.control.publication import publish_current
from headgate.folder import DataFolder
from headgate.services import following as module
from headgate.services.following import Following
from headgate.store.database import Store, open_store
from headgate.store.errors import StoreUnreachable
from headgate.store.postgresql_notices import Notices
from headgate.store.revision import raise_version
from headgate.store.snapshot import SnapshotReader
from headgate.store.sources import Sources
from headgate.store.workspaces import Workspaces
from tests.harness.fixtures import tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from headgate.store.snapshot import Snapshot
    from tests.contracts.postgres import Postgres
    from tests.contracts.stores import Place

NEVER, OFTEN, SECONDS = 3600.0, 0.02, 20.0


@pytest.fixture(params=["postgres"])
def places(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue("postgres_places")


@pytest.fixture
def elsewhere(place: Place, tmp_path: Path) -> Iterator[Store]:
    """The same database, opened on another machine."""
    with open_store(DataFolder(tmp_path / "elsewhere"), place.address) as other:
        yield other


@asynccontextmanager
async def follows(
    store: Store, notices: Callable[[], Notices], poll: float
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(Following(store, notices, poll).run())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def change(store: Store, slug: str) -> int:
    """A source more, published where it was made, as every API does."""
    with store.write() as transaction:
        workspace = Workspaces(transaction).named("ours") or Workspaces(transaction).add("ours")
        sources = Sources(transaction, workspace.id)
        sources.add(slug=slug, name=slug, enabled=True, answers="strict", labels={})
        raise_version(transaction)
    return publish_current(store)


async def in_force(reader: SnapshotReader, version: int) -> Snapshot:
    end = time.monotonic() + SECONDS
    while (found := reader.refresh()) is None or found.version < version:
        assert time.monotonic() < end, "it does not come into force"
        await asyncio.sleep(0.005)
    return found


async def test_a_change_is_in_force_elsewhere_as_soon_as_it_is_committed(
    store: Store, elsewhere: Store, place: Place
) -> None:
    """Without any poll: the notice brings it."""
    reader, longest = SnapshotReader(elsewhere.folder.snapshots), 0.0
    async with follows(elsewhere, partial(Notices, place.address), NEVER):
        await in_force(reader, 1)
        for turn in range(5):
            version = await asyncio.to_thread(change, store, f"s{turn}")
            began = time.monotonic()
            snapshot = await in_force(reader, version)
            longest = max(longest, time.monotonic() - began)
            assert {each.slug for each in snapshot.sources.values()} == {
                f"s{each}" for each in range(turn + 1)
            }
    tell(f"in force elsewhere after {longest * 1000:.0f} ms at most")


class Deaf(Notices):
    """It listens to nothing."""

    def drain(self) -> int:
        return 0

    def fileno(self) -> int:
        return 2


async def test_what_nobody_was_told_of_is_found(
    store: Store, elsewhere: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_reader", lambda *_: None)
    monkeypatch.setattr(loop, "remove_reader", lambda _: None)
    reader = SnapshotReader(elsewhere.folder.snapshots)
    async with follows(elsewhere, partial(Deaf, place.address), OFTEN):
        version = await asyncio.to_thread(change, store, "web")
        assert [each.slug for each in (await in_force(reader, version)).sources.values()] == ["web"]


async def test_without_notice_and_poll_nothing_comes(
    store: Store, elsewhere: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "add_reader", lambda *_: None)
    monkeypatch.setattr(loop, "remove_reader", lambda _: None)
    reader = SnapshotReader(elsewhere.folder.snapshots)
    async with follows(elsewhere, partial(Deaf, place.address), NEVER):
        await in_force(reader, 1)
        await asyncio.to_thread(change, store, "web")
        await asyncio.sleep(0.2)
        assert reader.refresh() is None


async def test_a_connection_that_breaks_is_made_again(
    store: Store, elsewhere: Store, place: Place, postgres: Postgres
) -> None:
    reader = SnapshotReader(elsewhere.folder.snapshots)
    async with follows(elsewhere, partial(Notices, place.address), OFTEN) as task:
        await in_force(reader, 1)
        for turn in range(3):
            await asyncio.to_thread(
                postgres.run,
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where pid <> pg_backend_pid() and query like 'LISTEN%'",
            )
            version = await asyncio.to_thread(change, store, f"s{turn}")
            await in_force(reader, version)
        assert not task.done()


async def test_a_database_that_is_away_is_asked_again(
    store: Store, elsewhere: Store, place: Place
) -> None:
    tries = 0

    def away() -> Notices:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise StoreUnreachable("it is away")
        return Notices(place.address)

    reader = SnapshotReader(elsewhere.folder.snapshots)
    async with follows(elsewhere, away, OFTEN):
        version = await asyncio.to_thread(change, store, "web")
        await in_force(reader, version)
    assert tries == 5


async def test_who_is_told_and_ended_at_the_same_moment_ends(
    elsewhere: Store, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end was lost in Python's `wait_for`, and an orderly stop waited for ever."""
    loop = asyncio.get_running_loop()
    listening: asyncio.Future[Callable[[], object]] = loop.create_future()
    monkeypatch.setattr(loop, "add_reader", lambda _, told: listening.set_result(told))
    monkeypatch.setattr(loop, "remove_reader", lambda _: None)
    monkeypatch.setattr(Following, "_publish", lambda _: None)
    async with follows(elsewhere, partial(Notices, place.address), NEVER) as task:
        told = await listening
        await asyncio.sleep(0.1)
        told()
        await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=SECONDS)
        assert done


def test_the_net_is_as_wide_as_was_promised() -> None:
    assert module.POLL_SECONDS <= 2


def test_notices_tell_the_newest_version(store: Store, place: Place) -> None:
    with Notices(place.address) as notices:
        assert notices.drain() == 0
        newest = [change(store, f"s{turn}") for turn in range(3)][-1]
        end = time.monotonic() + SECONDS
        while notices.drain() < newest:
            assert time.monotonic() < end


def test_a_database_that_is_away_is_told_without_its_password(postgres: Postgres) -> None:
    with pytest.raises(StoreUnreachable, match="tells of no changes") as told:
        Notices(postgres.by_tcp("nowhere"))
    assert "p4ss" not in str(told.value)
