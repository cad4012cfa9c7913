"""Bodies of requests: unpacking, and the outer shape of a batch."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from headgate.collect.answers import REQUEST_TOO_LARGE, UNSUPPORTED_ENCODING, Answer, error
from headgate.collect.request import MAX_BODY
from headgate.events.times import parse_ms

MAX_EVENTS = 2500
_GZIP = 31
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
        return parse_ms(self.sentAt) if isinstance(self.sentAt, str | int | float) else None

    def defaults(self) -> bytes | None:
        """What the batch says for all its events, as JSON; None for nothing."""
        parts = [
            b'"%s":%s' % (name, bytes(raw))
            for name, raw in ((b"context", self.context), (b"integrations", self.integrations))
            if bytes(raw)[0] == _OPEN
        ]
        if isinstance(self.sentAt, str):
            parts.append(b'"sentAt":' + msgspec.json.encode(self.sentAt))
        return b"{" + b",".join(parts) + b"}" if parts else None


class _KeyOnly(msgspec.Struct, frozen=True, gc=False):
    writeKey: str | None = None  # noqa: N815


_decode_batch = msgspec.json.Decoder(Batch).decode
_decode_key = msgspec.json.Decoder(_KeyOnly).decode


def unpack(body: bytes, encoding: bytes) -> bytes | Answer:
    """The body as UTF-8 JSON text should stand, or the refusal."""
    if encoding and encoding.lower() != b"identity":
        if encoding.lower() != b"gzip":
            return UNSUPPORTED_ENCODING
        inflated = _inflate(body)
        if isinstance(inflated, Answer):
            return inflated
        body = inflated
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as fault:
            return error(400, "bad_request", f"The body is not UTF-8 at byte {fault.start}.")
    return body


def _inflate(body: bytes) -> bytes | Answer:
    stream = zlib.decompressobj(_GZIP)
    try:
        inflated = stream.decompress(body, MAX_BODY + 1)
    except zlib.error:
        return error(400, "bad_request", "The body says it is gzip, but it is not.")
    if len(inflated) > MAX_BODY:
        return REQUEST_TOO_LARGE
    if not stream.eof or stream.unused_data:
        return error(400, "bad_request", "The gzip body is cut off or followed by other bytes.")
    return inflated


def read_batch(body: bytes) -> Batch | Answer:
    try:
        batch = _decode_batch(body)
    except msgspec.ValidationError:
        return error(400, "bad_request", 'A batch must be {"batch": [event, ...]}.')
    except (msgspec.DecodeError, RecursionError) as fault:
        return error(400, "bad_request", f"The body is not JSON: {fault}.")
    if len(batch.batch) > MAX_EVENTS:
        return error(413, "too_large", f"A batch may have {MAX_EVENTS} events.")
    if not batch.batch:
        return error(400, "empty_batch", "The batch has no events.")
    return batch


def key_in_body(body: bytes) -> str | None:
    """The write key of a body that may be broken otherwise."""
    try:
        return _decode_key(body).writeKey
    except (msgspec.DecodeError, RecursionError):
        return None
