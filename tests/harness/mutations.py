"""Bytes that nobody has thought of: known ones, broken at random."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

HOSTILE_VALUES = (
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"-0",
    b"-0.0",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"1E5",
    b"9223372036854775808",
    b"18446744073709551616",
    b"253402300799999",
    b"9" * 400,
    b"9" * 4400,
    b"0." + b"3" * 400,
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\ud83d\\ude00"',
    b'"\\uffff"',
    b'"__proto__"',
    b'"u-1"',
    b"5",
    b"41.5",
    b'"0001-01-01T00:00:00Z"',
    b'"9999-12-31T23:59:59.999Z"',
    b'"9999-12-31T23:59:59-23:59"',
    b'"2026-02-30T00:00:00Z"',
    b'"' + b"x" * 101 + b'"',
    b"[]",
    b"{}",
    b"[[[[[[[[1]]]]]]]]",
    b"[" * 127 + b"]" * 127,
    b"[" * 200 + b"]" * 200,
    b'{"a":' * 130 + b"1" + b"}" * 130,
    b"[" * 3000 + b"]" * 3000,
    b"[" * 3000,
)
HOSTILE_KEYS = (
    b'"type"',
    b'"messageId"',
    b'"userId"',
    b'"anonymousId"',
    b'"event"',
    b'"timestamp"',
    b'"originalTimestamp"',
    b'"sentAt"',
    b'"receivedAt"',
    b'"projectId"',
    b'"context"',
    b'"integrations"',
    b'"properties"',
    b'"traits"',
    b'"batch"',
    b'"writeKey"',
    b'"direct"',
    b'"ip"',
    b'""',
    b'"_metadata"',
)
HOSTILE_BYTES = (
    b"\x00",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf5\x80\x80\x80",
    b"\xe2\x82",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
    b"\r\n",
    b"\r\n\r\n",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b",",
    b":",
)
_VALUE = re.compile(rb'"(?:[^"\\]|\\.){0,200}"|-?[0-9][0-9.eE+-]*|true|false|null')
_MEMBER = re.compile(rb'("(?:[^"\\]|\\.){0,40}"): ?("(?:[^"\\]|\\.){0,80}"|[0-9.]{1,20})')
LONGEST = 65_536
"""A mutation of more bytes is cut: what is only long has tests of its own."""


class Mutations:
    """Makes one mutation after the other of some seeds, the same for the same `random`."""

    def __init__(self, seeds: Sequence[bytes], random: Random) -> None:
        self._seeds, self._random = seeds, random
        self._ways: Sequence[Callable[[bytes], bytes]] = (
            self._flip,
            self._cut,
            self._drop,
            self._repeat,
            self._insert,
            self._splice,
            *[self._value] * 6,
            *[self._member] * 6,
        )

    def next(self) -> bytes:
        """A seed with one to four things wrong with it, and now and then packed."""
        random = self._random
        data = random.choice(self._seeds)
        for _ in range(random.choice((1, 1, 1, 1, 2, 3, 4))):
            data = random.choice(self._ways)(data)[:LONGEST]
        return data

    def packed(self) -> bytes:
        """A mutation as gzip, which may be broken, too."""
        data = gzip.compress(self.next(), 1)
        return data if self._random.random() < 0.5 else self._flip(data)

    def _place(self, data: bytes) -> int:
        return self._random.randrange(len(data) + 1)

    def _flip(self, data: bytes) -> bytes:
        broken = bytearray(data)
        for _ in range(self._random.randint(1, 4) if broken else 0):
            broken[self._random.randrange(len(broken))] ^= 1 << self._random.randrange(8)
        return bytes(broken)

    def _cut(self, data: bytes) -> bytes:
        return data[: self._place(data)]

    def _range(self, data: bytes) -> tuple[int, int]:
        first = self._place(data)
        return first, min(len(data), first + self._random.randint(1, 40))

    def _drop(self, data: bytes) -> bytes:
        first, last = self._range(data)
        return data[:first] + data[last:]

    def _repeat(self, data: bytes) -> bytes:
        first, last = self._range(data)
        return data[:last] + data[first:last] * self._random.choice((1, 2, 50)) + data[last:]

    def _insert(self, data: bytes) -> bytes:
        place = self._place(data)
        return data[:place] + self._random.choice(HOSTILE_BYTES) + data[place:]

    def _splice(self, data: bytes) -> bytes:
        other = self._random.choice(self._seeds)
        return data[: self._place(data)] + other[self._place(other) :]

    def _value(self, data: bytes) -> bytes:
        """Put something else where a value, or a key, stands."""
        found = list(_VALUE.finditer(data[:LONGEST]))
        if not found:
            return self._insert(data)
        match = self._random.choice(found)
        return data[: match.start()] + self._random.choice(HOSTILE_VALUES) + data[match.end() :]

    def _member(self, data: bytes) -> bytes:
        """Say something twice, or something that has a meaning of its own."""
        found = list(_MEMBER.finditer(data[:LONGEST]))
        if not found:
            return self._insert(data)
        match, random = self._random.choice(found), self._random
        key = random.choice((match[1], random.choice(HOSTILE_KEYS)))
        value = random.choice((match[2], random.choice(HOSTILE_VALUES)))
        return data[: match.start()] + key + b":" + value + b"," + data[match.start() :]
