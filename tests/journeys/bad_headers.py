"""What clients do to the connection itself: heads, lengths, chunks and their timing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import msgspec

from tests.harness.sending import basic
from tests.harness.wire import Step
from tests.journeys.bad_bodies import repeated

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = Path(__file__).with_suffix(".jsonl")
EVENT = '{"type":"track","userId":"u1","event":"E"}'
"""Of 42 bytes, as the lengths in the file have it."""
HEAD = (
    "POST /v1/track HTTP/1.1\r\nHost: {host}\r\nAuthorization: {basic}\r\n"
    "Content-Type: application/json\r\n"
)
REQUEST = HEAD + "Content-Length: 42\r\n\r\n" + EVENT


class Deed(msgspec.Struct, frozen=True):
    """A step of a case; `parts` are as in `bad_bodies`, with names in braces for the rest."""

    do: Literal["send", "drip", "wait", "deaf", "half", "reset"]
    parts: list[tuple[str, int]] = []
    seconds: float = 0.0


class Abuse(msgspec.Struct, frozen=True):
    """One connection and its answers.

    `statuses` are (status, times) in their order, None for a client that does not listen to the
    end; `closes` says that the server hangs up, at the latest `within` so many seconds after the
    beginning; `accepted` counts events, `or_none` where it is the network that decides. `wanted`
    are first statuses that would also do, where ours is not the one it was collected with.
    """

    case: str
    group: str
    what: str
    steps: list[Deed]
    statuses: list[tuple[int, int]] | None
    accepted: int = 0
    or_none: bool = False
    closes: bool = True
    within: float = 15.0
    wanted: list[int] = []

    def script(self, url: str, key: str) -> list[Step]:
        """The steps with the bytes that go over the wire."""
        names = {"request": REQUEST, "head": HEAD, "event": EVENT}
        own = {"host": urlsplit(url).netloc, "basic": basic(key)}
        length = len(_filled(REQUEST, own))
        own |= {"length of request": str(length), "length of request in hex": f"{length:x}"}

        def filled(parts: Iterable[tuple[str, int]]) -> bytes:
            return repeated((_filled(_filled(text, names), own), times) for text, times in parts)

        return [Step(deed.do, filled(deed.parts), deed.seconds) for deed in self.steps]

    def expected(self) -> list[int]:
        """The statuses, one for each answer."""
        return [status for status, times in self.statuses or () for _ in range(times)]


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def abuses() -> list[Abuse]:
    return msgspec.json.Decoder(Abuse).decode_lines(FILE.read_bytes())
