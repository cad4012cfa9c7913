"""Chunked bodies, read strictly: what two readers could understand differently is refused."""

from __future__ import annotations

import re
from typing import Final

from headgate.collect.answers import BAD_HTTP, REQUEST_TOO_LARGE, Answer
from headgate.collect.heads import MAX_BODY

MAX_LINE: Final = 1024
"""Bytes of a size line with its extensions, which nobody needs."""
MAX_OVERHEAD: Final = 64 * 1024
"""Bytes of all lines beside the content: chunks of a byte each are work without an end."""
_VALUE: Final = rb"[^\x00-\x08\x0a-\x1f\x7f]*"
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;%s)?" % _VALUE)
_TRAILER: Final = re.compile(rb"[!#$%%&'*+.^_`|~0-9A-Za-z-]+:%s" % _VALUE)
_END: Final = b"\r\n"


class Chunks:
    """One chunked body as it arrives."""

    __slots__ = ("_due", "_overhead", "_pieces", "_size", "_step", "_waiting")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._waiting = b""
        """The beginning of a line."""
        self._due = 0
        """Bytes until the end of the chunk."""
        self._size = self._overhead = 0
        self._step = self._size_line

    @property
    def body(self) -> bytes:
        return b"".join(self._pieces)

    def take(self, data: bytes) -> bytes | Answer | None:
        """Read on; what follows the body once that is whole, None while it is not."""
        data, at = self._waiting + data, 0
        self._waiting = b""
        while at < len(data):
            if self._due:
                piece = data[at : at + self._due]
                self._pieces.append(piece)
                self._due -= len(piece)
                at += len(piece)
                continue
            end = data.find(_END, at, at + MAX_LINE + len(_END))
            if end < 0:
                return self._wait(data[at:])
            line, at = data[at:end], end + len(_END)
            self._overhead += len(line) + len(_END)
            if self._overhead > MAX_OVERHEAD:
                return REQUEST_TOO_LARGE
            if not line and self._step == self._trailer:
                return data[at:]
            refused = self._step(line)
            if refused is not None:
                return refused
        return None

    def _wait(self, rest: bytes) -> Answer | None:
        if len(rest) - rest.endswith(b"\r") > MAX_LINE or b"\n" in rest:
            return BAD_HTTP
        if self._step == self._chunk_end and not _END.startswith(rest):
            return BAD_HTTP
        self._waiting = rest
        return None

    def _size_line(self, line: bytes) -> Answer | None:
        match = _SIZE.fullmatch(line)
        if match is None:
            return BAD_HTTP
        self._due = int(match[1], 16)
        self._size += self._due
        self._step = self._chunk_end if self._due else self._trailer
        return REQUEST_TOO_LARGE if self._size > MAX_BODY else None

    def _chunk_end(self, line: bytes) -> Answer | None:
        self._step = self._size_line
        return BAD_HTTP if line else None

    def _trailer(self, line: bytes) -> Answer | None:
        return None if _TRAILER.fullmatch(line) else BAD_HTTP
