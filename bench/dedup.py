"""What recognising repeats costs for each million ids: disk, memory, look-ups, building runs."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.machine import describe, memory_mib, say
from headgate.disk import SystemDisk
from headgate.keep.merging import MOST_RUNS
from headgate.log.keys import Keys
from headgate.log.port import Verdict
from headgate.log.segments.appender import Limits
from headgate.log.segments.dedup import Seen
from headgate.log.segments.runs import IdRun, merged, rows_of, sound_run, write_run

MILLION = 1_000_000
OF_A_FRAME = 100
OF_A_REQUEST = 50
WARM, COLD = 100_000, 2_000
"""Look-ups that are timed."""

_disk = SystemDisk()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=1, help="ids in the window (default: 1)")
    millions = parser.parse_args().millions
    say(f"dedup: {describe()}, {millions} million ids")
    folder = Path(tempfile.mkdtemp(prefix="headgate-dedup-"))
    try:
        _measure(folder, millions)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path, millions: int) -> None:
    keys, count = Keys(os.urandom(16)), millions * MILLION
    say(f"  in the active segment: {_of_the_set(keys):,.0f} MiB of memory a million ids")
    paths = _built(folder, keys, count)
    paths = _merged(folder, paths)
    size = sum(path.stat().st_size for path in paths)
    say(f"  on disk: {size / millions / 1e6:,.1f} MB a million ids, in {len(paths)} runs")
    known = [keys.of(1, _name(random.randrange(count))) for _ in range(WARM)]  # noqa: S311
    strange = [keys.of(1, f"never-{number}") for number in range(WARM)]
    _cold(paths, known[:COLD], strange[:COLD])
    began = time.perf_counter()
    for path in paths:
        sound_run(_disk, path).close()
    spent = (time.perf_counter() - began) / millions
    say(f"  taken over at a start, every byte checked: {spent * 1000:,.0f} ms a million ids")
    _, runs = _opened(paths)
    filters = sum(run.header.filter_bytes for run in runs)
    mapped = _in_child(lambda: _touched(paths, strange))
    say(f"  in memory: {filters / millions / 1e6:,.1f} MB of filters a million ids,")
    say(f"    {mapped / millions:,.1f} MiB mapped after {WARM:,} look-ups of new ids: all of it is")
    say("    the kernel's to drop")
    _warm(paths, known, strange)


def _name(number: int) -> str:
    return f"6b1f3c1e-0000-4000-8000-{number:012d}"


def _frames(keys: Keys, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """(frame number, keys of a frame) for a segment's ids."""
    for number, at in enumerate(range(start, stop, OF_A_FRAME)):
        yield number, b"".join(keys.of(1, _name(each)) for each in range(at, at + OF_A_FRAME))


def _of_the_set(keys: Keys) -> float:
    """MiB for a million ids that are in no run yet."""

    def fill() -> float:
        seen, before = Seen(), memory_mib([os.getpid()])
        for _, frame in _frames(keys, 0, Limits().events):
            seen.remember(1, frame)
        return memory_mib([os.getpid()]) - before

    return _in_child(fill) * MILLION / Limits().events


def _in_child(measure: Callable[[], float]) -> float:
    """Measured in a process of its own, which starts without what earlier ones have left."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, f"{measure():.3f}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        figure = float(told.read())
    os.waitpid(child, 0)
    return figure


def _built(folder: Path, keys: Keys, count: int) -> list[Path]:
    """A run for each segment, as sealing writes it."""
    paths, spent, size = [], 0.0, Limits().events
    for start in range(0, count, size):
        frames = list(_frames(keys, start, min(start + size, count)))
        path, began = folder / f"{start:019d}.ids", time.perf_counter()
        rows = rows_of(frames)
        write_run(_disk, path, rows, len(rows), ((start, 0),))
        spent += time.perf_counter() - began
        paths.append(path)
    say(f"  build: {spent / count * MILLION:,.2f} s a million ids, {len(paths)} runs")
    return paths


def _merged(folder: Path, paths: list[Path]) -> list[Path]:
    """Neighbours are merged as `keep` does it; once more than it would, to have a figure."""
    spent = rows = 0.0
    while len(paths) > MOST_RUNS or not rows:
        pair, began = paths[:2], time.perf_counter()
        runs = [IdRun(_disk, path) for path in pair]
        path = folder / f"{paths[0].stem}+.ids"
        merge, count, segments = merged(runs)
        write_run(_disk, path, merge, count, segments)
        for run, old in zip(runs, pair, strict=True):
            run.close()
            old.unlink()
        spent, rows = spent + time.perf_counter() - began, rows + count
        paths = [*paths[2:], path]
    say(f"  merge: {spent / rows * MILLION:,.2f} s a million rows")
    return paths


def _opened(paths: Sequence[Path]) -> tuple[Seen, list[IdRun]]:
    seen, runs = Seen(), [IdRun(_disk, path) for path in paths]
    seen.cover(runs, (), 0)
    return seen, runs


def _touched(paths: Sequence[Path], strange: list[bytes]) -> float:
    """MiB of pages that look-ups of new ids have mapped."""
    before = memory_mib([os.getpid()])
    seen, _ = _opened(paths)
    for key in strange:
        seen._in_runs(key)  # noqa: SLF001 - without the set that `judge` would fill
    return memory_mib([os.getpid()]) - before


def _cold(paths: Sequence[Path], known: list[bytes], strange: list[bytes]) -> None:
    for name, keys, expected in (("new", strange, False), ("repeated", known, True)):
        for path in paths:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        _looked_up(f"cold, {name}", paths, keys, expected=expected)


def _warm(paths: Sequence[Path], known: list[bytes], strange: list[bytes]) -> None:
    for name, keys, expected in (("new", strange, False), ("repeated", known, True)):
        _looked_up(f"warm, {name}", paths, keys, expected=expected)
        _judged(name, paths, keys, Verdict.DUPLICATE if expected else Verdict.LIVE)


def _looked_up(name: str, paths: Sequence[Path], keys: list[bytes], *, expected: bool) -> None:
    seen, runs = _opened(paths)
    began = time.perf_counter()
    found = sum(seen._in_runs(key) for key in keys)  # noqa: SLF001
    spent = time.perf_counter() - began
    if found != expected * len(keys):
        sys.exit(f"{found} of {len(keys)} {name} ids were found")
    for run in runs:
        run.close()
    say(f"  look-ups, {name}: {len(keys) / spent:,.0f}/s, {spent / len(keys) * 1e6:,.1f} us each")


def _judged(name: str, paths: Sequence[Path], keys: list[bytes], expected: Verdict) -> None:
    """The appender's whole decision, a request at a time."""
    seen, runs = _opened(paths)
    requests = [b"".join(keys[at : at + OF_A_REQUEST]) for at in range(0, len(keys), OF_A_REQUEST)]
    began = time.perf_counter()
    verdicts = b"".join(seen.judge(1, request) for request in requests)
    spent = time.perf_counter() - began
    if verdicts.count(expected) != len(keys):
        sys.exit(
            f"{verdicts.count(expected)} of {len(keys)} {name} ids were judged {expected.name}"
        )
    for run in runs:
        run.close()
    say(f"  judged, {name}, {OF_A_REQUEST} a request: {len(keys) / spent:,.0f}/s")


if __name__ == "__main__":
    main()
