"""What goes out and what comes back: requests, responses, and the port that carries them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import msgspec

from headgate.kit.errors import Retry, TransportError

if TYPE_CHECKING:
    from headgate.mapping import Json

_AUTHORITY = re.compile(r"[A-Za-z]+://([^/?#]*)")

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""(name, value) in the order in which they are sent; a name may repeat in a response."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one request may take: times in seconds, sizes in bytes.

    `timeout` is the total deadline, from the first look-up to the last byte of the answer;
    `connect_timeout` the part of it until the connection stands. The sizes are the answer's.
    """

    timeout: float = 10.0
    connect_timeout: float = 5.0
    max_body: int = 65_536
    max_headers: int = 32_768


class Request(Limits, frozen=True, gc=False):
    """One HTTP request, complete: a transport adds nothing but what HTTP itself needs, and `hops`.

    Its limits come after these fields, by name only. Values of headers are Latin-1 without control
    characters. `hops` is how often the event that is sent came out of a Headgate, this time
    included.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    hops: int = 1

    @property
    def host(self) -> str:
        """The host and port, the only part of the address that may be logged or shown."""
        authority = _AUTHORITY.match(self.url)
        return authority[1].rpartition("@")[2] if authority else ""

    def __repr__(self) -> str:
        """Say what was asked of whom, and keep paths, headers and bodies out of logs."""
        return f"Request({self.method} {self.host}, {len(self.body)} bytes)"


class Response(msgspec.Struct, frozen=True, gc=False):
    """The answer to a request; its status and headers are whole.

    `is_cut`: the body is not, as the connection broke within it, or it was too long. The
    destination has the request all the same; only who reads the body must ask again.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    is_cut: bool = False

    def header(self, name: str) -> str | None:
        """Give the first value of a header, whatever the case of its name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def text(self) -> str:
        """The body as UTF-8, with a replacement character for what is none."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Json:
        """Read the body as JSON. Raises `Retry` when it is none, as broken answers pass."""
        if self.is_cut:
            reason = f"The destination answered {self.status} with a body that broke off."
            raise Retry(reason, status=self.status, response=self)
        try:
            answer: Json = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            reason = f"The destination answered {self.status} with a body that is no JSON."
            raise Retry(reason, status=self.status, response=self) from None
        return answer

    def __repr__(self) -> str:
        """Keep what a destination answered out of logs: it may repeat what it was sent."""
        return f"Response({self.status}, {len(self.body)} bytes)"


class Exchange(NamedTuple):
    """A request and what came of it, for the record of an attempt."""

    request: Request
    answer: Response | TransportError


class Transport(Protocol):
    """The port to the network: one request, one answer, no retries, no redirects."""

    async def send(self, request: Request) -> Response:
        """Give the answer, whatever its status; raises `TransportError` when there is none."""
        ...
