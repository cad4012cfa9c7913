"""Requests that are wrong, or only look so: what is sent, and what must come back."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tests.harness.sending import basic, request

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_suffix(".jsonl")
UNCOUNTED = frozenset({200, 401, 404, 405, 414, 431})
"""Statuses of answers that are no rejection of a source: what they refuse names none, or nothing
of it was read."""
_RUN = re.compile(r"\{(.)\*(\d+)\}")


class Case(msgspec.Struct, frozen=True):
    """One request and its answer.

    Texts may hold `{key}`, `{basic}` and `{basic, spaced}` for the write key and its forms, and
    `{x*9}` for nine x in headers and parts. `parts` are pieces of latin-1 text, each repeated,
    with `{n}` for the number of the repetition; `gzip` says how often the body is packed.
    `rejected` are (index, code) of events of a batch; `accepted` counts events that enter, copies
    too. `wanted` are the statuses that would also do, the one that the case was collected with
    first, where ours is not that; to what is `compatible`, a source with compatible answers says
    200, and counts it as the others do.
    """

    case: str
    group: str
    what: str
    status: int
    accepted: int
    method: str = "POST"
    path: str = "/v1/track"
    headers: tuple[tuple[str, str], ...] = (("Authorization", "{basic}"),)
    code: str | None = None
    body: str = ""
    body_base64: str | None = None
    parts: list[tuple[str, int]] = []
    gzip: int = 0
    query_fields: int = 0
    rejected: list[tuple[int, str]] = []
    wanted: list[int] = []
    compatible: bool = False

    def raw(self, key: str, *extra: tuple[str, str]) -> bytes:
        """The request as it is sent, with more headers if the sender has any."""
        spaced = "Basic " + base64.b64encode(f"{key} :".encode()).decode()

        def filled(text: str) -> str:
            filled = text.replace("{key}", key).replace("{basic}", basic(key))
            return filled.replace("{basic, spaced}", spaced)

        headers = [(name, filled(_run(value))) for name, value in self.headers]
        if "Content-Type" not in dict(headers):
            headers = [("Content-Type", "application/json"), *headers]
        query = "&".join(f"a={n}" for n in range(self.query_fields))
        target = filled(self.path) + (f"?{query}" if query else "")
        return request(self.method, target, [*headers, *extra], self.content(filled(self.body)))

    def content(self, body: str) -> bytes:
        """The body; `body` stands for what the case has as text."""
        raw = body.encode()
        if self.body_base64 is not None:
            raw = base64.b64decode(self.body_base64)
        if self.parts:
            raw = repeated(self.parts)
        for _ in range(self.gzip):
            raw = gzip.compress(raw, 6)
        return raw

    def counted(self) -> list[str]:
        """The codes under which the source has it: one without a source has only the metrics."""
        if self.rejected:
            return [code for _, code in self.rejected]
        return [] if self.status in UNCOUNTED else [self.code or ""]


def _run(text: str) -> str:
    return _RUN.sub(lambda found: found[1] * int(found[2]), text)


def repeated(parts: Iterable[tuple[str, int]]) -> bytes:
    """Pieces of latin-1 text, each so many times, one after the other."""
    return b"".join(_part(text, times) for text, times in parts)


def _part(text: str, times: int) -> bytes:
    if "{n}" in text:
        return "".join(text.replace("{n}", str(n)) for n in range(times)).encode("latin-1")
    return _run(text).encode("latin-1") * times


def cases(*groups: str) -> list[Case]:
    """The cases of some groups, or all."""
    every = msgspec.json.Decoder(Case).decode_lines(FILE.read_bytes())
    return [case for case in every if not groups or case.group in groups]
