"""Payloads one after the other in a file, each found whole or not at all."""

from __future__ import annotations

import struct

import google_crc32c

_HEAD = struct.Struct("<II")
"""Length of the payload; CRC-32C of that length's four bytes and the payload."""


def frame(payload: bytes) -> bytes:
    return _HEAD.pack(len(payload), _sum(len(payload), payload)) + payload


def unframe(data: bytes) -> tuple[list[bytes], int]:
    """The whole payloads at the start of `data`, and how many bytes they take.

    It stops at the first frame that is cut short or does not match its sum.
    """
    payloads: list[bytes] = []
    at = 0
    while (payload := _whole(data, at)) is not None:
        payloads.append(payload)
        at += _HEAD.size + len(payload)
    return payloads, at


def _whole(data: bytes, at: int) -> bytes | None:
    if len(data) - at < _HEAD.size:
        return None
    length, expected = _HEAD.unpack_from(data, at)
    payload = data[at + _HEAD.size : at + _HEAD.size + length]
    return payload if len(payload) == length and _sum(length, payload) == expected else None


def _sum(length: int, payload: bytes) -> int:
    return int(google_crc32c.extend(google_crc32c.value(length.to_bytes(4, "little")), payload))
