"""One name asked of the nameservers, driven by the event loop and over when it is cancelled."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pycares

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIRST_TRY = 1.0
_TRIES = 4
_SECOND_FAMILY = 0.2
"""Seconds that the other family may take once one has answered (after RFC 8305)."""
_TYPES = (pycares.QUERY_TYPE_A, pycares.QUERY_TYPE_AAAA)
_NO_SUCH_ADDRESS = {pycares.errno.ARES_ENODATA, pycares.errno.ARES_ENOTFOUND}


class Records(NamedTuple):
    """What the nameservers said: addresses in the order they came, and seconds they are good for.

    `failure` says why there are none.
    """

    addresses: tuple[str, ...]
    ttl: int
    failure: str = ""


async def look_up(host: str, nameservers: Sequence[str] = ()) -> Records:
    """Ask for the IPv4 and the IPv6 addresses at once; no nameservers means the system's.

    The name is asked for as it is, without search domains. It ends by itself when c-ares gives
    up, some seconds after the last try; the caller sets a sharper deadline by cancelling it.
    """
    try:
        lookup = _Lookup(asyncio.get_running_loop(), nameservers)
    except pycares.AresError as error:
        return Records((), 0, f"c-ares does not start: {error}")
    try:
        lookup.ask(host)
        return await lookup.records
    except pycares.AresError as error:
        return Records((), 0, str(error))
    finally:
        lookup.close()


class _Lookup:
    """Has a channel of its own, so that its cache, its port and its failures are nobody else's.

    c-ares keeps answers for up to an hour in the channel and cancels only a whole channel; one
    costs a quarter of a millisecond, and the resolver's cache makes lookups rare.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, nameservers: Sequence[str]) -> None:
        self._loop = loop
        self.records: asyncio.Future[Records] = loop.create_future()
        self._addresses: list[str] = []
        self._ttl: int | None = None
        self._errors: list[int] = []
        self._open = len(_TYPES)
        self._timer: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._sockets: set[int] = set()
        self._channel = pycares.Channel(
            servers=list(nameservers) or None,
            flags=pycares.ARES_FLAG_NOSEARCH | pycares.ARES_FLAG_EDNS,
            timeout=_FIRST_TRY,
            tries=_TRIES,
            sock_state_cb=self._on_socket,
        )

    def ask(self, host: str) -> None:
        for kind in _TYPES:
            self._channel.query(host, kind, callback=self._on_answer)
        self._wind()

    def close(self) -> None:
        """Free the sockets now; the channel itself is freed in pycares' own thread."""
        for timer in (self._timer, self._patience):
            if timer is not None:
                timer.cancel()
        self._timer = self._patience = None
        self._channel.cancel()
        for fd in tuple(self._sockets):
            self._on_socket(fd, False, False)  # noqa: FBT003 - the signature is c-ares'
        self._channel.close()

    def _on_socket(self, fd: int, readable: bool, writable: bool) -> None:  # noqa: FBT001 - c-ares'
        if readable or writable:
            self._sockets.add(fd)
        elif fd in self._sockets:
            self._sockets.remove(fd)
        else:
            return
        read = partial(self._advance, fd, pycares.ARES_SOCKET_BAD)
        write = partial(self._advance, pycares.ARES_SOCKET_BAD, fd)
        self._loop.add_reader(fd, read) if readable else self._loop.remove_reader(fd)
        self._loop.add_writer(fd, write) if writable else self._loop.remove_writer(fd)

    def _advance(self, readable: int, writable: int) -> None:
        self._channel.process_fd(readable, writable)
        self._wind()

    def _wind(self) -> None:
        """Set the clock for c-ares' next retry."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if not self.records.done() and self._open:
            nothing = pycares.ARES_SOCKET_BAD
            wait: float = self._channel.timeout()  # type: ignore[no-untyped-call]  # pycares' gap
            self._timer = self._loop.call_later(max(wait, 0.001), self._advance, nothing, nothing)

    def _on_answer(self, result: pycares.DNSResult | None, error: int | None) -> None:
        """Run inside c-ares: it swallows what is raised here, so nothing is but by us."""
        self._open -= 1
        if result is None:
            self._errors.append(error or pycares.errno.ARES_ENODATA)
        else:
            self._read(result)
        if not self._open:
            self._finish()
        elif self._addresses:
            self._patience = self._loop.call_later(_SECOND_FAMILY, self._finish)

    def _read(self, result: pycares.DNSResult) -> None:
        for record in result.answer:
            ttl = record.ttl if self._ttl is None else min(self._ttl, record.ttl)
            if isinstance(record.data, pycares.ARecordData | pycares.AAAARecordData):
                self._addresses.append(record.data.addr)
            self._ttl = ttl

    def _finish(self) -> None:
        if self.records.done():
            return
        failure = "" if self._addresses else _failure(self._errors)
        self.records.set_result(Records(tuple(self._addresses), self._ttl or 0, failure))


def _failure(errors: list[int]) -> str:
    real = [error for error in errors if error not in _NO_SUCH_ADDRESS] or errors
    if not real:
        return "it has no address"
    return str(pycares.errno.strerror(real[0]))
