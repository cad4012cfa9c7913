"""What the program in the namespace tells, and what is wrong with it."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

import msgspec

from tests.contracts.egress.lines import Line, lines, name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AS_WRITTEN: Final = "as written"
SECURE: Final = "as https"
PLAIN: Final = "with plain http allowed"
FIRST: Final = "at first"
AFTER: Final = ("a second later", "two seconds later")
"""Moments at which a name is used again, after its answer has changed."""

_PUBLIC = "93.184.215.14"
_NAMES = {
    "public": {_PUBLIC},
    "deep": {_PUBLIC},
    "xn--mnchen-3ya": {"93.184.215.15"},
    "dualstack": {_PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"},
}
_ONLY_ONCE = ("rebind-late", "rebind-keepalive", "rebind", "bigttl")
"""Names that have a public address for the first question and never again."""


class Tried(msgspec.Struct, frozen=True, array_like=True):
    """A line given to an entry point: what it said, the addresses dialled, requests received."""

    way: str
    name: str
    number: int
    phase: str
    said: str
    dials: tuple[tuple[str, int], ...]
    requests: int

    @property
    def line(self) -> Line:
        return lines()[self.number]


def written(line: Line, way: str) -> str:
    """The URL with https where its address, and not its scheme, is to be judged."""
    return line.url.replace("http:", "https:", 1) if way == SECURE else line.url


def good_addresses() -> set[str]:
    """All that may be dialled for any line; what a name in letters leads to is left out.

    A webhook's URL is a URI, which has no such letters.
    """
    allowed = (_good(line) for line in lines() if line.is_allowed and line.url.isascii())
    return {_PUBLIC}.union(*allowed)


def faults(told: Iterable[Tried]) -> Iterator[str]:
    """Everything that should not be, in words."""
    for tried in told:
        for fault in _faults(tried):
            yield f"{tried.name}, {tried.line.url!r} {tried.way} {tried.phase}: {fault}"


def _faults(tried: Tried) -> Iterator[str]:
    line, dialled = tried.line, {address for address, _ in tried.dials}
    may = _may_be_dialled(tried)
    if dialled - may:
        yield f"dialled {sorted(dialled - may)}, said {tried.said[:200]}"
    if tried.requests > (1 if may else 0):
        yield f"{tried.requests} requests arrived"
    if may and line.expected == "ALLOW" and not (tried.dials or tried.requests):
        yield f"refused, although it is public: {tried.said[:300]}"
    if may and line.expected == "BLOCK_REDIRECT" and not tried.requests:
        yield f"the redirecting server got no request: {tried.said[:300]}"


def _may_be_dialled(tried: Tried) -> set[str]:
    """The addresses that are right for this line, at this moment, written this way."""
    line = tried.line
    if tried.way == AS_WRITTEN and not line.url.startswith("https:"):
        return set()
    name = name_of(line)
    if line.is_allowed:
        return _good(line)
    if line.expected == "BLOCK_REDIRECT":
        return {_PUBLIC}
    if name == "rebind-flip" or (name in _ONLY_ONCE and tried.phase == FIRST):
        return {_PUBLIC}
    return set()


def _good(line: Line) -> set[str]:
    return _NAMES.get(_encoded(name_of(line))) or _literal(line.url)


def _encoded(name: str) -> str:
    return name if name.isascii() else f"xn--{name.encode('punycode').decode()}"


def _literal(url: str) -> set[str]:
    host = re.match(r"https?://(\[[^\]]*\]|[^:/]*)", url)
    return {str(ipaddress.ip_address(host[1].strip("[]")))} if host else set()
