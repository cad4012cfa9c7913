"""Bodies of requests: unpacking, and the outer shape of a batch."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from headgate.collect.answers import REQUEST_TOO_LARGE, UNSUPPORTED_ENCODING, Answer, error
from headgate.collect.heads import MAX_BODY
from headgate.events.calls import MAX_EVENT
from headgate.events.parse import fault_in
from headgate.events.times import parse_ms

MAX_EVENTS = 2500
MOST_MEMBERS = 16
_GZIP = 31
_TIMES = (str, int, float)
_MAGIC = b"\x1f\x8b"
_PACKED = {b"gzip", b"x-gzip"}
_PLAIN = {b"", b"identity"}
_OPEN = ord("{")


class Batch(msgspec.Struct, frozen=True, gc=False):
    """The parts of a batch request; each event stays as the bytes it came as."""

    batch: list[msgspec.Raw]
    writeKey: str | None = None  # noqa: N815 - the names of the wire
    sentAt: Any = None  # noqa: N815
    context: msgspec.Raw = msgspec.Raw(b"null")
    integrations: msgspec.Raw = msgspec.Raw(b"null")

    def sent_at(self) -> int | None:
        """Milliseconds since 1970, None where it is absent or no time."""
        return parse_ms(self.sentAt) if type(self.sentAt) in _TIMES else None

    def defaults(self) -> bytes | None:
        """What the batch says for all its events, as JSON; None for nothing."""
        named = ((b"context", bytes(self.context)), (b"integrations", bytes(self.integrations)))
        parts = [b'"%s":%s' % (name, raw) for name, raw in named if raw[0] == _OPEN]
        if isinstance(self.sentAt, str):
            parts.append(b'"sentAt":' + msgspec.json.encode(self.sentAt))
        return b"{" + b",".join(parts) + b"}" if parts else None


class _KeyOnly(msgspec.Struct, frozen=True, gc=False):
    writeKey: str | None = None  # noqa: N815


_decode_batch = msgspec.json.Decoder(Batch).decode
_decode_any = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_key = msgspec.json.Decoder(_KeyOnly).decode


def is_special(body: bytes) -> bool:
    """Whether a body needs a closer look than plain ASCII text does."""
    return not body.isascii()


def unpack(body: bytes, encoding: bytes) -> bytes | Answer:
    """The body as UTF-8 JSON text should stand, or the refusal.

    Packed bytes tell of themselves: no JSON begins like gzip.
    """
    if not encoding and not is_special(body):
        return body  # of nearly every client
    encoding = encoding.lower()
    if encoding in _PACKED or body.startswith(_MAGIC):
        inflated = _inflate(body)
        if isinstance(inflated, Answer):
            return inflated
        body = inflated
    elif encoding not in _PLAIN:
        return UNSUPPORTED_ENCODING
    if is_special(body):
        try:
            body.decode()
        except UnicodeDecodeError as fault:
            return error(400, "bad_request", f"The body is not UTF-8 at byte {fault.start}.")
    return body


def _inflate(body: bytes) -> bytes | Answer:
    """All members of a gzip body: there may be several, one after the other (RFC 1952)."""
    pieces, size = [], 0
    for _ in range(MOST_MEMBERS):
        stream = zlib.decompressobj(_GZIP)
        try:
            piece = stream.decompress(body, MAX_BODY + 1 - size)
        except zlib.error:
            return error(400, "bad_request", "The body says it is gzip, but it is not.")
        size += len(piece)
        if size > MAX_BODY:
            return REQUEST_TOO_LARGE
        if not stream.eof:
            return error(400, "bad_request", "The gzip body is cut off.")
        pieces.append(piece)
        body = stream.unused_data
        if not body:
            return b"".join(pieces)
    return error(400, "bad_request", f"A gzip body may have {MOST_MEMBERS} members.")


def read_batch(body: bytes) -> Batch | Answer:
    try:
        batch = _decode_batch(body)
    except msgspec.ValidationError:
        return error(400, "bad_request", 'A batch must be {"batch": [event, ...]}.')
    except (ValueError, RecursionError) as fault:
        return error(400, "bad_request", f"The body is not JSON: {fault}.")
    if len(batch.batch) > MAX_EVENTS:
        return error(413, "too_large", f"A batch may have {MAX_EVENTS} events.")
    if not batch.batch:
        return error(400, "empty_batch", "The batch has no events.")
    return _refused_defaults(batch) or batch


def _refused_defaults(batch: Batch) -> Answer | None:
    """What is wrong with what each event of a batch gets beside its own."""
    for name, raw in (("context", batch.context), ("integrations", batch.integrations)):
        if len(bytes(raw)) > MAX_EVENT:
            return error(413, "too_large", f"{name} of a batch may have {MAX_EVENT} bytes.")
        if wrong := fault_in(bytes(raw)):
            return error(400, "bad_request", f"{name} of the batch {wrong}.")
    return None


def has_batch(body: bytes) -> bool:
    """Whether a body is an object with a batch in it, good or bad."""
    try:
        return "batch" in _decode_any(body)
    except (ValueError, RecursionError, TypeError):
        return False


def key_in_body(body: bytes) -> str | None:
    """The write key of a body that may be broken otherwise."""
    try:
        return _decode_key(body).writeKey
    except (ValueError, RecursionError):
        return None
