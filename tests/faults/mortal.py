"""A Headgate whose processes are killed one by one, and that a test looks into while it runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

from headgate.cli.inspect import accounts_of
from headgate.folder import DataFolder
from headgate.presence import present
from tests.harness.receiver import until
from tests.harness.system import Headgate, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headgate.control.observing.accounts import Account

ROLES = ("supervisor", "collect", "deliver")
ORPHAN_SECONDS = 10.0
"""The longest that children may take to end after their supervisor was killed."""


class Mortal(Headgate):
    """A Headgate under faults."""

    @property
    def data_folder(self) -> DataFolder:
        return DataFolder(self.data)

    def end(self) -> None:
        last = {}
        with contextlib.suppress(OSError):  # its disk may be gone
            last = self.pids() if self.is_running else {}
        super().end()
        self._await_end(last)

    def _await_end(self, pids: Mapping[str, int]) -> None:
        until(lambda: not any(map(is_alive, pids.values())), ORPHAN_SECONDS, f"the end of {pids}")

    def pids(self) -> dict[str, int]:
        """The processes that are ready: `collect`, and `collect-1` for a second one."""
        ready = [each for each in present(self.data_folder.run) if each.ready]
        return {
            f"{each.role}-{each.index}" if each.index else each.role: each.pid for each in ready
        }

    def strike(self, *names: str) -> Callable[[], None]:
        """End processes at once; what is returned waits until all are ready again.

        After the supervisor's end its children end by themselves, and all is started anew.
        """
        before = self.pids()
        for name in names:
            os.kill(before[name], signal.SIGKILL)

        def revive() -> None:
            if "supervisor" in names:
                self._await_end(before)
                self.end()
                self.start()
            until(lambda: self._has_others(before, names), 20, lambda: f"{names} to run again")

        return revive

    def end_with(self, pids: Mapping[str, int]) -> None:
        """End these processes at once, whatever has become of the disk that says who they are."""
        for name in sorted(pids, key=lambda name: name != "supervisor"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pids[name], signal.SIGKILL)
        self.end()
        self._await_end(pids)

    def start_again_at_once(self) -> None:
        """Kill the supervisor and start another while its children still end."""
        process = self._process
        assert process is not None
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self.start()

    def _has_others(self, before: Mapping[str, int], names: Sequence[str]) -> bool:
        now = self.pids()
        return now.keys() == before.keys() and all(now[name] != before[name] for name in names)

    def pending(self) -> int:
        return sum(account.pending or 0 for account in self._accounts())

    def _accounts(self) -> list[Account]:
        return asyncio.run(accounts_of(self.data_folder))

    def drain(self, seconds: float = 30.0, *, lanes: int = 0) -> float:
        """Wait until nothing is pending in at least so many lanes; the seconds that took.

        A lane that has not begun owes nothing yet, and is not to be taken for one that is done.
        """
        begun = until(lambda: self._begun() >= lanes, seconds, f"the begin of {lanes} lanes")
        return begun + until(
            lambda: not self.pending(), seconds, lambda: f"{self.pending()} pending"
        )

    def _begun(self) -> int:
        return sum(account.pending is not None for account in self._accounts())
