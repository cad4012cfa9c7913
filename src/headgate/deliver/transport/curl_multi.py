"""libcurl's multi interface on the event loop: sockets in an epoll of its own, one timer."""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

import pycurl

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    Done = Callable[[pycurl.Curl, int, str], None]

_KEPT_CONNECTIONS = 2048
_ENDS_KEPT = 8192
_EVENTS = 64
"""Sockets served in one turn of the loop, so that many TLS handshakes do not hold it up."""
_IN, _OUT, _ERROR = select.EPOLLIN, select.EPOLLOUT, select.EPOLLERR
_READ = _IN | select.EPOLLPRI | select.EPOLLHUP | select.EPOLLRDHUP


class Multi:
    """Runs many transfers and says by `done(handle, code, message)` how each ended, 0 being well.

    The sockets stand in one epoll, and the loop watches only that: libcurl changes its mind
    about a socket twice a request, which as readers of the loop costs 6 us and in an epoll 1 us.
    Nothing but `is_gone` may be called from inside a callback of libcurl; `done` never is.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, done: Done) -> None:
        self._loop = loop
        self._done = done
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._timer: asyncio.Handle | None = None
        self._set_for = 0.0
        self._due: float | None = None
        self._kick: asyncio.Handle | None = None
        self._running = 0
        self._sockets: dict[tuple[str, int], tuple[int, int]] = {}
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._on_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, _KEPT_CONNECTIONS)
        loop.add_reader(self._epoll.fileno(), self._on_events)

    def add(self, handle: pycurl.Curl) -> None:
        """Start a transfer; the first step is taken in the next turn of the loop."""
        self._multi.add_handle(handle)
        self._running += 1

    def remove(self, handle: pycurl.Curl) -> None:
        """Stop a transfer at once; its `done` is not called."""
        self._multi.remove_handle(handle)
        self._running -= 1

    def is_gone(self, own_address: str, own_port: int) -> bool:
        """Whether the kept connection that has this end here may not be used again.

        Either the other side closed it, or it said something nobody asked for, which would
        answer the next request. libcurl looks only at connections that rested for a second or
        more. A wrong yes costs a new connection, so what is not known counts as good.
        """
        end = (own_address, own_port)
        if end not in self._sockets:
            return False
        look = select.poll()
        look.register(*self._sockets[end])
        gone = bool(look.poll(0))
        if gone:
            del self._sockets[end]
        return gone

    def close(self) -> None:
        """Close every connection, once; transfers must have been removed before."""
        if self._epoll.closed:
            return
        self._loop.remove_reader(self._epoll.fileno())
        for timer in (self._timer, self._kick):
            if timer is not None:
                timer.cancel()
        self._multi.close()
        self._epoll.close()

    # Called by libcurl. What is raised is swallowed, or makes it give up every transfer for good.

    def _on_socket(self, what: int, fd: int, _multi: pycurl.CurlMulti, _data: object) -> None:
        try:
            self._watch(fd, what)
        except OSError as fault:
            self._loop.call_exception_handler(
                {"message": "a socket of libcurl cannot be watched", "exception": fault}
            )

    def _watch(self, fd: int, what: int) -> None:
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            self._epoll.unregister(fd)
            return
        events = (_IN if what & pycurl.POLL_IN else 0) | (_OUT if what & pycurl.POLL_OUT else 0)
        if fd in self._watched:
            self._epoll.modify(fd, events)
        else:
            self._watched.add(fd)
            self._epoll.register(fd, events)

    def _on_timer(self, milliseconds: int) -> None:
        """Note when libcurl wants to be called; a timer that is set for earlier stays."""
        if milliseconds == 0:
            if self._kick is None:
                self._kick = self._loop.call_soon(self._on_kick)
            return
        self._due = None if milliseconds < 0 else self._loop.time() + milliseconds / 1000
        if self._due is not None and (self._timer is None or self._set_for > self._due):
            self._set_timer(self._due)

    # Called by the event loop.

    def _on_kick(self) -> None:
        self._kick = None
        self._collect(self._act(pycurl.SOCKET_TIMEOUT, 0))

    def _on_time(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._loop.time():
            self._set_timer(self._due)
            return
        self._due = None
        self._collect(self._act(pycurl.SOCKET_TIMEOUT, 0))

    def _set_timer(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._set_for = self._loop.call_at(due, self._on_time), due

    def _on_events(self) -> None:
        running = self._running
        for fd, events in self._epoll.poll(0, _EVENTS):
            mask = pycurl.CSELECT_OUT if events & _OUT else 0
            if events & _READ:
                mask |= pycurl.CSELECT_IN
            if events & _ERROR:
                mask |= pycurl.CSELECT_ERR
            running = self._act(fd, mask)
        self._collect(running)

    def _act(self, fd: int, mask: int) -> int:
        _, running = self._multi.socket_action(fd, mask)
        return running

    def _collect(self, running: int) -> None:
        if running == self._running:
            return
        _, well, ill = self._multi.info_read()
        for handle in well:
            self._remember(handle)
            self.remove(handle)
            self._done(handle, 0, "")
        for handle, code, message in ill:
            self.remove(handle)
            self._done(handle, code, message)

    def _remember(self, handle: pycurl.Curl) -> None:
        """Note which socket a connection has, by its own end: libcurl names no other mark.

        Over HTTP/2 the other side may speak at any time; over HTTP/1 it must not.
        """
        if len(self._sockets) >= _ENDS_KEPT:
            self._sockets.clear()
        end = (handle.getinfo(pycurl.LOCAL_IP), handle.getinfo(pycurl.LOCAL_PORT))
        speaks = handle.getinfo(pycurl.INFO_HTTP_VERSION) >= pycurl.CURL_HTTP_VERSION_2_0
        bad = select.POLLRDHUP if speaks else select.POLLRDHUP | select.POLLIN
        fd = handle.getinfo(pycurl.ACTIVESOCKET)
        if fd >= 0:
            self._sockets[end] = (fd, bad)
        else:
            self._sockets.pop(end, None)
