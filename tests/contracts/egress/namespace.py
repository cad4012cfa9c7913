"""A network of our own, with loopback only, where every address there is leads back to us.

Whatever is dialled in it is answered, or refused, on this machine, and every SYN is seen.
"""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import os
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTER = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--net")
CURE = (
    "needs a network namespace (`unshare --net`): run the tests as root, or allow unprivileged user"
    " namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    " kernel.unprivileged_userns_clone=1"
)
_LOOPBACK = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 1
_NEW_ROUTE, _CREATE_AND_ACKNOWLEDGE = 24, 0x1 | 0x4 | 0x400
_LOCAL_TABLE, _STATIC, _HOST_SCOPE, _LOCAL, _OUTPUT = 255, 4, 254, 2, 4
_ALL_PROTOCOLS, _IPV4, _IPV6, _TCP, _SYN, _SYN_OR_ACK = 3, 0x0800, 0x86DD, 6, 2, 0x12
_PACKET, _STATISTICS = 263, 6
_ETHERNET, _LONGEST, _BUFFER = 14, 128, 1 << 24


class Dial(NamedTuple):
    """An attempt to connect: the address as text, and the port."""

    address: str
    port: int


def prepare() -> None:
    """Bring loopback up, and make every IPv4 and IPv6 address one of this machine."""
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise AssertionError("this is no network of our own: start with `unshare --net`")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        wanted = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack_from("h", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, wanted), 16)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _UP))
    for family in (socket.AF_INET, socket.AF_INET6):
        _route_all(family)


def _route_all(family: int) -> None:
    """`ip route add local default dev lo`."""
    message = struct.pack(
        "=BBBBBBBBI", family, 0, 0, 0, _LOCAL_TABLE, _STATIC, _HOST_SCOPE, _LOCAL, 0
    )
    message += struct.pack("=HHi", 8, _OUTPUT, _LOOPBACK)
    head = struct.pack("=IHHII", 16 + len(message), _NEW_ROUTE, _CREATE_AND_ACKNOWLEDGE, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as netlink:
        netlink.send(head + message)
        (code,) = struct.unpack_from("=i", netlink.recv(4096), 16)
    if code not in {0, -errno.EEXIST}:
        raise OSError(-code, os.strerror(-code))


class Seen:
    """Every attempt to open a TCP connection on loopback, whoever made it."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind(("lo", 0))
        self._socket.setblocking(False)  # noqa: FBT003 - the socket's signature

    def dials(self) -> set[Dial]:
        """Those since the last call; fails when there was too much to see all of it."""
        found = set(self._taken())
        _, dropped = struct.unpack("II", self._socket.getsockopt(_PACKET, _STATISTICS, 8))
        if dropped:
            raise AssertionError(f"{dropped} packets were not seen")
        return found

    def _taken(self) -> Iterator[Dial]:
        while True:
            try:
                packet = self._socket.recv(_LONGEST)
            except BlockingIOError:
                return
            dial = _dial(packet)
            if dial is not None:
                yield dial

    def close(self) -> None:
        self._socket.close()


def _dial(packet: bytes) -> Dial | None:
    """What a first packet of a connection asks for; None for any other packet."""
    (kind,) = struct.unpack_from("!H", packet, 12)
    if kind == _IPV4 and packet[_ETHERNET + 9] == _TCP:
        target, at = packet[_ETHERNET + 16 : _ETHERNET + 20], (packet[_ETHERNET] & 15) * 4
    elif kind == _IPV6 and packet[_ETHERNET + 6] == _TCP:
        target, at = packet[_ETHERNET + 24 : _ETHERNET + 40], 40
    else:
        return None
    (port,) = struct.unpack_from("!H", packet, _ETHERNET + at + 2)
    if packet[_ETHERNET + at + 13] & _SYN_OR_ACK != _SYN:
        return None
    return Dial(str(ipaddress.ip_address(target)), port)
