from __future__ import annotations

import time
from operator import attrgetter
from typing import TYPE_CHECKING

import pytest

from tests.faults.answered import check_accepted, check_kept, check_refusals, told
from tests.faults.bad_disk import hanging
from tests.faults.offered import Load, Offering
from tests.faults.watched import Memory
from tests.harness.declarations import declaration
from tests.harness.fixtures import judged, tell
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.bad_disk import BadDisk

pytestmark = pytest.mark.alone

SEGMENTS = ".seg"
HANG_SECONDS = 5.0
RATE = 100
PATIENCE_SECONDS = 8.0
"""What the least patient client waits for an answer (wire checklist 10)."""
LAG_SECONDS = 2.0
"""After so long the disk counts as behind."""
MOST_MEMORY = 64
"""MiB."""


@pytest.mark.parametrize(
    ("syncs", "seconds"), [(1, 9), pytest.param(0, 40, marks=pytest.mark.full)]
)
def test_while_the_disk_hangs_requests_are_refused_instead_of_waiting(
    bad_disk: BadDisk, tmp_path: Path, syncs: int, seconds: int
) -> None:
    """One sync hangs, or each one until the last 4 seconds; none takes longer than usual before.

    Who comes when the first has just begun to hang may wait for the next one, too.
    """
    environ = bad_disk.environment
    with Offering(1) as offering, judged(Headgate(tmp_path, environ=environ)) as headgate:
        headgate.apply(declaration())
        load = Load(headgate.ready.collect, RATE, seconds, sockets=10 * RATE)
        [before] = offering(load._replace(seconds=2))
        with Memory(headgate) as memory:
            offer = offering.start(load)
            time.sleep(1)
            with bad_disk.failing(hanging(SEGMENTS, HANG_SECONDS)._replace(most=syncs)):
                time.sleep(seconds - 4)
            offered = offer.result()
        waited = sorted(
            (each for each in offered.of(200) if each.seconds > 1), key=attrgetter("due")
        )
        warned = [each for each in waited if each.due > waited[0].due + LAG_SECONDS + 1]
        check_accepted(before)
        assert all(each.seconds <= 1 for each in before.replies)
        check_refusals(offered, 503, "unavailable")
        assert max(each.seconds for each in offered.of(503)) <= 1
        assert len(offered.of(503)) >= RATE
        hangs = max(1, bad_disk.failed)
        assert len(waited) <= hangs * (LAG_SECONDS + 1) * RATE
        assert max(each.seconds for each in waited) <= 2 * HANG_SECONDS + 1
        assert all(each.seconds <= PATIENCE_SECONDS for each in warned)
        assert {each.status for each in offered.replies if each.due >= seconds - 1} == {200}
        assert memory.grown <= MOST_MEMORY
        kept = check_kept(headgate, [before, offered])
    tell(f"{hangs} syncs hung, {len(waited)} waited: {told(offered)}; {kept} kept")
