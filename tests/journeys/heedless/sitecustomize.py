"""Makes every `headgate` below keep each copy as if it were the first: repeats must be noticed.

Python imports a module of this name at its start, if its folder is in PYTHONPATH.
"""

from __future__ import annotations

from headgate.log.keys import SIZE
from headgate.log.port import Verdict
from headgate.log.segments.dedup import Seen


def judge_nothing(_: Seen, segment: int, keys: bytes) -> bytes:
    """As if nobody had ever sent anything twice."""
    return bytes([Verdict.LIVE]) * (len(keys) // SIZE) if segment >= 0 else b""


Seen.judge = judge_nothing  # type: ignore[assignment, method-assign]  # the fault to be caught
