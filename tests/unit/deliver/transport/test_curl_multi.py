"""The timer of libcurl's transfers, which must never raise: libcurl gives up all of them then."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvloop

from headgate.deliver.transport.curl_multi import Multi

if TYPE_CHECKING:
    from collections.abc import Callable


def done(*_: object) -> None: ...


async def asks_after_a_time_that_is_past() -> None:
    loop = asyncio.get_running_loop()
    multi = Multi(loop, done)
    try:
        multi._set_timer(loop.time() - 1)
        multi._on_timer(1)
    finally:
        multi.close()


@pytest.mark.parametrize("new_loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_libcurl_may_ask_for_time_when_its_last_is_just_over(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """What is due within a millisecond has a handle of uvloop's that knows no time.

    All deliveries over libcurl ended for good when it was asked for one.
    """
    loop = new_loop()
    try:
        loop.run_until_complete(asks_after_a_time_that_is_past())
    finally:
        loop.close()
