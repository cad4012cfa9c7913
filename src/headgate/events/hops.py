"""How often an event went out of a Headgate and came in again, so that no circle goes on for ever.

What Headgate sends says so in a header, one more than the request that brought the event said.
Collection keeps that number beside the event and refuses more than `MOST` (reliability section 4,
row 30).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

HEADER: Final = "Headgate-Hops"
MOST: Final = 3
"""Times that an event may go from one Headgate to another, or to itself."""
_COUNT = re.compile(rb"[0-9]{1,4}")
_NAME = b'"hops":'


class _Kept(msgspec.Struct, frozen=True, gc=False):
    hops: int = 0


_decode = msgspec.json.Decoder(_Kept).decode


def read_hops(header: bytes) -> int:
    """What a request says; 0 without the header, and too many when it cannot be read."""
    if not header:
        return 0
    return int(header) if _COUNT.fullmatch(header) else MOST + 1


def with_hops(defaults: bytes | None, hops: int) -> bytes | None:
    """Note the hops of a request in what is kept for all its events, which is a JSON object."""
    if not hops:
        return defaults
    noted = b"{" + _NAME + b"%d" % hops
    return noted + (b"," + defaults[1:] if defaults else b"}")


def hops_in(defaults: bytes | None) -> int:
    """The hops of an event, from what was kept for it."""
    return _decode(defaults).hops if defaults and defaults.startswith(_NAME, 1) else 0
