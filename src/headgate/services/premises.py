"""What the work of people is done with, for the control role and for commands alike."""

from __future__ import annotations

import asyncio
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from headgate.clock import SystemClock
from headgate.control.catalogue import installed
from headgate.control.errors import Refused
from headgate.control.work import Control, Premises
from headgate.services.parts import open_ledgers, open_log, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Mapping

    from headgate.control.sending import Sends
    from headgate.control.work import Runs
    from headgate.folder import DataFolder
    from headgate.log.port import EventLog
    from headgate.settings import Settings
    from headgate.store.database import Store

T = TypeVar("T")
APART_SECONDS: Final = 60.0


def premises(
    folder: DataFolder,
    settings: Settings,
    store: Store,
    log: EventLog,
    run: Runs,
    send: Sends | None = None,
) -> Premises:
    """`run` asks the log for a thread that may wait for it; `send` sends test events, if at all."""

    def heads() -> Mapping[int, int]:
        return dict(run(_heads(log)))

    return Premises(
        store=store,
        catalogue=installed(),
        clock=SystemClock(),
        environ={**os.environ, **settings.environment()},
        heads=heads,
        log=log,
        ledgers=open_ledgers(folder, settings),
        run=run,
        apart=Apart(folder),
        send=send,
        command_days=settings.command_days,
    )


class Apart:
    """Asks a log that is opened for the question alone, on a loop of the asking thread."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def __call__(self, asked: Callable[[EventLog], Coroutine[Any, Any, T]], /) -> T:
        """Raises Refused for what takes too long."""
        return asyncio.run(self._asked(asked))

    async def _asked(self, asked: Callable[[EventLog], Coroutine[Any, Any, T]]) -> T:
        log = open_log(self._folder)
        try:
            return await asyncio.wait_for(asked(log), APART_SECONDS)
        except TimeoutError:
            told = f"looking into the log took more than {APART_SECONDS:g} s: ask for less"
            raise Refused(told) from None
        finally:
            await log.close()


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
