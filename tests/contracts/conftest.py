"""Fixtures and hooks of the contract suites."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def pytest_asyncio_loop_factories(
    item: Any,
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run a module's tests on each loop of its `LOOPS`, or on asyncio's own."""
    default = {"asyncio": asyncio.new_event_loop}
    loops: Mapping[str, Callable[[], asyncio.AbstractEventLoop]] = getattr(
        item.module, "LOOPS", default
    )
    return loops
