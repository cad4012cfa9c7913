"""Makes every `headgate` below read answers of 8 MiB: what the measure of memory must catch.

Python imports a module of this name at its start, if its folder is in PYTHONPATH; of two only the
first, so this one trusts the authority of the tests, too.
"""

from __future__ import annotations

import os
from typing import Any

import certifi
import msgspec

from headgate.kit.http import Http, Limits

AUTHORITY = os.environ["TRUSTED_AUTHORITY"]
MOST = 8 << 20
USUAL = Limits()

made = Http.__init__


def where() -> str:
    return AUTHORITY


def make(http: Http, transport: Any, *, limits: Limits = USUAL, **more: Any) -> None:
    greedy = msgspec.structs.replace(limits, max_body=MOST, max_headers=MOST)
    made(http, transport, limits=greedy, **more)


certifi.where = where
Http.__init__ = make  # type: ignore[method-assign, assignment]  # the fault to be caught
