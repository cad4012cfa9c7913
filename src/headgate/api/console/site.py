"""Where people reach the web app: the one origin, and what links into it begin with."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

_PORTS: Final = {"http": 80, "https": 443}


class Origin(NamedTuple):
    scheme: str
    host: str
    port: int


class Site(NamedTuple):
    """`url` is the operator's word on where people reach it, None where nobody gave it.

    Then `base` is the address that is listened on. Links begin with either, never with a `Host`
    that somebody sent.
    """

    url: str | None = None
    base: str = "http://127.0.0.1:8081"

    @property
    def is_secure(self) -> bool:
        return self._where.startswith("https:")

    @property
    def _where(self) -> str:
        return self.url or self.base

    def link(self, page: str, secret: str) -> str:
        """A page with a secret in the part of the address that no browser sends anywhere."""
        return f"{self._where}/app/{page}#{secret}"

    def origin(self, host: str) -> Origin | None:
        """Ours, when this `Host` is a name of ours; None for another.

        Without `url` the names are those that nobody's DNS decides on: addresses, `localhost`, and
        the name that is listened on. So no foreign name that leads here can pass for our origin.
        """
        ours = _parsed(self._where)
        told = _parsed(f"{ours.scheme}://{host}") if ours else None
        if ours is None or told is None:
            return None
        if self.url is not None:
            return ours if told == ours else None
        return told if told.host in {"localhost", ours.host} or _is_address(told.host) else None

    def is_ours(self, origin: str, host: str) -> bool:
        """Whether an `Origin` is that of our own pages, as they were asked for by this `Host`."""
        told = _parsed(origin)
        return told is not None and told == self.origin(host)


def _parsed(url: str) -> Origin | None:
    """None for what is no origin: with a path, a user, or a port that cannot be."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts != SplitResult(parts.scheme, parts.netloc, "", "", ""):
        return None
    if "@" in parts.netloc:
        return None
    return Origin(parts.scheme, parts.hostname, port)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
