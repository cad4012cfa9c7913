"""What the upstream writes down of every connection and request, and keeps whoever is killed."""

from __future__ import annotations

import time

import msgspec


class Seen(msgspec.Struct, frozen=True):
    """One request; with `nth` 0 it is the connection itself, before anything was read.

    `at` is the machine's monotonic clock, `connection` its number among all, `messages` the ids
    in the body.
    """

    at: float
    slug: str
    connection: int
    nth: int = 0
    key: str = ""
    messages: list[str] = []
    digest: str = ""
    cookie: str = ""
    encoding: str = ""
    authorization: str = ""


class Opened(msgspec.Struct, frozen=True):
    """The line that the upstream prints when it listens; `urls` by slug."""

    urls: dict[str, str]
    nameserver: str
    ca_file: str


def now() -> float:
    return time.monotonic()
