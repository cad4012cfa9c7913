"""Makes every `headgate` below free slots before the commit: what the kill tests must catch.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

import copy
import threading

from headgate.ledger.port import Tick
from headgate.ledger.sqlite import SqliteLedger

LATER_SECONDS = 0.5

commit = SqliteLedger.commit
waiting: list[Tick] = []
turn = threading.Lock()


def commit_later(ledger: SqliteLedger, tick: Tick) -> None:
    """Say that it is done, and do it with all others of half a second."""
    with turn:
        if not waiting:
            threading.Timer(LATER_SECONDS, commit_all, [ledger]).start()
        waiting.append(copy.copy(tick))
    tick.attempts = []


def commit_all(ledger: SqliteLedger) -> None:
    with turn:
        for each in waiting:
            commit(ledger, each)
        waiting.clear()


SqliteLedger.commit = commit_later  # type: ignore[method-assign, assignment]  # the fault to be caught
