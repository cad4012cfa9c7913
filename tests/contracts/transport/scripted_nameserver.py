"""A nameserver on loopback that answers from a table, or not at all."""

from __future__ import annotations

import asyncio
import ipaddress
import struct
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    Answer = Sequence[str] | int
    Names = Mapping[str, Sequence[Answer | None]]

_A, _AAAA = 1, 28
NXDOMAIN, SERVFAIL = 3, 2


class Nameserver(asyncio.DatagramProtocol):
    """Answers the n-th question for a name with its n-th list of addresses; the last one stays.

    A number instead of a list is an error code; None means silence. Names that are not in the
    table do not exist. `asked` counts the questions for IPv4 addresses.
    """

    def __init__(self, names: Names, ttl: int) -> None:
        self.names = names
        self.ttl = ttl
        self.delay = 0.0
        self.asked: Counter[str] = Counter()
        self.address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        host, port = transport.get_extra_info("sockname")[:2]
        self.address = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, kind, question = _question(data)
        if kind == _A:
            self.asked[name] += 1
        answer = self._answer(name)
        if answer is not None:
            reply = _reply(data[:2], question, kind, answer, self.ttl)
            asyncio.get_running_loop().call_later(self.delay, self._transport.sendto, reply, addr)

    def _answer(self, name: str) -> Answer | None:
        script = self.names.get(name, [NXDOMAIN])
        return script[min(max(self.asked[name], 1), len(script)) - 1]


def _question(data: bytes) -> tuple[str, int, bytes]:
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    kind = struct.unpack_from("!H", data, at + 1)[0]
    return ".".join(labels).lower(), kind, data[12 : at + 5]


def _reply(number: bytes, question: bytes, kind: int, answer: Answer, ttl: int) -> bytes:
    code = answer if isinstance(answer, int) else 0
    found = [] if isinstance(answer, int) else [ipaddress.ip_address(text) for text in answer]
    packed = [a.packed for a in found if (a.version == 4) == (kind == _A) and kind in (_A, _AAAA)]
    head = number + struct.pack("!HHHHH", 0x8180 | code, 1, len(packed), 0, 0)
    records = (struct.pack("!HHHIH", 0xC00C, kind, 1, ttl, len(p)) + p for p in packed)
    return head + question + b"".join(records)


@asynccontextmanager
async def naming(names: Names, *, ttl: int = 60) -> AsyncIterator[Nameserver]:
    """Answer on a loopback port until the block ends."""
    loop = asyncio.get_running_loop()
    transport, nameserver = await loop.create_datagram_endpoint(
        lambda: Nameserver(names, ttl), local_addr=("127.0.0.1", 0)
    )
    try:
        yield nameserver
    finally:
        transport.close()
