"""Ends write keys in time, while the control role runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headgate.control.ended_keys import end_write_keys
from headgate.control.publication import publish_current
from headgate.store.errors import StoreError
from headgate.telemetry import log

if TYPE_CHECKING:
    from headgate.clock import Clock
    from headgate.store.database import Store

SECONDS = 5.0


class KeyRounds:
    """What could not be published is, in a later round."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._is_owed = False

    async def run(self) -> None:
        """For ever: a store or a disk that is away may come back."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except (StoreError, OSError) as error:
                log.warning("control.write_keys_not_ended", error=str(error))
            await asyncio.sleep(SECONDS)

    def once(self) -> None:
        """Raises an error of the store, and OSError."""
        if ended := end_write_keys(self._store, self._clock.now_ms()):
            self._is_owed = True
            log.info("control.write_keys_ended", count=ended)
        if self._is_owed:
            publish_current(self._store)
            self._is_owed = False
