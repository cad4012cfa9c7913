from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from headgate.deliver.transport import h1_pool
from headgate.deliver.transport.dialer import Plan
from headgate.deliver.transport.h1_connection import Connection
from headgate.deliver.transport.h1_pool import Pool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ORIGIN = "http://a.test:80"
PLAN = Plan(("10.0.0.1", "10.0.0.2"), 0)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    peers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: peers.append(writer), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for peer in peers:
        peer.close()


async def opened(pool: Pool, port: int, address: str = "10.0.0.1") -> Connection:
    _, connection = await asyncio.get_running_loop().create_connection(
        lambda: Connection((ORIGIN, address), pool.rest, pool.lost), "127.0.0.1", port
    )
    pool.opened(connection)
    return connection


def pooling(most_idle: int = 10) -> Pool:
    return Pool(asyncio.get_running_loop(), most_idle)


async def test_the_connection_that_rested_last_is_taken_first(port: int) -> None:
    pool = pooling()
    first, second = await opened(pool, port), await opened(pool, port)
    pool.rest(first)
    pool.rest(second)
    assert pool.take(ORIGIN, PLAN) is second
    assert pool.take(ORIGIN, PLAN) is first
    assert pool.take(ORIGIN, PLAN) is None
    await pool.close()


async def test_a_connection_is_taken_for_its_own_origin_and_address_only(port: int) -> None:
    pool = pooling()
    connection = await opened(pool, port, "10.0.0.2")
    pool.rest(connection)
    assert pool.take("http://b.test:80", PLAN) is None
    assert pool.take(ORIGIN, Plan(("10.0.0.1",), 0)) is None
    assert pool.take(ORIGIN, PLAN) is connection
    await pool.close()


async def test_over_the_bound_the_oldest_goes(port: int) -> None:
    pool = pooling(most_idle=2)
    made = [await opened(pool, port) for _ in range(3)]
    for connection in made:
        pool.rest(connection)
    assert not made[0].usable
    assert pool._idle == 2
    assert pool.take(ORIGIN, PLAN) is made[2]
    await pool.close()


async def test_what_rests_too_long_is_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(h1_pool, "IDLE", 0.05)
    monkeypatch.setattr(h1_pool, "_SWEEP", 0.02)
    pool = pooling()
    pool.rest(await opened(pool, port))
    await asyncio.sleep(0.15)
    assert (pool._open, pool._resting, pool._idle, pool._sweeper) == (set(), {}, 0, None)


async def test_an_old_connection_is_not_kept(port: int) -> None:
    pool = pooling()
    connection = await opened(pool, port)
    connection.born -= 301
    pool.rest(connection)
    assert pool.take(ORIGIN, PLAN) is None
    await asyncio.sleep(0.01)
    assert pool._open == set()


async def test_a_closed_pool_keeps_nothing(port: int) -> None:
    pool = pooling()
    resting, busy = await opened(pool, port), await opened(pool, port)
    pool.rest(resting)
    await pool.close()
    assert not resting.usable
    assert not busy.usable
