"""Reliability T2: the appender, and `keep`, end at any system call that changes something."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.clock import SystemClock
from headgate.folder import DataFolder
from headgate.keep.run import keep_once
from headgate.log.port import Verdict
from tests.conftest import absent
from tests.faults.clients import Clients
from tests.faults.kept import check_kept, judged_again
from tests.faults.lone import Lone
from tests.faults.stored import verdicts
from tests.faults.traced import Call, NotAllowed, Strace, counted, ending
from tests.harness.fixtures import tell
from tests.harness.sending import send

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

HASTY = Path(__file__).with_name("hasty")
LOAD_SECONDS = 0.3
REACH_SECONDS = 3.0
PUBLISHING = "pwrite64"
"""The appender's call between a sync and the answer: killed there, its successor has most to do."""


@pytest.fixture
def strace(needs: Callable[[str, str], Path], tmp_path: Path) -> Strace:
    program = needs("strace", "apt-get install strace")
    with subprocess.Popen(["sleep", "60"]) as probe:
        try:
            with Strace(program, tmp_path).attached(probe.pid, None):
                pass
        except NotAllowed as refusal:
            absent(f"needs the right to trace processes (CAP_SYS_PTRACE, or root): {refusal}")
        finally:
            probe.kill()
    return Strace(program, tmp_path)


def drawn(calls: Sequence[Call], rng: Random, count: int) -> list[Call]:
    """Points among calls that were seen: each kind of call and place has the same chance."""
    kinds = sorted({(call.name, call.place) for call in calls})
    rng.shuffle(kinds)
    chosen = [kinds[at % len(kinds)] for at in range(count)]
    return [rng.choice([call for call in calls if call[::2] == kind]) for kind in chosen]


class Trials:
    """A collect process that is started, loaded and ended again and again; clients go on."""

    def __init__(self, lone: Lone, clients: Clients, strace: Strace) -> None:
        self.lone, self._clients, self._strace = lone, clients, strace

    def under_load(self, end: Call | None) -> list[str]:
        """Start, attach, load, until it has ended there; what strace saw."""
        self._clients.is_silent = True
        self.lone.start()
        self.lone.await_ready()
        with self._strace.attached(self.lone.pid, end):
            self._clients.is_silent = False
            self._wait(LOAD_SECONDS if end is None else REACH_SECONDS)
            return self._strace.lines()

    def in_recovery(self, end: Call | None) -> list[str]:
        """Start what was killed, and let it end on its way; what strace saw."""
        self._clients.is_silent = True
        self.lone.start(*self._strace.command(end))
        if end is None:
            self.lone.await_ready()
            self.lone.end(signal.SIGTERM)
        self._wait(REACH_SECONDS)
        return self._strace.lines()

    def _wait(self, seconds: float) -> None:
        if not self.lone.has_died(seconds):
            self.lone.end()

    def judge(self) -> None:
        """At this moment, whatever the process was at: the log has all that was acknowledged."""
        check_kept(verdicts(self.lone.data), self._clients.acknowledged, self._clients.sent)


def ends(lines: list[str], end: Call) -> str:
    """Where it was killed, for people to read."""
    reached = ending(lines, end)
    return str(reached) if reached is not None else f"{end} never came"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("points", [7, pytest.param(30, marks=pytest.mark.full)])
def test_an_appender_that_ends_at_any_call_loses_nothing(
    points: int, strace: Strace, tmp_path: Path, rng: Random
) -> None:
    """Two points a round: one under load, then one in the recovery from an end at publishing."""
    told = []
    with Lone(tmp_path / "lone") as lone, Clients(lone.url, count=4, pause=0.005) as clients:
        trials, data = Trials(lone, clients, strace), lone.data
        loads = counted(trials.under_load(None), data)
        publishing = [call for call in loads if call.name == PUBLISHING]
        trials.under_load(rng.choice(publishing))
        starts = counted(trials.in_recovery(None), data)
        for load, start in zip(drawn(loads, rng, points), drawn(starts, rng, points), strict=True):
            told.append(ends(trials.under_load(load), load))
            trials.judge()
            trials.under_load(rng.choice(publishing))
            told.append(ends(trials.in_recovery(start), start))
            trials.judge()
        checked_at_rest(lone, clients)
    never = sum("never came" in each for each in told)
    tell(
        f"{2 * points} points, {len(clients.acknowledged)} acknowledged, 0 lost: {'; '.join(told)}"
    )
    assert never <= points / 2, "most of them must have been killed where they should"


def checked_at_rest(lone: Lone, clients: Clients) -> None:
    """It starts as if nothing had been; all that was sent is live once, repeats are none."""
    lone.start()
    lone.await_ready()
    clients.is_silent = False
    clients.finish()
    send(lone.url, sorted(clients.acknowledged))
    lone.end(signal.SIGTERM)
    found = verdicts(lone.data)
    check_kept(found, clients.acknowledged, clients.sent)
    assert all(each[-1] == Verdict.DUPLICATE for each in found.values())
    stat = lone.headgate.log_stat()
    copies = sum(map(len, found.values()))
    assert (stat.events, stat.duplicates) == (len(clients.sent), copies - len(clients.sent))
    assert stat.quarantined_frames == 0


@pytest.mark.timeout(900)
@pytest.mark.parametrize("points", [6, pytest.param(40, marks=pytest.mark.full)])
def test_keeping_that_ends_at_any_call_changes_no_answer(
    points: int, strace: Strace, tmp_path: Path, rng: Random
) -> None:
    """`keep` seals and merges a log of many short segments, one for each start of its appender."""
    with Lone(tmp_path / "lone") as lone:
        ids = lives_of(lone, 4)
    told, before = [], verdicts(lone.data)
    calls = counted(keep_ended(strace, lone, tmp_path / "whole", None), tmp_path / "whole")
    for number, end in enumerate(drawn(calls, rng, points)):
        copy = tmp_path / str(number)
        lines = keep_ended(strace, lone, copy, end)
        told.append(ends(lines, end))
        for again in range(2):
            assert verdicts(copy) == before
            assert set(judged_again(copy, before)) == {Verdict.DUPLICATE}
            kept = keep_once(DataFolder(copy).log, SystemClock(), {})
            assert kept.runs > 0
            assert not (again and kept.sealed), "the next run of keep finishes what was begun"
    tell(f"{points} points, {len(ids)} ids, every repeat found: {'; '.join(told)}")
    assert sum("never came" in each for each in told) <= points / 2


def lives_of(lone: Lone, count: int) -> list[str]:
    """So many lives of an appender, each with some events of its own and some of the last one."""
    ids: list[str] = []
    for life in range(count):
        lone.start()
        ids += send(lone.url, [*ids[-5:], *(f"{life}-{n}" for n in range(20))], size=5)[-20:]
        lone.end(signal.SIGTERM if life % 2 else signal.SIGKILL)
    return ids


def keep_ended(strace: Strace, lone: Lone, copy: Path, end: Call | None) -> list[str]:
    """Let `keep` work on a copy of the data folder until it ends there; what strace saw."""
    ignored = shutil.ignore_patterns("*.sock")
    shutil.copytree(lone.data, copy, ignore=ignored)
    words = [sys.executable, "-m", "headgate", "keep", "--data", str(copy)]
    done = subprocess.run(
        [*strace.command(end), *words], env=lone.headgate.environ, timeout=60, check=False
    )
    assert done.returncode in {0, -signal.SIGKILL}
    assert end is not None or done.returncode == 0
    return strace.lines()


@pytest.mark.timeout(300)
def test_an_appender_that_answers_before_it_writes_is_caught(
    strace: Strace, tmp_path: Path, rng: Random
) -> None:
    environ = {"PYTHONPATH": str(HASTY)}
    with Lone(tmp_path / "hasty", environ) as lone, Clients(lone.url, pause=0.002) as clients:
        trials = Trials(lone, clients, strace)
        calls = counted(trials.under_load(None), lone.data)
        writes = [call for call in calls if call.name == "fdatasync" and call.nth > 1]
        told = [ends(trials.under_load(end), end) for end in rng.sample(writes, 3)]
        clients.is_silent = True
        time.sleep(0.05)
        lost = clients.acknowledged - {message_id for _, message_id in verdicts(lone.data)}
        with pytest.raises(AssertionError, match="acknowledged messages are not in the log"):
            trials.judge()
    tell(f"{len(clients.acknowledged)} acknowledged, {len(lost)} lost: {'; '.join(told)}")
