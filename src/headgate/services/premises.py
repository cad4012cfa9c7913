"""What the work of people is done with, for the control role and for commands alike."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headgate.clock import SystemClock
from headgate.control.catalogue import installed
from headgate.control.work import Control, Premises
from headgate.services.parts import open_ledgers, open_log, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headgate.control.work import Runs
    from headgate.folder import DataFolder
    from headgate.log.port import EventLog
    from headgate.settings import Settings
    from headgate.store.database import Store


def premises(
    folder: DataFolder,
    settings: Settings,
    store: Store,
    log: EventLog,
    run: Runs,
) -> Premises:
    """`run` asks the log for a thread that may wait for it."""

    def heads() -> Mapping[int, int]:
        return dict(run(_heads(log)))

    return Premises(
        store=store,
        catalogue=installed(),
        clock=SystemClock(),
        environ={**os.environ, **settings.environment()},
        heads=heads,
        log=log,
        ledgers=open_ledgers(folder),
        run=run,
    )


@contextmanager
def control_of(folder: DataFolder, settings: Settings) -> Iterator[Control]:
    """For a command, which has no loop of its own."""
    log = open_log(folder)
    try:
        with open_store(folder, settings) as store:
            yield Control(premises(folder, settings, store, log, asyncio.run))
    finally:
        asyncio.run(log.close())


async def _heads(log: EventLog) -> Mapping[int, int]:
    return await log.heads()
