"""A Headgate whose processes are killed one by one, and that a test looks into while it runs."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any, Self

import msgspec

from headgate.cli.inspect import accounts_of
from headgate.control.apply import apply
from headgate.control.catalogue import installed
from headgate.control.declaration import parse
from headgate.folder import DataFolder
from headgate.presence import present
from tests.harness.receiver import until
from tests.harness.system import Headgate, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROLES = ("supervisor", "collect", "deliver")
ORPHAN_SECONDS = 10.0
"""The longest that children may take to end after their supervisor was killed."""


class Mortal(Headgate):
    """Starts a second time on the addresses of the first, so that clients find it again."""

    @property
    def data_folder(self) -> DataFolder:
        return DataFolder(self.data)

    def declare(self, declaration: Mapping[str, Any]) -> None:
        """What `headgate apply` does on a stopped system, without another process."""
        catalogue = installed()
        wanted = parse(msgspec.json.encode(declaration).decode(), catalogue)
        apply(self.data_folder.make(), wanted, head={0: 0}, catalogue=catalogue)

    def start(self) -> Self:
        super().start()
        addresses = (self.ready.collect, self.ready.control)
        collect, control = (address.removeprefix("http://") for address in addresses)
        self._options = ["--collect", collect, "--control", control]
        return self

    def end(self) -> None:
        last = self.pids() if self.is_running else {}
        super().end()
        self._await_end(last)

    def _await_end(self, pids: Mapping[str, int]) -> None:
        until(lambda: not any(map(is_alive, pids.values())), ORPHAN_SECONDS, f"the end of {pids}")

    def pids(self) -> dict[str, int]:
        """The roles that are ready, and their processes."""
        return {each.role: each.pid for each in present(self.data_folder.run) if each.ready}

    def strike(self, *roles: str) -> Callable[[], None]:
        """End processes at once; what is returned waits until all roles are ready again.

        After the supervisor's end its children end by themselves, and all is started anew.
        """
        before = self.pids()
        for role in roles:
            os.kill(before[role], signal.SIGKILL)

        def revive() -> None:
            if "supervisor" in roles:
                self._await_end(before)
                self.end()
                self.start()
            until(lambda: self._has_others(before, roles), 20, lambda: f"{roles} to run again")

        return revive

    def start_again_at_once(self) -> None:
        """Kill the supervisor and start another while its children still end."""
        process = self._process
        assert process is not None
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        self.start()

    def _has_others(self, before: Mapping[str, int], roles: Sequence[str]) -> bool:
        now = self.pids()
        return now.keys() == before.keys() and all(now[role] != before[role] for role in roles)

    def pending(self) -> int:
        accounts = asyncio.run(accounts_of(self.data_folder))
        return sum(account.pending or 0 for account in accounts)

    def drain(self, seconds: float = 30.0) -> float:
        """Wait until nothing is pending; the seconds that took."""
        return until(lambda: not self.pending(), seconds, lambda: f"{self.pending()} pending")
