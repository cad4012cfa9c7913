"""What the processes of a Headgate hold, looked at again and again while a test runs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from tests.harness.wire import memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.harness.system import Headgate

LOOK_SECONDS = 0.5
MIB = 1 << 20


def held(pids: Sequence[int]) -> int:
    """Bytes of memory; what processes share is counted once."""
    return sum(memory(pid) for pid in pids)


class Memory:
    """The most that all processes of a Headgate held at once within a block."""

    def __init__(self, headgate: Headgate) -> None:
        self._pids = [pid for pids in headgate.ready.pids.values() for pid in pids]
        self.before = self.most = held(self._pids)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @property
    def grown(self) -> float:
        """MiB more than before the block."""
        return (self.most - self.before) / MIB

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self.most = max(self.most, held(self._pids))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self.most = max(self.most, held(self._pids))
