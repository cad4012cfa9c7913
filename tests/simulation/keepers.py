"""Who keeps a simulated deliver process's ledger through kills and power losses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Protocol

from headgate.folder import DataFolder
from headgate.ledger.memory import MemoryLedger, Tables
from headgate.ledger.reader import FolderLedgers
from headgate.ledger.sqlite import SqliteLedger
from tests.simulation.history import Broken

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from headgate.ledger.port import Ledger, LedgerReader, Tick

WAL_HEADER = 32
FRAME = 24 + 4096


class Keeper(Protocol):
    """A ledger's storage; `tables` is what is committed in it now."""

    @property
    def tables(self) -> Tables: ...
    @property
    def reader(self) -> LedgerReader: ...
    def open(self) -> Ledger:
        """A process starts on it."""
        ...

    def commit(self, tick: Tick) -> None: ...
    def sync(self) -> None: ...
    def killed(self) -> None: ...
    def lost_power(self, rng: Random, survival: float) -> int:
        """How many of the commits since the last sync are left."""
        ...


class MemoryKeeper:
    def __init__(self) -> None:
        self.ledger = self.reader = MemoryLedger()

    @property
    def tables(self) -> Tables:
        return self.ledger.tables

    def open(self) -> Ledger:
        return self.ledger

    def commit(self, tick: Tick) -> None:
        self.ledger.commit(tick)

    def sync(self) -> None:
        self.ledger.sync()

    def killed(self) -> None:
        self.ledger.kill()

    def lost_power(self, rng: Random, survival: float) -> int:
        kept = rng.randint(0, self.ledger.unsynced) if survival else 0
        self.ledger.power_loss(kept)
        return kept


class SqliteKeeper:
    """Files of which a crash leaves a copy: the database, and the WAL cut at any write.

    `cut` is the number of that write among those of the last commit, a torn one counted before
    the whole one; None lets chance decide.
    """

    def __init__(self, root: Path, cut: int | None = None) -> None:
        self._root, self._cut, self._lives = root, cut, 0
        self._ledger: SqliteLedger | None = None
        self._folder = self._fresh()
        self.tables = Tables()
        self._since: list[Tables] = []
        """What a reader found after the last sync, and after each commit since."""
        self._wal = b""
        self.writes: list[int] = []

    def _fresh(self) -> DataFolder:
        self._lives += 1
        return DataFolder(self._root / f"life-{self._lives}").make()

    @property
    def reader(self) -> LedgerReader:
        return FolderLedgers(self._folder.root)

    def open(self) -> Ledger:
        self._ledger = SqliteLedger(self._folder)
        self.tables = self._read(self._ledger)
        self._since = self._since or [self.tables]
        if self._since[-1] != self.tables:
            raise Broken("the ledger does not hold what was left of it")
        return self._ledger

    def _read(self, ledger: Ledger) -> Tables:
        held = ledger.held()
        return Tables(
            lanes={row.lane: row for row in held.lanes},
            places={row[:2]: row for row in held.places},
            tallies={
                (account.lane.lane, cls, reason): n
                for account in self.reader.accounts()
                for cls, reason, n in account.tallies
            },
            opened={row[:3]: row for row in held.opened},
            parked={row[:4]: row for row in held.parked},
        )

    def _running(self) -> SqliteLedger:
        if self._ledger is None:
            raise Broken("no process has this ledger open")
        return self._ledger

    def commit(self, tick: Tick) -> None:
        self._running().commit(tick)
        self.tables = self._read(self._running())
        self._since.append(self.tables)
        before, self._wal = self._wal, self._wal_now()
        self.writes = changed(before, self._wal)

    def _wal_now(self) -> bytes:
        path = self._running().path
        return path.with_name(path.name + "-wal").read_bytes()

    def sync(self) -> None:
        self._running().sync()
        del self._since[:-1]
        self.writes = []

    def killed(self) -> None:
        """The kernel keeps every write; the WAL is there whole."""
        self._copy(None)

    def lost_power(self, rng: Random, survival: float) -> int:
        """The last commit's writes are there up to some byte; all before, as they were."""
        if not self._since:  # it died before it had opened them
            return 0
        self._copy(self._size(rng) if survival and self.writes else None)
        left = SqliteLedger(self._folder)
        found = self._read(left)
        left.close()
        if found not in self._since:
            raise Broken("what is left of the ledger is no prefix of its commits")
        kept = self._since.index(found)
        self._since = [found]
        return kept

    def _size(self, rng: Random) -> int:
        return rng.choice(self.writes) if self._cut is None else self.writes[self._cut]

    def _copy(self, size: int | None) -> None:
        """The dead process's files as they were; closing it would have tidied them up."""
        ledger = self._ledger
        if ledger is None:
            return
        fresh = self._fresh()
        for path in self._folder.root.glob("*.db*"):
            if not path.name.endswith("-shm"):
                shutil.copyfile(path, fresh.root / path.name)
        if size is not None:
            name = f"{ledger.path.name}-wal"
            (fresh.root / name).write_bytes((fresh.root / name).read_bytes()[:size])
        ledger.close()
        self._ledger, self._folder = None, fresh
        self._wal, self.writes = b"", []


def changed(before: bytes, after: bytes) -> list[int]:
    """Sizes of the WAL at which one of the writes between two moments was torn, or ended."""
    frames = [0, *range(WAL_HEADER, len(after), FRAME)]
    ends = [*frames[1:], len(after)]
    first = next(
        (
            number
            for number, (start, end) in enumerate(zip(frames, ends, strict=True))
            if before[start:end] != after[start:end]
        ),
        len(frames),
    )
    written = zip(frames[first:], ends[first:], strict=True)
    return [size for start, end in written for size in ((start + end) // 2, end)]
