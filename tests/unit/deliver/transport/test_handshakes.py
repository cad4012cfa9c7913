from __future__ import annotations

import asyncio

from headgate.deliver.transport.handshakes import Handshakes


def braked(started: list[str], *, most: int = 2, patience: float = 0.1) -> Handshakes[str]:
    loop = asyncio.get_running_loop()
    return Handshakes(loop, started.append, most=most, patience=patience)


async def test_what_is_over_the_limit_starts_when_one_is_connected() -> None:
    started: list[str] = []
    handshakes = braked(started, patience=60)
    for name in "abcd":
        handshakes.begin(name)
    assert started == ["a", "b"]
    handshakes.over("a")
    assert started == ["a", "b"], "it may be called by libcurl, which must not be entered"
    await asyncio.sleep(0.01)
    assert started == ["a", "b", "c"]
    handshakes.over("b")
    handshakes.over("c")
    await asyncio.sleep(0.01)
    assert started == ["a", "b", "c", "d"]
    handshakes.close()


async def test_what_hangs_holds_nobody_up_for_long() -> None:
    started: list[str] = []
    handshakes = braked(started)
    for name in "abcd":
        handshakes.begin(name)
    await asyncio.sleep(0.05)
    assert started == ["a", "b"]
    await asyncio.sleep(0.1)
    assert started == ["a", "b", "c", "d"]


async def test_who_waits_may_give_up() -> None:
    started: list[str] = []
    handshakes = braked(started)
    for name in "abcd":
        handshakes.begin(name)
    assert handshakes.gave_up("c")
    assert not handshakes.gave_up("a")
    await asyncio.sleep(0.05)
    assert started == ["a", "b", "d"]


async def test_the_order_of_those_who_wait_is_kept() -> None:
    started: list[str] = []
    handshakes = braked(started, most=1, patience=60)
    for name in "abc":
        handshakes.begin(name)
    handshakes.over("a")
    handshakes.begin("late")
    for name in ("b", "c"):
        await asyncio.sleep(0.01)
        handshakes.over(name)
    await asyncio.sleep(0.01)
    assert started == ["a", "b", "c", "late"]
    handshakes.close()
