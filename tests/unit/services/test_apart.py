"""What takes long is asked of a log of its own, in the thread that waits for it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from headgate.control.errors import Refused
from headgate.folder import DataFolder
from headgate.log.segments.log import SegmentLog
from headgate.services import premises
from headgate.services.premises import Apart

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.log.port import EventLog


@pytest.fixture
def apart(tmp_path: Path) -> Apart:
    return Apart(DataFolder(tmp_path).make())


async def test_the_loop_of_others_goes_on_meanwhile(apart: Apart) -> None:
    begun, ending = threading.Event(), threading.Event()

    async def asked(log: EventLog) -> int:
        begun.set()
        ending.wait(10)
        return len(await log.heads())

    answer = asyncio.ensure_future(asyncio.to_thread(lambda: apart(asked)))
    await asyncio.to_thread(begun.wait, 10)
    assert not answer.done()
    ending.set()
    assert await answer == 1


def test_what_takes_too_long_is_given_up_and_the_log_closed(
    apart: Apart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(premises, "APART_SECONDS", 0.05)
    closed: list[bool] = []
    close = SegmentLog.close

    async def closing(log: SegmentLog) -> None:
        closed.append(True)
        await close(log)

    monkeypatch.setattr(SegmentLog, "close", closing)

    async def endless(_: EventLog) -> None:
        await asyncio.Event().wait()

    with pytest.raises(Refused, match=r"more than 0\.05 s"):
        apart(endless)
    assert closed == [True]
