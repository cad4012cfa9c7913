"""Repeats of (source, messageId) over processes, sockets, restarts and seals (reliability R10)."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from headgate.clock import SystemClock
from headgate.disk import SystemDisk
from headgate.keep.merging import MOST_RUNS
from headgate.log.encode import event_batch
from headgate.log.port import Verdict
from headgate.log.segments.appender import Limits
from headgate.log.segments.manifest import load_manifest
from headgate.log.writer_thread import WriterThread
from headgate.services.parts import open_log
from tests.contracts.event_logs import record
from tests.faults.kept import check_live_once
from tests.faults.lone import Lone
from tests.faults.mortal import Mortal
from tests.faults.stored import verdicts
from tests.faults.storm import Part, storm
from tests.harness.declarations import KEY, declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.sending import fresh, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

FORGETFUL = Path(__file__).with_name("forgetful")
KEYS = {"website": KEY, "app": "wk_app"}
SOCKETS = 12
MOST_STORMS = 30
FAULTS = ("collect", "collect-1", "both", "restart")
PLAN = ("calm", "keep", "collect", "calm", "restart", "keep", "collect-1", "both", "calm")
"""Each fault once, and between them counts that must be exact."""


class Storms:
    """Two sources, two processes, and everything that was ever acknowledged."""

    def __init__(self, headgate: Mortal, rng: Random) -> None:
        self._headgate, self._rng = headgate, rng
        self._old: dict[str, list[str]] = {slug: [] for slug in KEYS}
        self.kept: set[tuple[str, str]] = set()
        self.low = self.high = 0
        """Copies that the log must hold, and those that it may hold at most."""

    def known(self, slug: str, message_ids: list[str]) -> None:
        """These were appended, a copy of each, in another way."""
        self._old[slug] += message_ids
        self.kept.update((slug, each) for each in message_ids)
        self.low, self.high = self.low + len(message_ids), self.high + len(message_ids)

    def _parts(self) -> list[Part]:
        """Batches of old and new ids, the new ones for both sources."""
        new = fresh(30)
        parts = []
        for at in range(0, len(new), 10):
            for slug, key in KEYS.items():
                old = self._rng.sample(self._old[slug], min(20, len(self._old[slug])))
                mixed = [*new[at : at + 10], *old, *new[at : at + 2]]
                self._rng.shuffle(mixed)
                parts.append(Part(key, tuple(mixed)))
        for slug in KEYS:
            self._old[slug] += new
            self.kept.update((slug, each) for each in new)
        return parts

    async def during(self, trouble: Callable[[], object]) -> None:
        """Send while something happens to the system."""
        url = self._headgate.ready.collect
        sending = asyncio.create_task(storm(url, self._parts(), SOCKETS))
        await asyncio.sleep(self._rng.uniform(0, 0.1))
        await asyncio.to_thread(trouble)
        sent = await sending
        self.low += sent.acknowledged
        self.high += sent.acknowledged + sent.unsure

    def check(self) -> int:
        """One live copy of each message, all others duplicates, and counts that say so."""
        stat = self._headgate.log_stat()
        assert stat.events == len(self.kept)
        assert self.low <= stat.events + stat.duplicates <= self.high
        self.low = self.high = stat.events + stat.duplicates
        return stat.duplicates

    def check_all(self) -> None:
        """The same, from every single event."""
        found: dict[tuple[str, str], list[Verdict]] = {}
        for line in self._headgate.log_cat(everything=True):
            assert line.source is not None
            assert line.messageId is not None
            said = found.setdefault((line.source, line.messageId), [])
            said.append(Verdict[line.verdict.upper()])
        check_live_once(found)
        assert found.keys() == self.kept
        assert sum(map(len, found.values())) == self.low == self.high


@pytest.fixture
def headgate(tmp_path: Path) -> Iterator[Mortal]:
    headgate = Mortal(tmp_path / "headgate", options=["--collect-processes=2"])
    headgate.apply(declaration(sources=[source(slug, key) for slug, key in KEYS.items()]))
    with judged(headgate):
        yield headgate


def trouble_of(headgate: Mortal, name: str) -> Callable[[], object]:
    def restart() -> None:
        headgate.stop()
        headgate.start()

    def struck() -> None:
        headgate.strike(*(("collect", "collect-1") if name == "both" else (name,)))()

    troubles: dict[str, Callable[[], object]] = {
        "calm": lambda: None,
        "keep": lambda: headgate.run("keep"),
        "restart": restart,
    }
    return troubles.get(name, struck)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rounds", [0, pytest.param(60, marks=pytest.mark.full)])
async def test_each_message_is_live_once_whatever_happens(
    rounds: int, headgate: Mortal, rng: Random
) -> None:
    storms, told = Storms(headgate, rng), []
    await storms.during(lambda: None)
    headgate.stop()
    storms.known("website", await many_segments(headgate))
    headgate.run("keep")
    assert runs_of(headgate) == MOST_RUNS
    headgate.start()
    for name in [*PLAN, *rng.choices((*PLAN, *FAULTS), k=rounds)]:
        await storms.during(trouble_of(headgate, name))
        told.append(f"{name} {storms.check()}")
    shares = await both_asked(headgate, storms)
    storms.check_all()
    tell(
        f"{len(told)} rounds over {SOCKETS} sockets, {len(storms.kept)} messages live once,"
        f" {storms.low - len(storms.kept)} duplicates, 0 wrong; requests of each process {shares};"
        f" duplicates after each round: {', '.join(told)}"
    )


async def many_segments(headgate: Mortal) -> list[str]:
    """Fill short segments for the first source; the ids that are in them."""
    log, thread, ids = open_log(headgate.data_folder), WriterThread(), fresh(300, "sealed")
    number = min(number for number, _ in await asyncio.to_thread(verdicts, headgate.data))
    log.own(SystemClock(), thread, Limits(events=15))
    keys, now = log.keys(), SystemClock().now_ms()
    for at in range(0, len(ids), 15):
        records = [record(number, each, received_at=now) for each in ids[at : at + 15]]
        joined = b"".join(keys.of(number, each.message_id) for each in records)
        await log.append(0, event_batch(records, joined))
    await log.close()
    thread.close()
    return ids


def runs_of(headgate: Mortal) -> int:
    return len(load_manifest(SystemDisk(), headgate.data_folder.log).runs)


async def both_asked(headgate: Mortal, storms: Storms) -> list[float]:
    """The requests of each process since it started, once each of them had some."""
    names = [f'headgate_collect_requests_total{{index="{index}"}}' for index in range(2)]
    for _ in range(MOST_STORMS):
        metrics = await asyncio.to_thread(headgate.metrics)
        shares = [metrics.get(name, 0.0) for name in names]
        if min(shares) > 0:
            return shares
        await storms.during(lambda: None)
        storms.check()
        await asyncio.sleep(1)  # what a process counts is told every few seconds
    raise AssertionError(f"only one process is ever asked, this shows nothing: {shares}")


def test_an_appender_that_forgets_what_is_sealed_is_caught(tmp_path: Path) -> None:
    ids, environ = fresh(20), {"PYTHONPATH": str(FORGETFUL)}
    with Lone(tmp_path / "headgate", environ) as lone:
        for life in (ids, fresh(1), ids):
            lone.start()
            send(lone.url, life)
            lone.end(signal.SIGTERM)
            lone.headgate.run("keep")
        with pytest.raises(AssertionError, match="20 messages are not live exactly once"):
            check_live_once(verdicts(lone.data))
