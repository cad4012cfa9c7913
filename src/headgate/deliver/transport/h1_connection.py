"""One connection that speaks HTTP/1.1: a request at a time, and the answer as it was sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, cast

import httptools

from headgate.deliver.transport.flights import settle
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.transport.flights import Flight
    from headgate.kit.errors import TransportKind
    from headgate.kit.http.request import Headers, Request

_FIRST_FINAL = 200
MISDIRECTED: Final = 421
"""The answer that asks for another connection (RFC 9110, 15.5.20)."""
_PARTING: Final = (413, MISDIRECTED)
"""After these nothing is sent over the connection: whoever refuses a body may not read it."""
_FRAMING = 8
"""Bytes on the wire for one of the body when every chunk holds a single one, and some."""
_SLACK = 4096


class Connection(asyncio.Protocol):
    """Carries one flight after the other and says by `rest` when it may carry the next.

    Whatever goes wrong ends the flight with an error, and the connection too; `lost` is called
    once, when it is gone. `key` names the origin and the address.
    """

    def __init__(
        self,
        key: tuple[str, str],
        rest: Callable[[Connection], None],
        lost: Callable[[Connection], None],
    ) -> None:
        self.key = key
        self.born = self.rested = 0.0
        self._rest, self._lost = rest, lost
        self._transport: asyncio.Transport | None = None
        self._flight: Flight | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._bodiless = self._complete = self._keep = self._extra = False
        self._status = self._head_size = self._body_size = self._received = 0
        self._most_headers = self._most_body = 0

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def begin(self, flight: Flight, request: Request, data: bytes) -> None:
        """Send a request whose bytes are `data`; only when usable and at rest."""
        self._flight = flight
        self._most_headers, self._most_body = request.max_headers, request.max_body
        self._bodiless = request.method == "HEAD"
        self._complete = False
        self._status = self._head_size = self._body_size = self._received = 0
        self._carrier.write(data)

    def leave(self, flight: Flight) -> None:
        """Drop the connection if it still carries this flight, which nobody waits for."""
        if self._flight is flight:
            self.abort()

    def abort(self) -> None:
        self._flight = None
        if self._transport is not None:
            self._transport.abort()

    @property
    def _carrier(self) -> asyncio.Transport:
        if self._transport is None:
            raise RuntimeError("the connection is not open")
        return self._transport

    # Called by the event loop.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._flight is None:
            self.abort()  # nothing was asked for
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._complete:
                self._fail(f"the answer is no HTTP: {error}", "protocol")
                return
            self._extra = True
        if not self._is_too_large() and self._complete:
            self._finish()

    def connection_lost(self, error: Exception | None) -> None:
        if self._flight is not None:
            self._end(error)
        self._transport = None
        self._lost(self)

    # Called by the parser, which reads on after the answer if there is more.

    def on_message_begin(self) -> None:
        self._extra = self._complete

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_size += len(name) + len(value) + 4
        if not self._status:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._status:
            return
        if status < _FIRST_FINAL:
            self._headers.clear()  # an interim answer: the real one follows
            return
        self._status = status
        if self._bodiless:
            self.on_message_complete()

    def on_body(self, data: bytes) -> None:
        if self._complete:
            self._extra = True
            return
        self._body_size += len(data)
        self._body.append(data)

    def on_message_complete(self) -> None:
        if self._status:
            self._complete = True
            self._keep = self._parser.should_keep_alive() and self._status not in _PARTING

    # What follows from it.

    def _is_too_large(self) -> bool:
        """Chunks are small, so looking after each is enough; the last bound is on framing."""
        most, bound = self._most_headers, _FRAMING * self._most_body + self._most_headers + _SLACK
        if self._head_size > most or (not self._status and self._received > most):
            self._fail(f"the headers are longer than {most} bytes", "too_large")
        elif self._body_size > self._most_body or self._received > bound:
            self._cut()
        else:
            return False
        return True

    def _finish(self) -> None:
        flight = cast("Flight", self._flight)
        body = b"" if self._bodiless else b"".join(self._body)
        self._flight = None
        settle(flight, Response(self._status, self._named(), body))
        unsent = self._carrier.get_write_buffer_size()
        if self._extra or unsent or not self._keep:
            self._carrier.close()
            return
        self._headers.clear()
        self._body.clear()
        if self._bodiless:
            self._parser = httptools.HttpResponseParser(self)  # the old one waits for a body
        self._rest(self)

    def _cut(self) -> None:
        """Take the answer without the rest of its body, and the connection for spoilt."""
        body = b"".join(self._body)[: self._most_body]
        response = Response(self._status, self._named(), body, is_cut=True)
        settle(cast("Flight", self._flight), response)
        self.abort()

    def _named(self) -> Headers:
        return tuple([(n.decode("latin-1"), v.decode("latin-1").strip()) for n, v in self._headers])

    def _end(self, error: Exception | None) -> None:
        """Judge an answer that the other side ended by closing."""
        if error is None and self._status and not self._is_framed():
            self._keep = False
            self._finish()
        elif self._status:
            self._cut()
        elif self._received:
            self._fail("the connection broke within the answer", "reset")
        else:
            self._fail("the connection was closed without an answer", "reset")

    def _is_framed(self) -> bool:
        """Whether the answer said how long it is; without that, closing is its end."""
        return any(
            name == b"content-length" or (name == b"transfer-encoding" and b"chunked" in value)
            for name, value in ((name.lower(), value.lower()) for name, value in self._headers)
        )

    def _fail(self, reason: str, kind: TransportKind) -> None:
        error = TransportError(f"{self.key[0]}: {reason}", kind=kind)
        settle(cast("Flight", self._flight), error)
        self.abort()
