"""Events and rejections as the body of a frame, and back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec
import zstandard

from headgate.log.errors import Damaged
from headgate.log.port import EventBatch, Record, Rejection

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 1
MAX_EVENTS = 4095
MAX_RAW = 480 * 1024
"""Bytes of original events in one frame: incompressible ones still fit 512 KiB encoded."""
_MAX_DECODED = 4 * 1024 * 1024


class Body(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a frame of events holds; `Record.defaults` points into `defaults`."""

    defaults: tuple[bytes, ...]
    records: tuple[Record | None, ...]

    def defaults_of(self, record: Record | None) -> bytes | None:
        """Raises `Damaged` when the record names defaults that are not there."""
        if record is None or record.defaults < 0:
            return None
        try:
            return self.defaults[record.defaults]
        except IndexError:
            raise Damaged("a record without its batch defaults") from None


_encoder = msgspec.msgpack.Encoder()
_bodies = msgspec.msgpack.Decoder(Body)
_tallies = msgspec.msgpack.Decoder(tuple[Rejection, ...])
_local = threading.local()
_UNREADABLE = (msgspec.DecodeError, zstandard.ZstdError)


def _compressor() -> zstandard.ZstdCompressor:
    """One for each thread, as the library asks."""
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=False)
    compressor: zstandard.ZstdCompressor = _local.compressor
    return compressor


def _decompress(body: bytes) -> bytes:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    if zstandard.frame_content_size(body) > _MAX_DECODED:  # the library would not look at the cap
        raise Damaged(f"a body of more than {_MAX_DECODED} bytes")
    raw: bytes = _local.decompressor.decompress(body, max_output_size=_MAX_DECODED)
    return raw


def event_batch(
    records: Sequence[Record], keys: bytes, defaults: tuple[bytes, ...] = ()
) -> EventBatch:
    """Pack records, in order, for one append; `keys` holds 12 bytes for each."""
    times = [record.received_at for record in records]
    return EventBatch(
        sources=tuple([record.source for record in records]),
        keys=keys,
        received_min=min(times),
        received_max=max(times),
        body=encode_body(Body(defaults, tuple(records))),
    )


def encode_body(body: Body) -> bytes:
    return _compressor().compress(_encoder.encode(body))


def decode_body(body: bytes) -> Body:
    """Raises `Damaged`."""
    try:
        return _bodies.decode(_decompress(body))
    except _UNREADABLE as error:
        raise Damaged(f"a body that cannot be read: {error}") from None


def encode_rejections(rejections: tuple[Rejection, ...]) -> bytes:
    return _compressor().compress(_encoder.encode(rejections))


def decode_rejections(body: bytes) -> tuple[Rejection, ...]:
    """Raises `Damaged`."""
    try:
        return _tallies.decode(_decompress(body))
    except _UNREADABLE as error:
        raise Damaged(f"rejections that cannot be read: {error}") from None
