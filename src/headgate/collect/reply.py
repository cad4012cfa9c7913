"""The place of one answer in the order of a connection's answers, and who gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from headgate.collect.answers import (
    SUCCESS,
    Answer,
    Caller,
    Response,
    preflight,
    render,
    respond,
)

if TYPE_CHECKING:
    from headgate.collect.connection import Connection
    from headgate.collect.heads import Head, Heads
    from headgate.collect.request import Request


class Reply:
    """The place of one answer in the order of a connection's answers."""

    __slots__ = ("_connection", "close", "data", "head")

    def __init__(self, connection: Connection, head: Head | None) -> None:
        self._connection = connection
        self.head = head
        self.data: bytes | None = None
        self.close = head is None or not head.keep_alive

    def send(self, answer: Answer) -> None:
        """Answer as the collection API does."""
        if answer is SUCCESS and self.head is not None and self.close is not self.head.keep_alive:
            self._give(self.head.success)
            return
        self.close = self.close or answer.close
        self._give(render(answer, self._caller()))

    def respond(self, response: Response) -> None:
        """Answer with something else than a JSON object of the collection API."""
        self._give(respond(response, self._caller()))

    def allow(self) -> None:
        """Answer a preflight."""
        asked = self.head.asked_headers if self.head is not None else b""
        self._give(preflight(self._caller(), asked))

    def _caller(self) -> Caller:
        head = self.head
        if head is None:
            return Caller(keep_alive=False)
        return Caller(head.origin, not self.close, head.method == b"HEAD")

    def _give(self, data: bytes) -> None:
        """A rendered response leaves when all before it have left."""
        self.data = data
        self._connection.flush()


class Server(Protocol):
    """What a connection needs from the server it belongs to."""

    connections: set[Connection]
    stopping: bool
    heads: Heads

    def handle(self, request: Request, reply: Reply) -> None:
        """See to it that the reply is sent, now or later."""
        ...

    def turned_away(self, head: Head | None, answer: Answer) -> None:
        """Count a request that is refused before anybody reads its body."""
        ...

    def welcome(self, peer: str, *, is_proxy: bool = False) -> Answer | None:
        """Admit a new socket, or say why not."""
        ...

    def is_crowded(self) -> bool:
        """Whether a refused socket is to be ended at once, without a word."""
        ...

    def gone(self, peer: str) -> None:
        """An admitted socket has ended."""
        ...

    def hold(self, size: int, peer: str = "") -> Answer | None:
        """Admit bytes of a body that is not whole yet; negative to give them back."""
        ...

    def is_proxy(self, peer: str) -> bool:
        """Whether requests from there come from whom they say (`trusted_proxies`)."""
        ...

    def client(self, forwarded_for: bytes, peer: str) -> str:
        """The address of whoever sent a request through a trusted proxy."""
        ...
