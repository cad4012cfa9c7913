"""A million events in the log: how soon it is ready again, and how soon it stops (R6, R33)."""

from __future__ import annotations

import asyncio
import os
import random
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from headgate.clock import SystemClock
from headgate.log.encode import event_batch
from headgate.log.port import Record
from headgate.log.writer_thread import WriterThread
from headgate.services.parts import open_log
from tests.faults.clients import Clients
from tests.faults.judging import ALL
from tests.faults.mortal import ROLES, Mortal
from tests.faults.stored import verdicts
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import HANG
from tests.harness.sending import fresh, send, track

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headgate.log.keys import Keys
    from tests.harness.receiver import Receiver

pytestmark = pytest.mark.alone

EVENTS, OF_A_FRAME = 1_000_000, 500
CLEAN_SECONDS, CRASHED_SECONDS = 3.0, 10.0
BUSY = 2
"""A machine that has other work, too, may take so many times as long as was promised."""
PADDING = 600
"""Bytes that make an event about as large as those of browsers are."""


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_million_events_that_wait_delay_no_start_and_no_stop(
    tmp_path: Path, receiver: Receiver
) -> None:
    headgate, told = Mortal(tmp_path / "headgate"), dict[str, float]()
    headgate.apply(declaration(connection("all", receiver.url(ALL))))
    receiver.script(ALL, HANG)
    with headgate:
        send(headgate.ready.collect, fresh(1))
        headgate.stop()
        ((number, _),) = verdicts(headgate.data)
        asyncio.run(filled(headgate, number))
        told["nothing sealed"] = started(headgate)
        told["stop"] = headgate.stop()
        headgate.run("keep")
        told["all sealed"] = started(headgate)
        with Clients(headgate.ready.collect) as clients:
            time.sleep(1)
            clients.is_silent = True
            pids = headgate.pids()
            headgate.end_with(pids)
        told["after a crash"] = started(headgate)
        told["stop again"] = headgate.stop()
        stat = headgate.log_stat()
    assert set(ROLES) <= pids.keys()
    assert EVENTS + len(clients.acknowledged) < stat.events <= EVENTS + len(clients.sent) + 1
    assert told["all sealed"] < CLEAN_SECONDS * BUSY
    assert max(told["nothing sealed"], told["after a crash"]) < CRASHED_SECONDS * BUSY
    size = f"{stat.events} events, {stat.bytes / 1e6:.0f} MB in {stat.segments} segments"
    tell(f"{size}; " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in told.items()))


def started(headgate: Mortal) -> float:
    began = time.monotonic()
    headgate.start()
    return time.monotonic() - began


async def filled(headgate: Mortal, source: int) -> None:
    """Append a million events as collection would have."""
    log, thread = open_log(headgate.data_folder), WriterThread()
    log.own(SystemClock(), thread)
    for records in frames(source):
        await log.append(0, event_batch(records, joined(log.keys(), records)))
    await log.close()
    thread.close()


def joined(keys: Keys, records: list[Record]) -> bytes:
    return b"".join(keys.of(each.source, each.message_id) for each in records)


def frames(source: int) -> Iterator[list[Record]]:
    now, noise = SystemClock().now_ms(), os.urandom(1 << 20).hex()
    for start in range(0, EVENTS, OF_A_FRAME):
        yield [
            Record(source, now, each, "track", "u-1815", None, now, None, -1, original(each, noise))
            for each in (f"waits-{number}" for number in range(start, start + OF_A_FRAME))
        ]


def original(message_id: str, noise: str) -> bytes:
    at = random.randrange(len(noise) - PADDING)  # noqa: S311 - so that it compresses like real ones
    return msgspec.json.encode(track(message_id, context={"padding": noise[at : at + PADDING]}))
