"""Requests on their way out: the guard, the resolver and the HTTP clients behind one port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.deliver.transport.curl import CurlTransport
from headgate.deliver.transport.egress import Egress
from headgate.deliver.transport.h1 import H1Transport
from headgate.deliver.transport.resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from headgate.kit.http.request import Request, Response

__all__ = ["CurlTransport", "Egress", "H1Transport", "HttpTransport", "Resolver"]

_PLAIN = "http://"


class HttpTransport:
    """The transport that deliver uses: each scheme goes where it is cheaper (decision 0002).

    Plain http goes through our own client at less than half of the cost, https through libcurl,
    which speaks HTTP/2. Both keep the rules of the port and share the guard and the resolver,
    which stays its maker's to close.
    """

    def __init__(self, egress: Egress, resolver: Resolver, *, ca_file: Path | None = None) -> None:
        self._plain = H1Transport(egress, resolver, ca_file=ca_file)
        self._curl = CurlTransport(egress, resolver, ca_file=ca_file)

    def send(self, request: Request) -> Coroutine[object, object, Response]:
        """Return the answer, whatever its status; raise `TransportError` when there is none."""
        chosen = self._plain if request.url.startswith(_PLAIN) else self._curl
        return chosen.send(request)

    async def close(self) -> None:
        """End what is under way with `reset` errors and drop every connection."""
        await self._plain.close()
        await self._curl.close()
