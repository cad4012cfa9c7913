"""The other side of every connection: it answers as planned, and what was sent is on record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from headgate.kit import Request, Response
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headgate.kit.errors import TransportKind

HOST = "http://receiver.test"


class Owed(NamedTuple):
    """A delivery: one message owed to one subscription of a connection."""

    connection: int
    subscription: str
    message: str


class Answer(NamedTuple):
    """What comes back and when; no status is no answer at all."""

    status: int | None = 200
    seconds: float = 0.003
    retry_after: int | None = None
    kind: TransportKind = "timeout"
    """Of no answer at all."""


class Plan(Protocol):
    """Decides what the n-th request for a delivery meets, counted from 1."""

    def __call__(self, owed: Owed, nth: int) -> Answer: ...


def address(connection: int, subscription: str) -> str:
    return f"{HOST}/{connection}/{subscription}"


class Hall(Protocol):
    """Whoever keeps account of what arrives and of what is answered."""

    def arrived(self, owed: Sequence[Owed], key: str) -> Arrival:
        """`key` is that of the one delivery; a batch has none that outlives its process."""
        ...

    def answered(self, arrival: Arrival, answer: Answer) -> None: ...


class Arrival(NamedTuple):
    """A request: its number among all, and the how-manieth it is of each of its deliveries."""

    number: int
    connection: int
    nths: Sequence[int]


class Receiver:
    """`Transport` of the kit; a batch is answered as the worst that is planned for its parts."""

    def __init__(self, plan: Plan, hall: Hall) -> None:
        self._plan, self._hall = plan, hall

    async def send(self, request: Request) -> Response:
        _, connection, subscription = request.url.removeprefix(HOST).split("/")
        body = msgspec.json.decode(request.body)
        events = body if isinstance(body, list) else [body]
        owed = [Owed(int(connection), subscription, event["messageId"]) for event in events]
        key = "" if isinstance(body, list) else dict(request.headers)["Idempotency-Key"]
        arrival = self._hall.arrived(owed, key)
        answer = worst(self._plan(each, nth) for each, nth in zip(owed, arrival.nths, strict=True))
        await asyncio.sleep(answer.seconds)
        self._hall.answered(arrival, answer)
        if answer.status is None:
            raise TransportError("the receiver gave no answer", kind=answer.kind)
        after = answer.retry_after
        return Response(answer.status, () if after is None else (("Retry-After", str(after)),))


def worst(answers: Iterable[Answer]) -> Answer:
    """One for all: none at all, then the highest status."""
    return max(answers, key=lambda each: (each.status is None, each.status or 0))
