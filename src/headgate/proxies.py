"""Where a request really comes from, when a proxy that is trusted stands in front."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def plain(address: str) -> str:
    """An IPv4 address as itself: a listener on `[::]` sees it mapped into IPv6."""
    return address.removeprefix("::ffff:") if "." in address else address


def _bare(named: str) -> str:
    """An address as proxies write it, without the port that some add: `1.2.3.4:5`, `[::1]:5`."""
    named = named.strip()
    if named.startswith("["):
        return named[1:].partition("]")[0]
    return named.partition(":")[0] if named.count(":") == 1 else named


class Proxies:
    """The networks whose word on `X-Forwarded-For` is taken (contract section 1)."""

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self.is_proxy = lru_cache(maxsize=4096)(self._is_trusted)

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)

    def client(self, forwarded_for: bytes, peer: str) -> str:
        """The last address in the chain that no trusted proxy stands for; else the first one.

        What stands left of it may be anybody's invention.
        """
        named = [_bare(part) for part in forwarded_for.decode("latin-1").split(",")]
        for address in reversed([part for part in named if part]):
            try:
                ip_address(address)
            except ValueError:
                return peer
            peer = address
            if not self.is_proxy(address):
                break
        return peer
