"""Which roles run on a data folder, and what each has said of itself."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_LOOKS, _LOOK_SECONDS = 10, 0.01


class Presence(msgspec.Struct, frozen=True):
    """What a process of a role says of itself in `run/<role>-<index>.json`."""

    role: str
    index: int
    pid: int
    ready: bool = False
    snapshot: int = 0
    """Version of the snapshot in force in this process; 0 before the first."""
    address: str | None = None
    counters: dict[str, float] = {}


class AlreadyRunning(Exception):
    """Another process holds this role on this data folder."""


class RoleLock:
    """The right to be one process of a role, held until the process ends.

    The kernel drops the lock with the process, so a crash leaves nothing to clean up.
    """

    def __init__(self, run: Path, role: str, index: int = 0, of: int = 0) -> None:
        """Take it; raises `AlreadyRunning`.

        `of` is how many processes share the role's work, 0 where it is not shared out: all that
        run must have been told the same.
        """
        self._run = run
        self.name = f"{role}-{index}"
        self.role, self.index = role, index
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _turn(run / f"{role}.turn") if of else nullcontext():
            self._file = self._taken()
            if of:
                self._agree(of)

    def _taken(self) -> int:
        """Whoever looks who is there holds the lock for a moment, too: so it is tried again."""
        file = os.open(self._run / f"{self.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(_LOOKS):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(_LOOK_SECONDS)
            else:
                return file
        os.close(file)
        raise AlreadyRunning(
            f"{self.name} already runs on {self._run.parent}: stop it first, or use another --data"
        )

    def _agree(self, of: int) -> None:
        """Say in the lock how many there are, unless another that runs was told another number."""
        for path in self._run.glob(f"{self.role}-*.lock"):
            if path.stem != self.name and _is_held(path) and path.read_bytes() != b"%d" % of:
                os.close(self._file)
                raise AlreadyRunning(
                    f"{path.stem} runs on {self._run.parent} as one of {path.read_text()}, and"
                    f" {self.name} would be one of {of}: stop it first, or say the same number"
                )
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, b"%d" % of, 0)

    def say(self, presence: Presence) -> None:
        """Publish what this process says of itself; readers see all of it or none."""
        path = self._run / f"{self.name}.json"
        fresh = path.with_suffix(".json.new")
        fresh.write_bytes(msgspec.json.encode(presence))
        fresh.replace(path)

    def release(self) -> None:
        (self._run / f"{self.name}.json").unlink(missing_ok=True)
        os.close(self._file)


def present(run: Path) -> Iterator[Presence]:
    """The processes that are alive now: those whose lock is held."""
    for path in sorted(run.glob("*.json")):
        if _is_held(path.with_suffix(".lock")):
            try:
                yield msgspec.json.decode(path.read_bytes(), type=Presence)
            except (FileNotFoundError, msgspec.DecodeError):
                continue


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """One process at a time: whoever comes second waits."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def _is_held(lock: Path) -> bool:
    try:
        file = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False
