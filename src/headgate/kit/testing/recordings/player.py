"""What stands in for the world when a recording is replayed: a transport and tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from headgate.kit.destination import Client, Tokens
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response
from headgate.kit.oauth import Refresher

if TYPE_CHECKING:
    from typing import Any

    from headgate.kit.destination import Destination
    from headgate.kit.http import Http
    from headgate.kit.http.request import Request

Answer: TypeAlias = Response | TransportError
Answering: TypeAlias = "Callable[[Request], Answer]"


class Unrecorded(AssertionError):
    """A request came for which there is no answer."""


class Player:
    """A transport that gives answers in order, and remembers what it was asked.

    An answer may be a function of the request. `requests` holds all requests, oldest first.
    """

    def __init__(self, answers: Sequence[Answer | Answering]) -> None:
        self._answers = tuple(answers)
        self._next = 0
        self.requests: list[Request] = []

    def rewind(self) -> None:
        """Begin with the first answer again."""
        self._next = 0

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        place, self._next = self._next, self._next + 1
        if place >= len(self._answers):
            raise Unrecorded(
                f"request {place + 1}, {request.method} {request.url}, is one more than recorded"
            )
        given = self._answers[place]
        answer = given if isinstance(given, (Response, TransportError)) else given(request)
        if isinstance(answer, TransportError):
            raise answer
        return answer


class MemoryTokens:
    """Tokens of one connection, kept in memory: a `TokenStore`."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    async def read(self) -> Tokens:
        return self.tokens

    async def replace(self, stale: Tokens, fresh: Tokens) -> Tokens:
        if self.tokens.access == stale.access:
            self.tokens = fresh
        return self.tokens


class PlayedRefresher(Refresher):
    """Renews tokens without asking anyone; what was asked of the player is then asked again."""

    def __init__(self, destination: Destination[Any], tokens: Tokens, player: Player) -> None:
        super().__init__(destination, Client("client", "secret"), MemoryTokens(tokens))
        self._player = player

    async def fresh(self, stale: Tokens, http: Http) -> Tokens:
        del stale, http
        self._player.rewind()
        return await self.current()
