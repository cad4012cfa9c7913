"""Mapping, trigger and both between decoding and encoding, against the original npm packages."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.machine import describe, say, spread, verdict
from bench.mapped import EVENTS, MAPPINGS, TRIGGER, orders
from headgate import mapping, trigger
from tests.conformance.oracle import Oracle
from tests.harness import node
from tests.harness.node import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
SECONDS = 0.5
"""CPU of one measurement; the events are gone through until it is spent."""


def main() -> None:
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # Node inherits it: both have the same core, in turns
    say(f"mapping: {describe()}, all on core {core}")
    lines = [msgspec.json.encode(order) for order in orders()]
    with _started() as originals:
        originals.ask(lines=[line.decode() for line in lines], trigger=TRIGGER)
        say(f"Node.js {_version()}, {EVENTS:,} events, {ROUNDS} rounds")
        measures = _measures(lines)
        for size in MAPPINGS:
            _check(originals, lines, size)
        _round(originals, measures, defaultdict(list))  # warms both up
        rates: dict[str, list[float]] = defaultdict(list)
        for _ in range(ROUNDS):
            _round(originals, measures, rates)
    _report(rates)


def _started() -> Oracle:
    try:
        return Oracle(Path(__file__).with_suffix(".mjs"))
    except Unavailable as unavailable:
        sys.exit(f"this benchmark cannot compare: {unavailable}")


def _version() -> str:
    command = ["node", "--version"]
    return subprocess.check_output(command, env=node.environ(), text=True).strip()


def _measures(lines: list[bytes]) -> dict[str, Callable[[], None]]:
    """What Headgate is measured at; each goes through all events once."""
    decode, encode = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode
    events, matches = [decode(line) for line in lines], _matches()
    measures = {"trigger": _each(matches, events)}
    for size in MAPPINGS:
        mapper = _mapper(size)
        measures[f"mapping {size}"] = _each(mapper, events)
        measures[f"pipe {size}"] = _pipe(lines, decode, matches, mapper, encode)
    return measures


def _each(run: Callable[[Any], Any], events: list[Any]) -> Callable[[], None]:
    def measured() -> None:
        for event in events:
            run(event)

    return measured


def _pipe(
    lines: list[bytes],
    decode: Callable[[bytes], Any],
    matches: Callable[[Any], bool],
    mapper: Callable[[Any], Any],
    encode: Callable[[Any], bytes],
) -> Callable[[], None]:
    def measured() -> None:
        for line in lines:
            event = decode(line)
            if matches(event):
                encode(mapper(event))

    return measured


def _matches() -> Callable[[Any], bool]:
    return trigger.compile(TRIGGER, "compatible").matches


def _mapper(size: int) -> Callable[[Any], Any]:
    return mapping.compile(MAPPINGS[size], "compatible")


ORIGINALS = {
    "validate": None,
    **{
        f"{measure} {size}": size
        for size in MAPPINGS
        for measure in ("transform", "transformBatch", "pipe")
    },
}
"""Measurements of Node.js, by name and size of the mapping."""


def _round(
    originals: Oracle, measures: dict[str, Callable[[], None]], rates: dict[str, list[float]]
) -> None:
    """One measurement of everything, in turns; `rates` takes events per second of CPU."""
    for name, measured in measures.items():
        rates[f"headgate {name}"].append(_rate(measured))
    for name, size in ORIGINALS.items():
        measure, stored = name.partition(" ")[0], MAPPINGS[size] if size else None
        rate = originals.ask(measure=measure, mapping=stored, seconds=SECONDS)
        rates[f"node {name}"].append(rate)


def _rate(measured: Callable[[], None]) -> float:
    begun, rounds = time.process_time(), 0
    while (spent := time.process_time() - begun) < SECONDS:
        measured()
        rounds += 1
    return rounds * EVENTS / spent


def _check(originals: Oracle, lines: list[bytes], size: int) -> None:
    """Every event has the same outcome in both before anything is measured."""
    mapper, matches = _mapper(size), _matches()
    theirs = originals.ask(outputs=MAPPINGS[size])
    events = [msgspec.json.decode(line) for line in lines]
    ours = [mapper(event) if matches(event) else None for event in events]
    for event, mine, other in zip(
        events, json.loads(msgspec.json.encode(ours)), theirs, strict=True
    ):
        if mine != other:
            sys.exit(f"{event} becomes {mine}, and in Node.js {other}")
    matched = sum(each is not None for each in ours)
    say(f"{size} fields: all outputs are equal, {matched:,} events match the trigger")


def _report(rates: dict[str, list[float]]) -> None:
    for name, values in rates.items():
        say(f"{name:24} events per CPU-second {spread(values)}")
    say(f"trigger / Node's validate: {_ratio(rates, 'trigger', 'validate'):.2f}")
    for size in MAPPINGS:
        _compare(rates, f"mapping {size}", f"transform {size}", 3.0)
        _compare(rates, f"mapping {size}", f"transformBatch {size}", 2.0)
        _compare(rates, f"pipe {size}", f"pipe {size}", 3.0)


def _compare(rates: dict[str, list[float]], ours: str, theirs: str, goal: float) -> None:
    verdict(f"{ours} / Node's {theirs}", _ratio(rates, ours, theirs), goal)


def _ratio(rates: dict[str, list[float]], ours: str, theirs: str) -> float:
    pairs = zip(rates[f"headgate {ours}"], rates[f"node {theirs}"], strict=True)
    return statistics.median([mine / other for mine, other in pairs])


if __name__ == "__main__":
    main()
