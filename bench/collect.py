"""Durable collection of single and batched events, against nginx and against bare decoding."""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import NamedTuple

import msgspec

from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import Nginx, System, load, needed, track

ROUNDS = 5
SECONDS = 4
BATCH = 50


class Round(NamedTuple):
    rate: float
    per_cpu: float


def main() -> None:
    needed("nginx", "wrk")
    say(f"collect: {describe()}")
    single = json.dumps(track()).encode()
    batch = json.dumps({"batch": [track()] * BATCH}).encode()
    with Nginx() as nginx, System(enabled=False) as headgate:
        _round(headgate, "/v1/track", single, 1, 1)
        ours, theirs, batched, bare = [], [], [], []
        for _ in range(ROUNDS):
            theirs.append(_reference(nginx, single))
            ours.append(_round(headgate, "/v1/track", single, SECONDS, 1))
            batched.append(_round(headgate, "/v1/batch", batch, SECONDS, BATCH))
            bare.append(_decode_rate(batch))
        say(f"memory of collect: {memory_mib(headgate.pids['collect']):.0f} MiB")
        _check(headgate)
    say(f"event of {len(single)} bytes, batches of {BATCH}, {ROUNDS} rounds of {SECONDS} s")
    for name, rounds in (("nginx", theirs), ("track", ours), (f"batch of {BATCH}", batched)):
        say(f"{name:12} events/s {spread([each.rate for each in rounds])}")
        say(f"{name:12} events per CPU-second {spread([each.per_cpu for each in rounds])}")
    say(f"{'decode':12} events per CPU-second {spread(bare)}")
    verdict(
        "track per CPU-second / nginx",
        statistics.median([a.per_cpu / b.per_cpu for a, b in zip(ours, theirs, strict=True)]),
        0.35,
    )
    verdict(
        f"batches of {BATCH} per CPU-second / bare decode",
        statistics.median([a.per_cpu / b for a, b in zip(batched, bare, strict=True)]),
        0.25,
    )


def _reference(nginx: Nginx, body: bytes) -> Round:
    before = cpu_seconds(nginx.pids)
    seen = load(nginx.url + "/v1/track", body, seconds=SECONDS)
    return Round(seen.rate, seen.requests / (cpu_seconds(nginx.pids) - before))


_sent = {"events": 0}


def _round(headgate: System, path: str, body: bytes, seconds: int, events: int) -> Round:
    pids = headgate.pids["collect"]
    before = cpu_seconds(pids)
    seen = load(headgate.collect + path, body, seconds=seconds)
    if seen.failed:
        sys.exit(f"{seen.failed} of {seen.requests} requests failed")
    _sent["events"] += seen.requests * events
    per_cpu = seen.requests * events / (cpu_seconds(pids) - before)
    say(f"  {path}: {seen.rate * events:,.0f} events/s, p50 {seen.p50}, p99 {seen.p99}")
    return Round(seen.rate * events, per_cpu)


class _Envelope(msgspec.Struct):
    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names of the wire
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    event: str | None = None
    timestamp: str | None = None


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]


def _decode_rate(body: bytes) -> float:
    """The least that any collector must do with a batch: its events, six fields of each."""
    outer, inner = msgspec.json.Decoder(_Batch), msgspec.json.Decoder(_Envelope)
    rounds, begun = 0, time.process_time()
    while time.process_time() - begun < 1:
        for raw in outer.decode(body).batch:
            inner.decode(raw)
        rounds += 1
    return rounds * BATCH / (time.process_time() - begun)


def _check(headgate: System) -> None:
    """Every acknowledged event is in the log; a request cut off at the end may be there, too."""
    kept = json.loads(headgate.command("log", "stat", "--json"))["events"]
    if not _sent["events"] <= kept:
        sys.exit(f"{_sent['events']} events were acknowledged, but {kept} are in the log")
    say(f"acknowledged {_sent['events']:,}, in the log {kept:,}")


if __name__ == "__main__":
    main()
