"""What may stand in a request, and its header lines as they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headgate.events import hops
from headgate.kit.errors import TransportError

if TYPE_CHECKING:
    from headgate.kit.http.request import Request

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SEND_LENGTH = frozenset({"POST", "PUT", "PATCH"})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_OURS = frozenset(
    (
        *("host", "content-length", "transfer-encoding", "te", "trailer", "expect"),
        *("connection", "keep-alive", "proxy-connection", "upgrade", "http2-settings"),
        hops.HEADER.lower(),
    )
)
"""Headers that say how a message is framed, carried and counted, which only the transport knows."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ENCODING = "accept-encoding"
_NAMES_KEPT = 4096

_names: dict[str, bool] = {}
"""Names that were found good, and whether each is `Accept-Encoding`: bounded, never wrong."""


def has_length(request: Request) -> bool:
    """Whether the request says how long its body is, be it 0."""
    return bool(request.body) or request.method in _SEND_LENGTH


def header_lines(request: Request) -> list[str]:
    """Return `Name: value` lines in the order given, after those that the transport adds.

    One declines compression, unless the request asks for some; one counts the hops of the event.

    Raises `TransportError` of the kind `protocol` for a request that could not be sent as it is:
    header injection ends here (reliability section 4, row 10).
    """
    if request.method not in METHODS or (request.method == "HEAD" and request.body):
        raise _refused(f"a {request.method!r} request of this form cannot be sent")
    lines = ["Accept-Encoding: identity", f"{hops.HEADER}: {request.hops}"]
    for name, value in request.headers:
        encoding = _names.get(name)
        if encoding is None:
            encoding = _admit(name)
        if encoding:
            lines[0] = ""
        lines.append(f"{name}: {value}")
    block = "".join(lines)
    if not (block.isascii() and block.isprintable()):
        _must_fit(lines)
    return lines if lines[0] else lines[1:]


def _admit(name: str) -> bool:
    if not _TOKEN.fullmatch(name):
        raise _refused(f"{name!a} is no header name")
    if name.lower() in _OURS:
        raise _refused(f"the header {name} is written by the transport: leave it out")
    if len(_names) >= _NAMES_KEPT:
        _names.clear()
    _names[name] = name.lower() == _ENCODING
    return _names[name]


def _must_fit(lines: list[str]) -> None:
    """Refuse what would end a line or a message; other scripts go out as UTF-8."""
    for line in lines:
        name = line.partition(":")[0]
        if _CONTROL.search(line):
            raise _refused(f"the header {name} has a line break or a control character: remove it")


def _refused(reason: str) -> TransportError:
    return TransportError(f"not sent: {reason}", kind="protocol")
