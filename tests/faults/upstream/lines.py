"""The lines of `upstream_faults.jsonl`: what an upstream does, and what must follow."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Action = Literal["ok", "ok or per-item", "retry", "dlq", "pause", "refresh", "split", "block"]


class Expect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`wait` until the next attempt, in words; `followed` is false where a redirect is meant."""

    action: Action
    wait: str = ""
    followed: bool = True


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    group: Literal["status", "retry_after", "transport", "tls", "scenario"]
    upstream: str
    expect: Expect
    note: str = ""


LINES = msgspec.json.Decoder(Line).decode_lines(
    (Path(__file__).parent / "upstream_faults.jsonl").read_bytes()
)
