"""Use cases, which run in threads, ask the log on the loop that it belongs to."""

from __future__ import annotations

import asyncio
import threading

import pytest

from headgate.control.errors import Refused
from headgate.services import control
from headgate.services.control import OnLoop


async def thread() -> int:
    return threading.get_ident()


async def test_the_log_is_asked_on_its_loop() -> None:
    run = OnLoop(asyncio.get_running_loop())
    assert await asyncio.to_thread(lambda: run(thread())) == threading.get_ident()


async def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "LOG_SECONDS", 0.05)
    ended = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    run = OnLoop(asyncio.get_running_loop())
    with pytest.raises(Refused, match=r"more than 0\.05 s"):
        await asyncio.to_thread(lambda: run(endless()))
    await asyncio.wait_for(ended.wait(), 5)
