"""What a full disk once broke beside the work that it stops."""

from __future__ import annotations

import asyncio
import errno
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.clock import SystemClock
from headgate.disk import SystemDisk
from headgate.folder import DataFolder
from headgate.ledger import sqlite
from headgate.ledger.port import LaneRow, Tick
from headgate.ledger.sqlite import SqliteLedger
from headgate.log.encode import event_batch
from headgate.log.errors import Unavailable
from headgate.log.follow import HeadSignal
from headgate.log.port import EventBatch, Record
from headgate.log.segments.log import SegmentLog
from headgate.log.segments.segment import firsts
from headgate.log.writer_thread import WriterThread
from headgate.presence import Presence, RoleLock, present
from headgate.services import process
from headgate.services.process import Life
from tests.harness.receiver import until

if TYPE_CHECKING:
    from headgate.disk import Writing

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


async def test_a_role_that_could_not_say_that_it_is_ready_says_it_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error ended the role, or the task that would have said it: it was never seen again."""
    say, refused = RoleLock.say, [NO_SPACE, NO_SPACE]

    def say_when_there_is_room(lock: RoleLock, presence: Presence) -> None:
        if refused:
            raise refused.pop()
        say(lock, presence)

    monkeypatch.setattr(RoleLock, "say", say_when_there_is_room)
    monkeypatch.setattr(process, "SAY_AGAIN_SECONDS", 0.01)
    life = Life(tmp_path, "deliver", 0, dict)
    life.start()
    life.ready()
    assert not list(present(tmp_path))
    await asyncio.to_thread(until, lambda: any(each.ready for each in present(tmp_path)), 5, "it")
    life.end()


class FullDisk(SystemDisk):
    """It takes no write while `is_full`; `unlinked` counts the files that were removed."""

    def __init__(self) -> None:
        self.is_full, self.unlinked = False, 0

    def create(self, path: Path) -> Writing:
        file = super().create(path)
        if self.is_full:
            file.close()
            raise NO_SPACE
        return file

    def unlink(self, path: Path) -> None:
        self.unlinked += 1
        super().unlink(path)


def batch(message_id: str) -> EventBatch:
    original = b'{"type":"track","messageId":"%s"}' % message_id.encode()
    record = Record(1, 1, message_id, "track", None, "a-1", 1, None, -1, original)
    return event_batch([record], message_id.encode().rjust(12, b"\0"), ())


async def test_every_refused_append_costs_the_same(tmp_path: Path) -> None:
    """Each one removed the files of all refusals before it once more: slower with each."""
    disk, thread = FullDisk(), WriterThread()
    log = SegmentLog(disk, tmp_path, HeadSignal(tmp_path / "head"))
    log.own(SystemClock(), thread)
    disk.is_full = True
    for number in range(200):
        with pytest.raises(Unavailable):
            await log.append(0, batch(f"refused-{number}"))
    disk.is_full = False
    await log.append(0, batch("taken"))
    assert disk.unlinked <= 200
    assert len(firsts(disk.names(tmp_path))) == 1
    await log.close()
    thread.close()


def test_a_log_line_that_cannot_be_written_ends_nothing() -> None:
    """With the log of `headgate up` on the full disk, the first warning lost a tick's results."""
    words = "from headgate.telemetry import configure_logs, log; configure_logs()"
    words += "; [log.error('disk.full', n=n) for n in range(1000)]; print('goes on')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", words], stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert done.stdout == b"goes on\n"


class Refused(Exception):
    """What SQLite raises; `sqlite_errorname` tells why."""

    sqlite_errorname = "SQLITE_FULL"


def test_a_checkpoint_without_room_does_not_restart_delivery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counted as an I/O error of the sync: deliver died, and could not start on a full disk."""
    ledger = SqliteLedger(DataFolder(tmp_path))
    ledger.commit(Tick(lanes=[LaneRow(1, 1, "w", 1, 1)]))

    def refuse(_mode: str) -> tuple[int, int, int]:
        raise Refused

    with monkeypatch.context() as patched:
        patched.setattr(sqlite, "SqliteError", Refused)
        patched.setattr(ledger, "_pragma", refuse)
        ledger.sync()
        patched.setattr(Refused, "sqlite_errorname", "SQLITE_IOERR")
        ledger.commit(Tick(lanes=[LaneRow(2, 2, "w", 2, 1)]))
        with pytest.raises(Refused):
            ledger.sync()
    ledger.close()
