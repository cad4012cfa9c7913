"""From an origin to the checked addresses that may be dialled for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.deliver.transport.egress import Egress, Origin
    from headgate.deliver.transport.resolver import Resolver

_PLANS_KEPT = 4096
_FOR_EVER = float("inf")


class Plan:
    """The addresses of one origin, all checked; the one that worked last comes first."""

    __slots__ = ("_first", "addresses", "expires")

    def __init__(self, addresses: tuple[str, ...], expires: float) -> None:
        self.addresses = addresses
        self.expires = expires
        self._first = 0

    def order(self) -> tuple[str, ...]:
        """Return the addresses in the order in which to try them."""
        first = self._first
        return self.addresses[first:] + self.addresses[:first] if first else self.addresses

    def failed(self, address: str) -> None:
        """Begin with the next address from now on, if this was the one to begin with."""
        if self.addresses[self._first] == address:
            self._first = (self._first + 1) % len(self.addresses)


class Dialer:
    """Resolves and checks once for each answer of the resolver, not for each request.

    Every request looks at the plan that holds now, so an answer that turns private stops the
    use of connections that were opened before (reliability section 4, row 7).
    """

    def __init__(
        self, egress: Egress, resolver: Resolver, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.egress = egress
        self._resolver = resolver
        self._now = now
        self._plans: dict[str, Plan] = {}

    def known(self, origin: Origin) -> Plan | None:
        """Return the plan that still holds."""
        plan = self._plans.get(origin.key)
        return plan if plan is not None and self._now() < plan.expires else None

    async def find(self, origin: Origin, within: float) -> Plan:
        """Return the plan, resolving if need be; raise `TransportError` as `dns` or `blocked`."""
        if origin.literal:
            return self._keep(origin, (origin.literal,), _FOR_EVER)
        answer = await self._resolver.resolve(origin.host, within)
        addresses = self.egress.check_addresses(origin, answer.addresses)
        return self._keep(origin, addresses, answer.expires)

    def _keep(self, origin: Origin, addresses: tuple[str, ...], expires: float) -> Plan:
        if len(self._plans) >= _PLANS_KEPT:
            self._plans.clear()
        plan = self._plans[origin.key] = Plan(tuple(dict.fromkeys(addresses)), expires)
        return plan
