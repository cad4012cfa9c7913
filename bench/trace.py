"""How long `headgate trace` takes with many events in the log, and what the sidecars take up."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from bench.machine import describe, say
from headgate.clock import SystemClock
from headgate.control.observing.traces import Trace
from headgate.control.observing.traces import trace as trace_message
from headgate.disk import SystemDisk
from headgate.folder import DataFolder
from headgate.keep.run import keep_once
from headgate.ledger.port import Attempt, DeadLetter, LaneRow, PlaceRow, Switch, Tick
from headgate.ledger.sqlite import SqliteLedger
from headgate.log.encode import event_batch
from headgate.log.keys import Keys
from headgate.log.port import Record
from headgate.log.segments.manifest import load_manifest
from headgate.log.segments.runs import IdRun
from headgate.log.writer_thread import WriterThread
from headgate.route import CODE_VERSION
from headgate.services.parts import open_ledgers, open_log
from headgate.settings import load
from headgate.store.snapshot import Connection, Snapshot, SnapshotReader

CONNECTIONS = 5
TRACES, COLD, COMMANDS = 200, 20, 10
ROWS_OF_A_TICK = 5_000
USERS = 100_000
DAY_MS = 86_400_000
LETTER_EACH = 100
"""Of so many deliveries on record one was given up."""
GOAL_MS = 100.0


class Log(NamedTuple):
    """What was appended: the first position of each frame, and how many events each has."""

    firsts: list[int]
    of_a_frame: int

    def position(self, number: int) -> int:
        return self.firsts[number // self.of_a_frame] + number % self.of_a_frame


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000, help="default: 10,000,000")
    parser.add_argument("--attempts", type=int, default=1_000_000, help="default: 1,000,000")
    parser.add_argument("--frame", type=int, default=1_000, help="events of a frame, up to 4,095")
    asked = parser.parse_args()
    say(f"trace: {describe()}, {asked.events:,} events, {asked.attempts:,} attempts on record")
    root = Path(tempfile.mkdtemp(prefix="headgate-trace-"))
    try:
        asyncio.run(_measure(DataFolder(root / "data"), asked))
    finally:
        shutil.rmtree(root)


async def _measure(folder: DataFolder, asked: argparse.Namespace) -> None:
    now = _configured(folder)
    began = time.perf_counter()
    log = await _filled(folder, next(iter(now.sources)), asked.events, asked.frame)
    say(f"  log: {time.perf_counter() - began:,.0f} s to append, seal and merge")
    began = time.perf_counter()
    traced = _recorded(folder, now, log, asked.events, asked.attempts)
    say(f"  ledger: {time.perf_counter() - began:,.0f} s")
    _sizes(folder)
    chosen = [random.choice(traced) for _ in range(TRACES)]  # noqa: S311
    await _traced("first of the process", folder, chosen[:1])
    times = await _traced("in process", folder, chosen)
    await _traced("in process, files not in memory", folder, chosen[:COLD], is_cold=True)
    _commands(folder, chosen[:COMMANDS])
    met = "met" if max(times) <= GOAL_MS else "NOT MET"
    say(f"trace: at most {max(times):.1f} ms (goal at most {GOAL_MS:.0f} ms) {met}, {describe()}")


def _configured(folder: DataFolder) -> Snapshot:
    """A source with several connections, each with a filter and two subscriptions."""
    folder.root.mkdir(parents=True)
    path = folder.root / "declaration.yaml"
    path.write_text(yaml.safe_dump(_declaration()), encoding="utf-8")
    _command(folder, "apply", str(path))
    found = SnapshotReader(folder.snapshots).refresh()
    if found is None:
        sys.exit("nothing was configured")
    return found


def _declaration() -> dict[str, object]:
    def subscription(name: str, trigger: str) -> dict[str, object]:
        mapping = {"url": "http://127.0.0.1:9/", "data": {"@path": "$."}}
        return {"name": name, "action": "send", "trigger": trigger, "mapping": mapping}

    drop = {"title": "No tests", "if": "properties.test = true", "actions": [{"type": "DROP"}]}
    return {
        "version": 1,
        "workspace": "bench",
        "sources": [{"slug": "load", "name": "Load", "write_keys": ["wk_bench"]}],
        "connections": [
            {
                "slug": f"hook-{number}",
                "source": "load",
                "destination": "webhook",
                "filters": [drop],
                "subscriptions": [
                    subscription("Orders", 'event = "Order Completed"'),
                    subscription("Nothing", 'event = "Nothing"'),
                ],
            }
            for number in range(CONNECTIONS)
        ],
    }


def _command(folder: DataFolder, *words: str) -> str:
    command = [sys.executable, "-m", "headgate", *words, "--data", str(folder.root)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def _filled(folder: DataFolder, source: int, events: int, of_a_frame: int) -> Log:
    """Through the real appender; `keep` runs at each full segment, as the supervisor starts it."""
    log, thread, firsts, segments = open_log(folder), WriterThread(), list[int](), 1
    log.own(SystemClock(), thread)
    for records in _frames(source, events, of_a_frame):
        batch = event_batch(records, _keys(log.keys(), records))
        firsts.append(int((await log.append(0, batch)).first))
        if len(firsts) * of_a_frame // 250_000 >= segments:
            segments += 1
            keep_once(folder.log, SystemClock(), {})
            log.refresh_index()
    await log.close()
    thread.close()
    keep_once(folder.log, SystemClock(), {})
    return Log(firsts, of_a_frame)


def _name(number: int) -> str:
    return f"6b1f3c1e-0000-4000-8000-{number:012d}"


def _frames(source: int, events: int, of_a_frame: int) -> Iterator[list[Record]]:
    clock = SystemClock()
    for start in range(0, events, of_a_frame):
        now, numbers = clock.now_ms(), range(start, min(start + of_a_frame, events))
        yield [_record(source, number, now) for number in numbers]


def _record(source: int, number: int, now: int) -> Record:
    name, user = _name(number), f"user-{number % USERS}"
    original = b'{"type":"track","event":"Order Completed","messageId":"%b","userId":"%b"}'
    plain = original % (name.encode(), user.encode())
    return Record(source, now, name, "track", user, None, now, None, -1, plain)


def _keys(keys: Keys, records: list[Record]) -> bytes:
    return b"".join([keys.of(each.source, each.message_id) for each in records])


def _recorded(folder: DataFolder, now: Snapshot, log: Log, events: int, attempts: int) -> list[str]:
    """Every lane has finished everything. Of messages spread over the log the attempts are kept.

    Half of the attempts are in the file of yesterday, as those of two days are. Each delivery was
    tried once, and one in a hundred was given up. Returns the messages of which there are any.
    """
    ledger, made = SqliteLedger(folder), SystemClock().now_ms()
    connections = list(now.connections.values())
    head = log.position(events - 1) + 1
    ledger.commit(
        Tick(
            lanes=[
                LaneRow(each.number, each.number, each.workspace, each.number, each.source)
                for each in connections
            ],
            places=[PlaceRow(each.number, 0, 0, 0, None, head, b"") for each in connections],
            switches=[Switch(each.number, 0, 0, now.version, CODE_VERSION) for each in connections],
        )
    )
    tick, traced = Tick(), list[str]()
    step = max(1, events * len(connections) // attempts)
    for number in range(0, events, step):
        at = made - DAY_MS if number < events // 2 else made
        traced.append(_name(number))
        for connection in connections:
            _deliver(tick, connection, log.position(number), number, at)
        if len(tick.attempts) >= ROWS_OF_A_TICK:
            ledger.commit(tick)
            ledger.sync()
            tick = Tick()
    ledger.commit(tick)
    ledger.close()
    return traced


def _deliver(tick: Tick, connection: Connection, position: int, number: int, at: int) -> None:
    lane, of = connection.number, connection.subscriptions[0].id
    is_letter = random.randrange(LETTER_EACH) == 0  # noqa: S311
    status, outcome = (400, "discard") if is_letter else (200, "delivered")
    tick.attempts.append(Attempt(0, position, lane, of, 0, at, 9, status, outcome, "", 1))
    if is_letter:
        message, source = _name(number), connection.source
        letter = DeadLetter(lane, 0, position, of, message, source, b"", "http_400", 400, 1, at)
        tick.dead.append(letter)


def _sizes(folder: DataFolder) -> None:
    disk, manifest = SystemDisk(), load_manifest(SystemDisk(), folder.log)
    runs = [IdRun(disk, folder.log / run.name) for run in manifest.runs]
    filters = sum(run.header.filter_bytes for run in runs)
    for run in runs:
        run.close()
    ids = _bytes(folder.log, "*.ids")
    kinds = {
        "segments": _bytes(folder.log, "*.seg"),
        "id runs": ids - filters,
        "filters of id runs": filters,
        "headers": _bytes(folder.log, "*.hdr"),
        "subjects": _bytes(folder.log, "*.sub"),
        "attempts": _bytes(folder.root, "attempts-*"),
        "ledger": _bytes(folder.root, "ledger-*"),
    }
    say(f"  {len(manifest.segments)} sealed segments, {len(runs)} id runs")
    for name, size in kinds.items():
        say(f"  {name:20}{size / 1e6:>10,.1f} MB")


def _bytes(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern))


async def _traced(
    name: str, folder: DataFolder, messages: list[str], *, is_cold: bool = False
) -> list[float]:
    """Each trace opens everything anew, as each request for one does."""
    times, spent = [], []
    for message in messages:
        if is_cold:
            _forget(folder.root)
        began, before = time.perf_counter(), time.process_time()
        found = await _trace(folder, message)
        times.append((time.perf_counter() - began) * 1000)
        spent.append((time.process_time() - before) * 1000)
        _check(found, message)
    _told(name, times)
    _told("  of that, processor time", spent)
    return times


async def _trace(folder: DataFolder, message: str) -> Trace:
    reader = SnapshotReader(folder.snapshots)
    now = reader.refresh() or Snapshot(0, {}, {})
    log = open_log(folder)
    try:
        return await trace_message(log, open_ledgers(folder, load()), reader, now, message)
    finally:
        await log.close()


def _check(found: Trace, message: str) -> None:
    states = {way.state for way in found.deliveries}
    tries = [len(way.attempts) for way in found.deliveries]
    if len(found.copies) != 1 or not states <= {"delivered", "dead_lettered"} or not all(tries):
        sys.exit(f"{message} is traced wrongly: {found}")
    if len(tries) != CONNECTIONS:
        sys.exit(f"{message} went {len(tries)} ways, not {CONNECTIONS}")


def _forget(folder: Path) -> None:
    """Have the kernel drop what it holds of the files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _commands(folder: DataFolder, messages: list[str]) -> None:
    """The whole command, and what of it is the start of a program that can do nothing yet."""
    whole, start = [], []
    for message in messages:
        began = time.perf_counter()
        _command(folder, "trace", message)
        whole.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import headgate.cli.main"], check=True)
        start.append((time.perf_counter() - began) * 1000)
    _told("the whole command", whole)
    _told("of that, Python and the command line", start)


def _told(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p50, p99 = (ordered[int((len(ordered) - 1) * share)] for share in (0.5, 0.99))
    say(f"  {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {ordered[-1]:.1f} ms ({len(times)})")


if __name__ == "__main__":
    main()
