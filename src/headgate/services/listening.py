"""Sockets that listen, within what one client may cost."""

from __future__ import annotations

import socket

from headgate.settings import address

_LIMITS = (
    (socket.SOL_SOCKET, socket.SO_SNDBUF, 128 * 1024),
    (socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000),
)
"""What one client that does not read may cost the kernel: half a megabyte, for half a minute."""


def listening(where: str) -> socket.socket:
    """A listening socket; raises `OSError` that names the address."""
    host, port = address(where)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    for level, option, value in _LIMITS:  # accepted sockets have them, too
        sock.setsockopt(level, option, value)
    try:
        sock.bind((host, port))
    except OverflowError:
        sock.close()
        raise ValueError(f"{where} is no address: a port is at most 65535") from None
    except OSError as error:
        sock.close()
        raise OSError(f"{where} cannot be listened on: {error.strerror}") from None
    sock.listen(1024)
    return sock
