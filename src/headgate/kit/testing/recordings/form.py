"""What a recording says: what was given, and the exchanges that it must cause."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import msgspec

from headgate.kit.errors import TransportError, TransportKind
from headgate.kit.http.request import Response
from headgate.mapping.javascript import stringify

Ending: TypeAlias = Literal["delivered", "retry", "discard", "disconnect"]
"""How an event ended, in the words of the engine."""

STAND_IN = "redacted"
"""What stands in a recording for a secret."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Body(_Part, frozen=True, kw_only=True):
    """A body in one form at most; `lines` is JSON, one value a line, and `base64` are bytes."""

    json: Any = msgspec.UNSET
    lines: list[Any] | msgspec.UnsetType = msgspec.UNSET
    form: dict[str, str | list[str]] | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    base64: str | msgspec.UnsetType = msgspec.UNSET

    def bytes(self) -> bytes:
        """What goes over the wire."""
        if self.json is not msgspec.UNSET:
            encoded: bytes = stringify(self.json)
            return encoded
        if isinstance(self.lines, list):
            return b"\n".join(stringify(line) for line in self.lines)
        if isinstance(self.form, dict):
            return urlencode(self.form, doseq=True).encode()
        if isinstance(self.text, str):
            return self.text.encode()
        return base64.b64decode(self.base64) if isinstance(self.base64, str) else b""


class RecordedRequest(Body, frozen=True, kw_only=True):
    """`headers` are those that must be there with these values; there may be others."""

    method: str
    url: str
    headers: dict[str, str] = {}


class RecordedResponse(Body, frozen=True, kw_only=True):
    status: int
    headers: dict[str, str] = {}

    def answer(self) -> Response:
        headers = self.headers
        if self.json is not msgspec.UNSET:
            headers = {"Content-Type": "application/json", **headers}
        return Response(self.status, tuple(headers.items()), self.bytes())


class RecordedExchange(_Part, frozen=True, kw_only=True):
    """A request, and its response or the reason why there is none."""

    request: RecordedRequest
    response: RecordedResponse | None = None
    no_answer: TransportKind | None = None

    def __post_init__(self) -> None:
        if (self.response is None) == (self.no_answer is None):
            raise ValueError("an exchange needs a response or no_answer, and not both")

    def answer(self) -> Response | TransportError:
        if self.response is not None:
            return self.response.answer()
        return TransportError("As recorded.", kind=self.no_answer or "timeout")


class RecordedDelivery(_Part, frozen=True, kw_only=True):
    """What the engine decides of an attempt: its key, and its time."""

    idempotency_key: str = "recording-1"
    at: str = "2026-01-02T03:04:05Z"

    def seconds(self) -> float:
        return datetime.fromisoformat(self.at).timestamp()


class Person(_Part, frozen=True, kw_only=True, rename="camel"):
    """Whom to forget."""

    user_id: str = ""
    anonymous_id: str = ""


class Recording(_Part, frozen=True, kw_only=True):
    """One of `event`, `events` (a batch), `forget` and `check`, and what it must cause.

    `mapping` completes the suggested one. `result` is how it must end; `results` the same for
    each event of a batch. `name` is that of the file, and says the action: `send-signed`.
    """

    name: str = ""
    action: str = ""
    delivery: RecordedDelivery = RecordedDelivery()
    settings: dict[str, Any] = {}
    mapping: dict[str, Any] = {}
    event: dict[str, Any] | None = None
    events: list[dict[str, Any]] | None = None
    forget: Person | None = None
    check: bool = False
    exchanges: list[RecordedExchange] = []
    result: Ending = "delivered"
    results: list[Ending] | None = None

    def __post_init__(self) -> None:
        given = (self.event is not None, self.events is not None, self.forget is not None)
        if sum((*given, self.check)) != 1:
            raise ValueError("a recording needs one of event, events, forget and check: true")
        if self.results is not None and len(self.results) != len(self.events or ()):
            raise ValueError("results must name the end of each of the events")
        datetime.fromisoformat(self.delivery.at)

    def given_events(self) -> list[dict[str, Any]]:
        if self.events is not None:
            return self.events
        return [] if self.event is None else [self.event]

    def endings(self) -> tuple[Ending, ...]:
        """How each event must end; one ending for a person or a check."""
        return tuple(self.results or [self.result] * max(1, len(self.given_events())))

    def answers(self) -> list[Response | TransportError]:
        return [exchange.answer() for exchange in self.exchanges]
