"""Durable collection of single and batched events, against nginx, uvicorn and bare decoding."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import NamedTuple

import msgspec

from bench.machine import cpu_seconds, describe, memory_mib, say, spread, verdict
from bench.rig import Asgi, Nginx, System, load, needed, track

ROUNDS = 5
SECONDS = 4
BATCH = 50
MANY = 1024
"""Sockets of the second kind of load; the first has 64."""
RAM = "/dev/shm"  # noqa: S108 - where a sync costs nothing: the price of the disk is the difference


class Server(NamedTuple):
    """Something that takes the requests: where, and which processes that costs."""

    name: str
    url: str
    pids: list[int]


class Round(NamedTuple):
    """Events a second, and in a second of processor time."""

    rate: float
    per_cpu: float
    p50: str
    p99: str

    def __str__(self) -> str:
        return (
            f"{self.rate:>9,.0f} events/s {self.per_cpu:>9,.0f} a CPU-second"
            f"   p50 {self.p50:>8} p99 {self.p99:>8}"
        )


SINGLE = json.dumps(track()).encode()
BATCHED = json.dumps({"batch": [track()] * BATCH}).encode()
_sent: dict[str, int] = {}


def single(server: Server, connections: int = 64) -> Round:
    return _round(server, "/v1/track", SINGLE, 1, connections)


def batched(server: Server, connections: int = 64) -> Round:
    return _round(server, "/v1/batch", BATCHED, BATCH, connections)


def _round(server: Server, path: str, body: bytes, events: int, connections: int) -> Round:
    before = cpu_seconds(server.pids)
    seen = load(server.url + path, body, seconds=SECONDS, connections=connections)
    if seen.failed:
        sys.exit(f"{server.name}: {seen.failed} of {seen.requests} requests failed")
    _sent[server.name] = _sent.get(server.name, 0) + seen.requests * events
    per_cpu = seen.requests * events / (cpu_seconds(server.pids) - before)
    return Round(seen.rate * events, per_cpu, seen.p50, seen.p99)


class _Envelope(msgspec.Struct):
    type: str | None = None
    messageId: str | None = None  # noqa: N815 - the names of the wire
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    event: str | None = None
    timestamp: str | None = None


class _Batch(msgspec.Struct):
    batch: list[msgspec.Raw]


def decode_rate() -> float:
    """The least that any collector must do with a batch: its events, six fields of each."""
    outer, inner = msgspec.json.Decoder(_Batch), msgspec.json.Decoder(_Envelope)
    rounds, begun = 0, time.process_time()
    while time.process_time() - begun < 1:
        for raw in outer.decode(BATCHED).batch:
            inner.decode(raw)
        rounds += 1
    return rounds * BATCH / (time.process_time() - begun)


def main() -> None:
    needed("nginx", "wrk")
    say(f"collect: {describe()}")
    say(f"event of {len(SINGLE)} bytes, batches of {BATCH}, rounds of {SECONDS} s")
    budgets()
    others()


def budgets() -> None:
    """The two ratios of architecture section 7: medians of interleaved rounds."""
    with Nginx() as nginx, System(enabled=False) as system:
        theirs, ours = Server("nginx", nginx.url, nginx.pids), _server("headgate", system)
        single(ours)
        singles, batches = [], []
        for _ in range(ROUNDS):
            singles.append((single(ours), single(theirs)))
            batches.append((batched(ours), decode_rate()))
            say(f"  nginx  single   {singles[-1][1]}")
            say(f"  single          {singles[-1][0]}")
            say(f"  batch           {batches[-1][0]}")
        say(f"memory of collect: {memory_mib(ours.pids):.0f} MiB")
        _check(ours, system)
    say(f"nginx  a CPU-second  {spread([nginx.per_cpu for _, nginx in singles])}")
    say(f"single a CPU-second  {spread([ours.per_cpu for ours, _ in singles])}")
    say(f"batch  a CPU-second  {spread([ours.per_cpu for ours, _ in batches])}")
    say(f"decode a CPU-second  {spread([rate for _, rate in batches])}")
    verdict(
        "track per CPU-second / nginx",
        statistics.median([ours.per_cpu / nginx.per_cpu for ours, nginx in singles]),
        0.35,
    )
    verdict(
        f"batches of {BATCH} per CPU-second / bare decode",
        statistics.median([ours.per_cpu / rate for ours, rate in batches]),
        0.25,
    )


def others() -> None:
    """One round each: more sockets, two processes, no disk, and uvicorn with the same intake."""
    with Nginx() as nginx:
        say(f"nginx, {MANY} sockets      {single(Server('nginx', nginx.url, nginx.pids), MANY)}")
    for what, folder in (("", None), (", RAM disk", RAM)):
        if folder is not None and not os.path.isdir(folder):  # noqa: PTH112 - a constant
            continue
        with Asgi(folder) as asgi:
            _table(f"uvicorn{what}", Server("uvicorn", asgi.url, asgi.pids))
        for processes in (1, 2):
            with System(enabled=False, processes=processes, folder=folder) as system:
                server = _server(f"headgate {processes}{what}", system)
                _table(f"{processes} process{'es' * (processes - 1)}{what}", server)
                _check(server, system)


def _table(name: str, server: Server) -> None:
    say(f"{name + ', single':28} {single(server)}")
    say(f"{name + ', batch':28} {batched(server)}")
    say(f"{name + f', {MANY} sockets':28} {single(server, MANY)}")
    say(f"{name + ', memory':28} {memory_mib(server.pids):>9,.0f} MiB")


def _server(name: str, system: System) -> Server:
    return Server(name, system.collect, system.pids["collect"])


def _check(server: Server, system: System) -> None:
    """Every acknowledged event is in the log; a request cut off at the end may be there, too."""
    kept = json.loads(system.command("log", "stat", "--json"))["events"]
    if not _sent[server.name] <= kept:
        sys.exit(f"{_sent[server.name]} events were acknowledged, but {kept} are in the log")
    say(f"{server.name}: acknowledged {_sent[server.name]:,}, in the log {kept:,}")


if __name__ == "__main__":
    main()
