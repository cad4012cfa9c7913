"""What real clients of today and of years ago put on the wire, sent again byte for byte."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tests.harness.sending import exchange

if TYPE_CHECKING:
    from tests.journeys.hooks import Hooks

RECORDS = Path(__file__).parent / "records"
KEY = "wk_recorded0000000000000000000000"
"""Stands in the records where the client's write key stood."""


class Record(msgspec.Struct, frozen=True):
    """One request: its headers in order, its body as text or, if it is packed, in base64."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str = ""
    body_base64: str | None = None

    @property
    def wire_body(self) -> bytes:
        packed = self.body_base64
        return self.body.encode() if packed is None else base64.b64decode(packed)

    def raw(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.wire_body

    def batch(self) -> dict[str, Any]:
        body = self.wire_body
        plain = body if self.body_base64 is None else gzip.decompress(body)
        return msgspec.json.decode(plain, type=dict[str, Any])


def records() -> list[tuple[str, Record]]:
    """Each request with the name of the client that made it."""
    lines = msgspec.json.Decoder(Record).decode_lines
    paths = sorted(RECORDS.glob("*.jsonl"))
    return [(path.stem, record) for path in paths for record in lines(path.read_bytes())]


def test_recorded_requests_are_taken_as_they_are(hooks: Hooks) -> None:
    """Twice: a lost answer makes every client send the same once more."""
    hook = hooks.new(KEY)
    made: dict[str, Any] = {}
    for client, record in [*records(), *records()]:
        answer = exchange(hook.url, record.raw())
        assert answer.status == 200, (client, answer)
        assert answer.headers["content-type"] == "application/json", client
        assert answer.body == b'{"success": true}', client
        made |= {item["messageId"]: item for item in record.batch()["batch"]}
    assert len(made) > 30
    assert hook.judge(made).duplicates == len(made)
