"""Publishes into this data folder what was committed to a shared store by other machines."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from headgate.control.publication import publish_current
from headgate.store.errors import StoreError
from headgate.store.revision import version
from headgate.telemetry import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.store.database import Store
    from headgate.store.postgresql_notices import Notices

POLL_SECONDS = 2.0
"""The net for notices that are lost."""


class Following:
    """Roles watch the files of their folder, so it is enough to publish there."""

    def __init__(
        self, store: Store, notices: Callable[[], Notices], poll: float = POLL_SECONDS
    ) -> None:
        self._store, self._notices, self._poll = store, notices, poll
        self._published = 0

    async def run(self) -> None:
        """For ever: a store or a disk that is away may come back."""
        was_away = False
        while True:
            try:
                with await asyncio.to_thread(self._notices) as notices:
                    was_away = False
                    await self._follow(notices)
            except (StoreError, OSError) as error:
                if not was_away:
                    log.warning("control.not_following", error=str(error))
                was_away = True
            await asyncio.sleep(self._poll)

    async def _follow(self, notices: Notices) -> None:
        told, loop, file = asyncio.Event(), asyncio.get_running_loop(), notices.fileno()
        loop.add_reader(file, told.set)
        try:
            while True:
                await asyncio.to_thread(self._publish)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._poll):
                        await told.wait()
                told.clear()
                notices.drain()
        finally:
            loop.remove_reader(file)

    def _publish(self) -> None:
        """Nothing is read but the version while that is the one that was published last."""
        with self._store.read() as transaction:
            committed = version(transaction)
        if committed != self._published:
            self._published = publish_current(self._store)
