"""An upstream that takes a request over HTTP/2 and says goodbye instead of answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contracts.transport import h2_server as h2

if TYPE_CHECKING:
    from tests.faults.upstream.peer import Peer

_NOTHING_DONE = bytes(8)
"""The last stream that was worked on, none, and no error."""


async def says_goodbye(peer: Peer) -> None:
    """Read one request to its end, note its body, send GOAWAY and close."""
    await peer.reader.readexactly(len(h2._PREFACE))
    await peer.say(h2._frame(h2._SETTINGS, 0, 0))
    body = b""
    while True:
        head = await peer.reader.readexactly(9)
        kind, flags = head[3], head[4]
        payload = await peer.reader.readexactly(int.from_bytes(head[:3], "big"))
        if kind == h2._SETTINGS and not flags & h2._ACK:
            await peer.say(h2._frame(kind, h2._ACK, 0))
        body += payload if kind == h2._DATA else b""
        if kind in (h2._HEADERS, h2._DATA) and flags & h2._END_STREAM:
            break
    peer.take({}, body)
    await peer.say(h2._frame(h2._GOAWAY, 0, 0, _NOTHING_DONE))
    peer.close()
