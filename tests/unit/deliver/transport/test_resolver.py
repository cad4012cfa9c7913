from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from headgate.deliver.transport import resolver as module
from headgate.deliver.transport.lookup import Records
from headgate.deliver.transport.resolver import Resolver
from headgate.kit.errors import TransportError
from tests.contracts.transport.scripted_nameserver import SERVFAIL, Nameserver, naming

V4, OTHER, V6 = "93.184.215.14", "93.184.215.15", "2606:2800:21f::1"


class Time:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def asking(nameserver: Nameserver, **options: Any) -> Resolver:
    return Resolver(nameservers=[nameserver.address], hosts=Path("/nonexistent/hosts"), **options)


async def found(resolver: Resolver, host: str = "a.test", within: float = 2) -> tuple[str, ...]:
    return (await resolver.resolve(host, within)).addresses


async def failure(resolver: Resolver, host: str, within: float = 2) -> str:
    with pytest.raises(TransportError) as caught:
        await resolver.resolve(host, within)
    assert caught.value.kind == "dns"
    return str(caught.value)


async def until(answered: Any) -> None:
    for _ in range(200):
        if answered():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to pass")


async def test_an_answer_holds_for_its_ttl() -> None:
    clock = Time()
    async with naming({"a.test": [[V4], [OTHER]]}, ttl=60) as nameserver:
        resolver = asking(nameserver, now=clock)
        assert await found(resolver) == (V4,)
        clock.now += 59
        assert await found(resolver) == (V4,)
        assert resolver.cached("a.test") is not None
        clock.now += 2
        assert resolver.cached("a.test") is None
        assert await found(resolver) == (OTHER,)
    assert nameserver.asked["a.test"] == 2


@pytest.mark.parametrize(("ttl", "holds"), [(0, 1), (31_536_000, 300)])
async def test_a_ttl_is_kept_within_bounds(ttl: int, holds: int) -> None:
    """Also by c-ares, which would keep an answer for an hour on its own."""
    clock = Time()
    async with naming({"a.test": [[V4], [OTHER]]}, ttl=ttl) as nameserver:
        resolver = asking(nameserver, now=clock)
        await found(resolver)
        clock.now += holds - 0.1
        assert await found(resolver) == (V4,)
        clock.now += 0.2
        assert await found(resolver) == (OTHER,)


@pytest.mark.parametrize("script", [[], SERVFAIL, 3])
async def test_a_failure_is_kept_for_five_seconds(script: list[str] | int) -> None:
    clock = Time()
    async with naming({"a.test": [script]}) as nameserver:
        resolver = asking(nameserver, now=clock)
        assert "a.test cannot be resolved" in await failure(resolver, "a.test")
        asked = nameserver.asked["a.test"]
        clock.now += 4.9
        await failure(resolver, "a.test")
        assert nameserver.asked["a.test"] == asked
        clock.now += 0.2
        nameserver.names = {"a.test": [[V4]]}
        assert await found(resolver) == (V4,)


async def test_both_families_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ipv6_route", lambda: True)
    async with naming({"a.test": [[V6, V4]], "six.test": [[V6]]}) as nameserver:
        resolver = asking(nameserver)
        assert set(await found(resolver)) == {V4, V6}
        assert await found(resolver, "six.test") == (V6,)


async def test_ipv6_comes_last_without_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ipv6_route", lambda: False)
    resolver = Resolver()
    assert resolver._ordered((V6, V4, "::2", OTHER)) == (V4, OTHER, V6, "::2")
    monkeypatch.setattr(module, "_ipv6_route", lambda: True)
    assert Resolver()._ordered((V6, V4, "::2", OTHER)) == (V6, V4, "::2", OTHER)


async def test_many_who_ask_for_a_name_share_one_question() -> None:
    async with naming({"a.test": [[V4]]}) as nameserver:
        nameserver.delay = 0.05
        resolver = asking(nameserver)
        answers = await asyncio.gather(*[found(resolver) for _ in range(50)])
    assert set(answers) == {(V4,)}
    assert nameserver.asked["a.test"] == 1


async def test_a_dead_name_ends_for_each_at_its_own_deadline() -> None:
    async with naming({"dead.test": [None], "a.test": [[V4]]}) as nameserver:
        resolver = asking(nameserver)

        async def timed(within: float) -> float:
            started = time.monotonic()
            assert "not resolved within" in await failure(resolver, "dead.test", within)
            return time.monotonic() - started

        waits = asyncio.gather(*[timed(n / 2) for n in (1, 2, 3)])
        assert await found(resolver) == (V4,)
        took = await waits
    assert [round(one * 2) for one in took] == [1, 2, 3]
    assert resolver._asking == {}


async def test_a_name_nobody_answers_for_fails_at_the_resolvers_deadline() -> None:
    async with naming({"dead.test": [None]}) as nameserver:
        resolver = asking(nameserver, deadline=0.2)
        assert "no nameserver answered within 0.2 s" in await failure(resolver, "dead.test")
        started = time.monotonic()
        await failure(resolver, "dead.test")
        assert time.monotonic() - started < 0.05


async def test_names_over_the_cap_wait_for_their_turn() -> None:
    async with naming({f"{n}.test": [[V4]] for n in range(20)}) as nameserver:
        nameserver.delay = 0.05
        resolver = asking(nameserver, most=5)
        started = time.monotonic()
        await asyncio.gather(*[found(resolver, f"{n}.test") for n in range(20)])
        took = time.monotonic() - started
    assert 0.2 <= took < 1


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_who_goes_away_last_takes_the_lookup_along() -> None:
    async with naming({"dead.test": [None]}) as nameserver:
        resolver = asking(nameserver)
        before = descriptors()
        waits = [asyncio.create_task(found(resolver, "dead.test")) for _ in range(3)]
        await until(lambda: nameserver.asked["dead.test"])
        assert descriptors() > before
        waits[0].cancel()
        await asyncio.sleep(0.01)
        assert "dead.test" in resolver._asking
        for wait in waits[1:]:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
        assert resolver._asking == {}
        await until(lambda: descriptors() == before)


async def test_hundreds_of_lookups_leave_no_descriptor_open() -> None:
    async with naming({f"{n}.test": [[V4]] for n in range(200)}) as nameserver:
        resolver = asking(nameserver)
        before = descriptors()
        await asyncio.gather(*[found(resolver, f"{n}.test", 5) for n in range(200)])
        await until(lambda: descriptors() == before)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_closing_ends_those_who_wait() -> None:
    async with naming({"dead.test": [None]}) as nameserver:
        resolver = asking(nameserver)
        wait = asyncio.create_task(failure(resolver, "dead.test"))
        await until(lambda: nameserver.asked["dead.test"])
        await resolver.close()
        assert "closed" in await wait


async def test_the_hosts_file_goes_before_nameservers(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text("10.0.0.1 a.test\n")
    clock = Time()
    async with naming({"a.test": [[V4]]}) as nameserver:
        resolver = Resolver(nameservers=[nameserver.address], hosts=hosts, now=clock)
        assert await found(resolver) == ("10.0.0.1",)
        hosts.write_text("# nothing any more\n")
        clock.now += 1.1
        assert await found(resolver) == (V4,)


async def test_the_cache_stays_bounded() -> None:
    resolver = Resolver()
    for n in range(5000):
        resolver._keep(f"{n}.test", Records((V4,), 300))
    assert len(resolver._answers) == 4096
    assert resolver.cached("0.test") is None
    assert resolver.cached("4999.test") is not None


async def test_a_nameserver_that_is_none_is_a_failure_and_no_crash() -> None:
    resolver = Resolver(nameservers=["not a nameserver"], hosts=Path("/nonexistent/hosts"))
    assert "a.test" in await failure(resolver, "a.test")
