"""What the tests of keep share: a log on a simulated disk, and a manifest by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headgate.keep.run import Kept, keep_once
from headgate.log.segments.manifest import Manifest, Sealed
from tests.contracts.event_logs import SegmentBench
from tests.simulation.disk import SimDisk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headgate.keep.retention import Policy

HOUR = 3_600_000
DAY = 24 * HOUR


def simulated() -> tuple[SegmentBench, SimDisk]:
    disk = SimDisk()
    return SegmentBench(disk, Path("/log")), disk


def keep(
    bench: SegmentBench, policy: Policy | None = None, acknowledged: Mapping[str, int] | None = None
) -> Kept:
    return keep_once(bench.folder, bench.clock, acknowledged or {}, policy, disk=bench.disk)


def sealed(
    first: int, appended: int, *, length: int = 100, received: int | None = None, kept: bool = True
) -> Sealed:
    """A segment of ten positions from `first`."""
    times = appended, appended, received or appended, received or appended
    return Sealed(first, first + 10, length, 1, 10, 0, 0, *times, {}, kept)


def manifest(*segments: Sealed) -> Manifest:
    return Manifest(segments=segments)
