"""How fast somebody may guess: what fails makes the next try wait, and that is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from headgate.control.errors import TooSoon

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE_MS: Final = 60_000
FORGET_MS: Final = 24 * 60 * MINUTE_MS
"""After so long without a try nothing is known of a key any more."""
MOST_KEYS: Final = 50_000
"""How many are remembered; then the one that was tried longest ago is forgotten."""
_LONGEST_NAME: Final = 300
_SUBNET: Final = 64
"""One IPv6 client has as many addresses as this prefix leaves."""

Kind = Literal["pair", "address", "account", "code"]


class Key(NamedTuple):
    """What tries are counted by."""

    kind: Kind
    name: str


class Pace(NamedTuple):
    """After `free` failures each wait is twice the one before, from a second to the longest.

    Where `forgiven_ms` is not 0, one failure is forgiven each time that it has passed.
    """

    free: int
    longest_ms: int
    forgiven_ms: int = 0

    def wait_ms(self, failures: int) -> int:
        if failures < self.free:
            return 0
        return min(self.longest_ms, 1000 << min(failures - self.free, 30))


PACES: Final[dict[Kind, Pace]] = {
    "pair": Pace(5, 15 * MINUTE_MS),
    "address": Pace(30, 15 * MINUTE_MS, MINUTE_MS),
    "account": Pace(100, MINUTE_MS, MINUTE_MS),
    "code": Pace(5, 15 * MINUTE_MS),
}
"""`pair` is an account from one address, and the only one that counts where somebody got into that
account from that address before. So strangers keep nobody out who is known there, neither those
who try from everywhere nor those who share an address; many people behind one are forgiven."""


@dataclass
class _Tries:
    failures: int
    last: int
    next_at: int
    forgiven_at: int


class Throttle:
    """Counts in memory: a restart forgets, and nobody from outside can bring one about."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._tries: OrderedDict[Key, _Tries] = OrderedDict()
        self._proven: OrderedDict[Key, None] = OrderedDict()

    def keys(self, account: str, address: str) -> tuple[Key, ...]:
        """What a password for an account, from an address, counts for."""
        pair = _pair(account, address)
        with self._lock:
            if pair in self._proven:
                return (pair,)
        return (pair, Key("address", _net(address)), Key("account", account[:_LONGEST_NAME]))

    def code(self, user: str) -> tuple[Key, ...]:
        """What a code of the second factor counts for: who tries one has the password."""
        return (Key("code", user),)

    def enter(self, keys: Sequence[Key], now: int) -> None:
        """Count a try as failed before it is known: so many at once gain nothing.

        Raises TooSoon, and then it does not count.
        """
        with self._lock:
            tries = {key: self._of(key, now) for key in keys}
            wait = max(each.next_at - now for each in tries.values())
            if wait > 0:
                raise TooSoon(wait)
            for key, each in tries.items():
                _fail(key, each, now)

    def passed(self, keys: Sequence[Key]) -> None:
        """It did not fail: an account's own count begins anew, an address's is one less.

        Else whoever has one account could guess at the others for ever.
        """
        with self._lock:
            for key in keys:
                if key.kind in {"pair", "code"}:
                    self._tries.pop(key, None)
                elif key in self._tries:
                    self._tries[key].failures = max(0, self._tries[key].failures - 1)
                    self._tries[key].next_at = 0
                if key.kind == "pair":
                    self._proven[key] = None
                    _keep_most(self._proven)

    def forget(self, account: str, user: str) -> None:
        """Somebody proved in another way to have the account."""
        mine = (Key("account", account), Key("code", user))
        with self._lock:
            for key in mine:
                self._tries.pop(key, None)

    def _of(self, key: Key, now: int) -> _Tries:
        """What is still held against it."""
        tries = self._tries.get(key)
        if tries is None or now - tries.last >= FORGET_MS:
            tries = self._tries[key] = _Tries(0, now, 0, now)
        _forgive(key, tries, now)
        self._tries.move_to_end(key)
        _keep_most(self._tries)
        return tries


def _forgive(key: Key, tries: _Tries, now: int) -> None:
    """Where a clock was set back nobody waits longer than the longest for it."""
    pace = PACES[key.kind]
    if now < tries.last:
        tries.last = tries.forgiven_at = now
        tries.next_at = min(tries.next_at, now + pace.longest_ms)
    if pace.forgiven_ms:
        count = (now - tries.forgiven_at) // pace.forgiven_ms
        tries.forgiven_at += count * pace.forgiven_ms
        tries.failures = max(0, tries.failures - count)


def _fail(key: Key, tries: _Tries, now: int) -> None:
    tries.failures += 1
    tries.last, tries.next_at = now, now + PACES[key.kind].wait_ms(tries.failures)


def _keep_most(kept: OrderedDict[Key, Any]) -> None:
    while len(kept) > MOST_KEYS:
        kept.popitem(last=False)


def _pair(account: str, address: str) -> Key:
    return Key("pair", f"{_net(address)} {account[:_LONGEST_NAME]}")


def _net(address: str) -> str:
    try:
        told = ip_address(address)
    except ValueError:
        return address
    if not isinstance(told, IPv6Address):
        return address
    return str(ip_network((told, _SUBNET), strict=False))
