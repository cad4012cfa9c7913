"""A request as it came off the wire, before anybody judged it."""

from __future__ import annotations

MAX_BODY = 512_000
"""Bytes of a request's body, before and after unpacking."""
MAX_HEADERS = 16 * 1024
MAX_FIELDS = 100
MAX_TARGET = 8 * 1024


class Request:
    """The parts of a request that collection looks at; header values as bytes, b"" for absent.

    Defaults stand in the class: making one for each request then costs next to nothing.
    """

    target: bytes = b""
    path: bytes = b""
    method: bytes = b""
    authorization: bytes = b""
    encoding: bytes = b""
    origin: bytes = b""
    host: bytes = b""
    expect: bytes = b""
    asked_headers: bytes = b""
    peer: str = ""
    fields: int = 0
    header_size: int = 0
    hosts: int = 0
    keep_alive: bool = True
    body: bytes = b""
