from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contracts.ledgers import Bench, MemoryBench, PostgresBench, SqliteBench
from tests.contracts.postgres import Postgres
from tests.contracts.stores import Place, Places, PostgresPlaces, SqlitePlaces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.store.database import Store


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """Each of them; a server is started for those alone that ask for one."""
    if request.param == "postgres":
        yield request.getfixturevalue("postgres_bench")
        return
    bench: Bench = MemoryBench() if request.param == "memory" else SqliteBench(tmp_path)
    yield bench
    bench.ledger.close()


@pytest.fixture(scope="session")
def postgres_ledgers(postgres: Postgres) -> str:
    """The database in which ledgers have their tables."""
    return postgres.database()


@pytest.fixture
def postgres_bench(postgres: Postgres, postgres_ledgers: str) -> Iterator[PostgresBench]:
    bench = PostgresBench(postgres, postgres_ledgers)
    yield bench
    bench.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_places(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Places:
    return PostgresPlaces(postgres, tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="session")
def sqlite_places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    return SqlitePlaces(tmp_path_factory.mktemp("store"))


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest) -> Places:
    """Each of them; a server is started for those alone that ask for one."""
    found: Places = request.getfixturevalue(f"{request.param}_places")
    return found


@pytest.fixture
def place(places: Places, tmp_path: Path) -> Iterator[Place]:
    with places.place(tmp_path) as place:
        yield place


@pytest.fixture
def bare(places: Places, tmp_path: Path) -> Iterator[Place]:
    with places.place(tmp_path, bare=True) as place:
        yield place


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.open() as store:
        yield store
