"""The other side of every connection: it answers as planned, and what was sent is on record."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

import msgspec

from headgate.kit import Request, Response
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

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


class Plan(Protocol):
    """Decides what the n-th request for a delivery meets, counted from 1."""

    def __call__(self, owed: Owed, nth: int) -> Answer: ...


def address(connection: int, subscription: str) -> str:
    return f"{HOST}/{connection}/{subscription}"


class Receiver:
    """`Transport` of the kit; `sent` is told of each request and says the how-manieth it is."""

    def __init__(self, plan: Plan, sent: Callable[[Owed, str], int]) -> None:
        self._plan, self._sent = plan, sent

    async def send(self, request: Request) -> Response:
        _, connection, subscription = request.url.removeprefix(HOST).split("/")
        message = msgspec.json.decode(request.body)["messageId"]
        owed = Owed(int(connection), subscription, message)
        key = dict(request.headers)["Idempotency-Key"]
        answer = self._plan(owed, self._sent(owed, key))
        await asyncio.sleep(answer.seconds)
        if answer.status is None:
            raise TransportError("the receiver did not answer in time", kind="timeout")
        after = answer.retry_after
        return Response(answer.status, () if after is None else (("Retry-After", str(after)),))
