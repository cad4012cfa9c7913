"""One easy handle of libcurl, set up once for where it sends to and used again and again."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pycurl

from headgate.deliver.transport.curl_errors import NOT_CONNECTED, kind_of
from headgate.deliver.transport.h1_connection import MISDIRECTED
from headgate.deliver.transport.headers import has_length
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headgate.deliver.transport.dialer import Plan
    from headgate.deliver.transport.egress import Egress, Origin, Target
    from headgate.deliver.transport.flights import Flight
    from headgate.kit.http.request import Headers, Request

_LIFETIME = 300
_BODY_KEPT = 16_384
_HTTP = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
_SWITCHES = {
    pycurl.NOSIGNAL: 1,
    pycurl.PROXY: "",  # and none from the environment
    pycurl.PROTOCOLS: _HTTP,
    pycurl.REDIR_PROTOCOLS: _HTTP,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.NETRC: 0,
    pycurl.HTTP09_ALLOWED: 0,
    pycurl.PATH_AS_IS: 1,
    pycurl.USERAGENT: "",
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
    pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_2TLS,
    pycurl.MAXLIFETIME_CONN: _LIFETIME,
}
_NOTHING_OF_ITS_OWN = ("Accept:", "Expect:", "Content-Type:")
"""Headers that libcurl would add by itself: without a value they take its own away."""

_BLANK = (b"\r\n", b"\n")
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ [1-9][0-9]{2}(?: |\r?\n)")
"""libcurl takes `2000` for 200."""
_MISDIRECTED = b" %d" % MISDIRECTED
_CUT = frozenset({"reset", "too_large"})
"""How a body may end early: the answer's status and headers count all the same."""
_STOP = -1

Key = tuple[str, str, str, bool]


def key_of(origin: Origin, address: str, request: Request) -> Key:
    """Name what a handle is set up for: where it sends to, and which kind of request."""
    return origin.key, address, request.method, has_length(request)


@dataclass(slots=True, eq=False)
class Journey:
    """A request and all that it takes to try it at one address after the other.

    `addresses` are those that are left, `until` the loop time by which one must be connected;
    `handle` is there while libcurl works on it.
    """

    request: Request
    target: Target
    lines: Sequence[str]
    flight: Flight
    plan: Plan
    addresses: tuple[str, ...]
    until: float
    handle: Handle | None = None


class Watcher(Protocol):
    """Who is told and asked about connections, in the middle of libcurl's work."""

    def connected(self, handle: Handle, /) -> None:
        """TLS stands."""
        ...

    def is_gone(self, own_address: str, own_port: int) -> bool:
        """Whether the other side has closed a kept connection."""
        ...


class Handle:
    """Sends one request at a time to one checked address.

    libcurl asks before it writes a request, and again when it would write it a second time
    because a kept connection died without an answer. Then it is told no: this transport never
    sends twice (data-path section 5).
    """

    def __init__(
        self,
        key: Key,
        origin: Origin,
        egress: Egress,
        ca_file: str,
        watcher: Watcher,
    ) -> None:
        self.curl = pycurl.Curl()
        self._set, self._get = self.curl.setopt, self.curl.getinfo
        self.key = key
        self.host = origin.authority
        self.secure = origin.scheme == "https"
        self.journey: Journey | None = None
        self._sent = self._again = self._refused = self._stale = self._fresh = False
        self._improper = self._misdirected = False
        self._watcher = watcher
        self._egress = egress
        self._lines: list[bytes] = []
        self._body: list[bytes] = []
        self._opened: list[socket.socket] = []
        self._most_headers = self._most_body = self._head_size = 0
        self._connect_ms = 0
        self._path = ""
        self._set_up(origin, ca_file)

    def _set_up(self, origin: Origin, ca_file: str) -> None:
        """Set what stays: to set all of it for each request would cost as much as sending it."""
        for option, value in _SWITCHES.items():
            self._set(option, value)
        _, address, method, has_body = self.key
        shown = f"[{address}]" if ":" in address else address
        self._set(pycurl.CAINFO, ca_file)
        self._set(pycurl.CONNECT_TO, [f"{origin.shown}:{origin.port}:{shown}:{origin.port}"])
        self._set(pycurl.WRITEFUNCTION, self._body.append)
        self._set(pycurl.HEADERFUNCTION, self._header)
        self._set(pycurl.OPENSOCKETFUNCTION, self._open)
        self._set(pycurl.PREREQFUNCTION, self._before_sending)
        if method == "HEAD":
            self._set(pycurl.NOBODY, 1)
        else:
            self._set(pycurl.POST if has_body else pycurl.HTTPGET, 1)
            self._set(pycurl.CUSTOMREQUEST, method)

    def load(self, journey: Journey, connect_ms: int, *, fresh: bool = False) -> None:
        """Set what differs from one request to the next; `fresh` asks for a new connection."""
        request, path = journey.request, journey.target.path
        self._sent = self._again = self._refused = self._stale = False
        self._improper = self._misdirected = False
        self._most_headers, self._head_size = request.max_headers, 0
        if path != self._path:
            self._set(pycurl.URL, f"{self.key[0]}{path}")
            self._path = path
        self._set(pycurl.HTTPHEADER, _as_curl_wants(journey.lines))
        if self.key[3]:
            self._set(pycurl.POSTFIELDS, request.body)
        if connect_ms != self._connect_ms:
            self._set(pycurl.CONNECTTIMEOUT_MS, connect_ms)
            self._connect_ms = connect_ms
        if fresh != self._fresh:
            self._set(pycurl.FRESH_CONNECT, int(fresh))
            self._fresh = fresh
        if request.max_body != self._most_body:
            self._set_most_body(request.max_body)
        self.journey, journey.handle = journey, self

    def unload(self) -> None:
        """Let go of the journey and the answer, and of a body that is worth it."""
        journey, self.journey = self.journey, None
        self._lines.clear()
        self._body.clear()
        self._close_opened()
        if journey is not None:
            journey.handle = None
            if len(journey.request.body) > _BODY_KEPT:
                self._set(pycurl.POSTFIELDS, b"")

    def _set_most_body(self, most: int) -> None:
        """Let libcurl count; for HEAD not, as it would take the length of what is not sent."""
        self._most_body = most
        self._set(pycurl.MAXFILESIZE, 0 if self.key[2] == "HEAD" else most)

    # Called by libcurl, in the middle of its work.

    def _header(self, line: bytes) -> int | None:
        """Take a line of the headers; stop where they are improper or grow beyond their bound.

        An answer that asks for another connection is stopped too, as that closes this one.
        """
        self._lines.append(line)
        self._head_size += len(line)
        if line.startswith(b"HTTP/"):
            self._improper = not _STATUS_LINE.match(line)
            self._misdirected = _MISDIRECTED in line
        is_over = self._misdirected and line in _BLANK
        is_wrong = self._improper or self._head_size > self._most_headers
        return _STOP if is_over or is_wrong else None

    def _open(self, _purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        """See every address that is dialled, and dial none but the checked one."""
        if address.addr[0] != self.key[1] or not self._egress.check_address(self.key[1]):
            self._refused = True
            return pycurl.SOCKET_BAD
        try:
            opened = socket.socket(address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD
        self._opened.append(opened)
        return opened

    def _before_sending(self, address: str, own_address: str, _: int, own_port: int) -> int:
        """Say whether to write the request to the connection that libcurl chose."""
        self._again = self._sent
        self._refused = address != self.key[1]
        kept = not self._opened
        self._stale = kept and not self._sent and self._watcher.is_gone(own_address, own_port)
        self._close_opened()
        if self.secure:
            self._watcher.connected(self)
        if self._again or self._refused or self._stale:
            return pycurl.PREREQFUNC_ABORT
        self._sent = True
        return pycurl.PREREQFUNC_OK

    def _close_opened(self) -> None:
        """Close our ends: libcurl works on duplicates, and those alone keep a connection open."""
        while self._opened:
            self._opened.pop().close()

    # Called when it is over.

    def outcome(self, code: int, message: str) -> Response | TransportError:
        """What came of a transfer that ended with this code, 0 being well."""
        return (self._cut(code, message) or self.error(code, message)) if code else self.response()

    def response(self) -> Response | TransportError:
        """Return the answer of a transfer that went well."""
        headers = _headers(self._lines)
        if headers is None:
            reason = f"{self.host}: the connection broke within the headers"
            return TransportError(reason, kind="reset")
        return Response(self._get(pycurl.RESPONSE_CODE), headers, b"".join(self._body))

    @property
    def stale(self) -> bool:
        """Whether nothing was sent because the kept connection was closed meanwhile."""
        return self._stale

    def unconnected(self, code: int) -> bool:
        """Whether nothing was sent because the address could not be reached."""
        return code in NOT_CONNECTED and not self._sent and not self._refused

    def _cut(self, code: int, message: str) -> Response | None:
        """Return the answer of a transfer that ended within its body."""
        is_cut = self._sent and (self._misdirected or kind_of(code, message) in _CUT)
        headers = _headers(self._lines) if is_cut else None
        if headers is None or self._again:
            return None
        body = b"".join(self._body)[: self._most_body]
        return Response(self._get(pycurl.RESPONSE_CODE), headers, body, is_cut=True)

    def error(self, code: int, message: str) -> TransportError:
        """Say in our words why a transfer ended."""
        if self._improper:
            return TransportError(f"{self.host}: the answer is no HTTP", kind="protocol")
        if self._head_size > self._most_headers:
            reason = f"{self.host}: the headers are longer than {self._most_headers} bytes"
            return TransportError(reason, kind="too_large")
        if self._refused:
            reason = "libcurl was about to use another address than the one that was checked"
            return TransportError(f"{self.host}: {reason}", kind="blocked")
        if self._again or (self._sent and code in NOT_CONNECTED):
            reason = "a kept connection was closed without an answer"
            return TransportError(f"{self.host}: {reason}", kind="reset")
        return TransportError(f"{self.host}: {message}", kind=kind_of(code, message))


def _as_curl_wants(lines: Sequence[str]) -> list[bytes]:
    """Encode as UTF-8; a header without a value is `Name;`, for `Name:` would take it away."""
    text = [line if line[-1] != " " else _valueless(line) for line in lines]
    return [line.encode() for line in (*text, *_NOTHING_OF_ITS_OWN)]


def _valueless(line: str) -> str:
    name, _, value = line.partition(":")
    return line if value.strip() else f"{name};"


def _headers(lines: list[bytes]) -> Headers | None:
    """Return the headers of the final answer, without interim ones before and trailers after.

    libcurl takes a connection that is closed within the headers for their end: then it is None.
    """
    pairs: list[tuple[str, str]] = []
    ended = False
    for line in lines:
        if line.startswith(b"HTTP/"):
            pairs, ended = [], False
        elif line in _BLANK:
            ended = True
        elif not ended:
            name, _, value = line.decode("latin-1").partition(":")
            pairs.append((name, value.strip()))
    return tuple(pairs) if ended else None
