"""How each line of the file answers: by hand, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.faults.upstream.lines import LINES
from tests.faults.upstream.peer import whole

if TYPE_CHECKING:
    from tests.faults.upstream.endpoints import Endpoint
    from tests.faults.upstream.peer import Peer

Deed = Callable[["Peer"], Awaitable[None]]

FRESH = "fresh"
"""The access token that is good."""
NEVER_FIT, TOO_SOON = frozenset({3, 7}), 9
"""Items of a batch by the number at the end of their ids."""
MOST_BYTES = 100_000
MOST_A_SECOND = 10
CLOCK_WRONG_BY = 3600
"""Seconds by which the clock of one upstream is behind ours."""
DATE_AHEAD = 30
BOMB_BYTES = 50_000_000
SHORT, LATE = 9.5, 11.0
"""The file says 9.9: two busy cores are given a little more than a tenth of a second."""
XSS = b'{"message": "<script>alert(1)</script>"}'
NO_UTF8 = b'{"message": "caf\xe9 \xff\xfe"}' + b"\xff" * 6000
_BEGUN = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"
_SOON = 0.05


async def well(peer: Peer) -> None:
    await peer.answer()


async def silent(peer: Peer) -> None:
    await peer.gone()


async def unread(peer: Peer) -> None:
    """Take the connection and nothing that comes over it."""
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]  # streams read
    await asyncio.Event().wait()


async def closed(peer: Peer) -> None:
    peer.close()


async def status(peer: Peer, code: int, **headers: str) -> None:
    phrase = next((each.phrase for each in HTTPStatus if each == code), "So There")
    await peer.answer(f"{code} {phrase}", **headers)


async def interim(peer: Peer, code: int) -> None:
    await peer.say(f"HTTP/1.1 {code} Wait\r\n\r\n")
    await peer.gone()


async def elsewhere(peer: Peer, code: int, target: str) -> None:
    await status(peer, code, Location=target)


async def status_line(peer: Peer, line: str) -> None:
    await peer.say(f"HTTP/1.1 {line}\r\nContent-Length: 2\r\n\r\n{{}}")
    await peer.gone()


async def lone_refusal(peer: Peer) -> None:
    """Refuse the second message alone."""
    await status(peer, 403 if peer.ordinal == 2 else 200)


async def wait_until_date(peer: Peer, code: int, *, is_wrong: bool, ahead: float) -> None:
    """Name a date; an upstream whose clock is wrong says so in its own `Date`."""
    here = time.time() - (CLOCK_WRONG_BY if is_wrong else 0)
    date = {"Date": formatdate(here, usegmt=True)} if is_wrong else {}
    await status(peer, code, Retry_After=formatdate(here + ahead, usegmt=True), **date)


async def breaks(peer: Peer, begun: str, *, by_reset: bool) -> None:
    await peer.say(begun)
    await asyncio.sleep(_SOON)
    peer.reset() if by_reset else peer.close()


async def half_closed(peer: Peer) -> None:
    """Stop reading, answer, stop writing, and stay."""
    peer.socket.shutdown(socket.SHUT_RD)
    await peer.answer()
    peer.writer.write_eof()
    await asyncio.Event().wait()


async def dripped(peer: Peer, text: bytes) -> None:
    for byte in text:
        await peer.say(bytes((byte,)))
        await asyncio.sleep(1)


async def later(peer: Peer, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await peer.answer()


async def endless_body(peer: Peer) -> None:
    await peer.say("HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    while True:
        await peer.say(b"x" * 65536)


async def endless_chunks(peer: Peer) -> None:
    await peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        await peer.say(b"10000\r\n" + b"x" * 65536 + b"\r\n")


async def endless_headers(peer: Peer) -> None:
    await peer.say("HTTP/1.1 200 OK\r\n")
    while True:
        await peer.say(b"X-Endless: 0123456789\r\n" * 3000)


async def huge_header(peer: Peer) -> None:
    lines = b"X-Filler: " + b"f" * 988 + b"\r\n"
    await peer.say(b"HTTP/1.1 200 OK\r\n" + lines * 1000 + b"Content-Length: 2\r\n\r\n{}")
    await peer.gone()


@cache
def bomb() -> bytes:
    return gzip.compress(bytes(BOMB_BYTES))


async def bombs(peer: Peer) -> None:
    await peer.answer("200 OK", bomb(), Content_Encoding="gzip")


async def twice(peer: Peer) -> None:
    await peer.say(whole("200 OK") + whole("200 OK", b'{"forged": true}'))


async def early(peer: Peer, code: int) -> None:
    """Answer while the body is still under way; a refusal closes the connection."""
    if code == HTTPStatus.OK:
        await status(peer, code)
        await asyncio.sleep(_SOON)
        await peer.rest()
    else:
        await status(peer, code, Connection="close")
        await asyncio.sleep(_SOON)
        peer.close()
        await asyncio.Event().wait()


async def raw(peer: Peer, text: str, *, closes: bool) -> None:
    await peer.say(text)
    if closes:
        peer.close()
    await peer.gone()


async def closed_rudely(peer: Peer) -> None:
    """End the body by closing, without the farewell of TLS."""
    await peer.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
    peer.abort()


async def lies(peer: Peer) -> None:
    await peer.answer(Connection="keep-alive")
    peer.close()


async def dies(peer: Peer) -> None:
    """Take the second request of a connection, and end the connection instead of answering."""
    if peer.nth == 2:
        peer.reset()
    else:
        await peer.answer()


async def renews(peer: Peer) -> None:
    await peer.answer("200 OK", f'{{"access_token": "{FRESH}"}}'.encode())


async def asks_for_fresh(peer: Peer, code: int) -> None:
    is_fresh = peer.last is not None and peer.last.authorization == f"Bearer {FRESH}"
    await status(peer, 200 if is_fresh else code)


async def sorts(peer: Peer) -> None:
    """Answer for each item: some never fit, one comes too soon the first time."""
    messages = peer.last.messages if peer.last is not None else []
    statuses = [_sorted(each) for each in messages]
    await peer.answer("200 OK", f'{{"statuses": {statuses}}}'.encode())


def _sorted(message_id: str) -> int:
    number = int(message_id.rpartition("-")[2])
    if number in NEVER_FIT:
        return 400
    is_early = number == TOO_SOON and message_id not in _met
    _met.add(message_id)
    return 429 if is_early else 200


async def takes_few(peer: Peer) -> None:
    """Refuse what has too many items in the middle of its upload, and close."""
    if peer.length > MOST_BYTES:
        await early(peer, 413)
    peer.take(peer.headers, await peer.rest())
    await peer.answer()


async def limited(peer: Peer) -> None:
    """Take so many requests in any second, and refuse the others."""
    now = time.monotonic()
    while _taken and _taken[0] < now - 1:
        _taken.popleft()
    if len(_taken) >= MOST_A_SECOND:
        await status(peer, 429)
        return
    _taken.append(now)
    await peer.answer()


_met: set[str] = set()
_taken: deque[float] = deque()
AT_ONCE: dict[str, Deed] = {"uf_accept_noread": unread, "uf_close_at_once": closed}
"""Before anything was read."""
AT_HEAD: dict[str, Deed] = {
    "uf_early_200": partial(early, code=200),
    "uf_early_413": partial(early, code=413),
    "small": takes_few,
}
"""Before the body was read."""
_STATUS_LINES = {"uf_s099": "99 X", "uf_sneg": "-1 X", "uf_s2000": "2000 OK", "uf_stext": "OK"}
_WAITS = {"uf_ra_5": "5", "uf_ra_float": "1.5", "uf_ra_1e9": "1000000000", "uf_ra_bad": "soon"}
_BY_ID: dict[str, Deed] = {
    **{fault: partial(status_line, line=line) for fault, line in _STATUS_LINES.items()},
    "dying": dies,
    "tokens": renews,
    "revoked_tokens": lambda peer: peer.answer("400 Bad Request", b'{"error": "invalid_grant"}'),
    "revoked": partial(status, code=401),
    "items": sorts,
    "limited": limited,
    "endless_body": endless_body,
    "endless_chunks": endless_chunks,
    "endless_headers": endless_headers,
    "uf_ra_on200": partial(status, code=200, Retry_After="60"),
    "uf_ra_on503": partial(status, code=503, Retry_After="120"),
    "uf_accept_silent": silent,
    "uf_rst_mid_answer": partial(breaks, begun=_BEGUN, by_reset=True),
    "uf_rst_mid_headers": partial(breaks, begun="HTTP/1.1 200 OK\r\nCont", by_reset=True),
    "uf_half_close": half_closed,
    "uf_slow_1bps": partial(dripped, text=whole("200 OK")),
    "uf_slow_headers": partial(dripped, text=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60),
    "uf_slow_9s": partial(later, seconds=SHORT),
    "uf_slow_11s": partial(later, seconds=LATE),
    "uf_huge_body": endless_body,
    "uf_huge_header": huge_header,
    "uf_gzip_bomb": bombs,
    "uf_cl_short": partial(breaks, begun=_BEGUN, by_reset=False),
    "uf_two_answers": twice,
    "uf_garbage": partial(raw, text="hello\r\n", closes=False),
    "uf_h09": partial(raw, text="<html><body>welcome</body></html>", closes=True),
    "uf_set_cookie": partial(status, code=200, Set_Cookie="session=5d41402abc; Path=/"),
    "uf_bad_utf8_body": lambda peer: peer.answer("500 Internal Server Error", NO_UTF8),
    "uf_xss_body": lambda peer: peer.answer("400 Bad Request", XSS),
    "uf_keepalive_lie": lies,
    "uf_tls_close_notify": closed_rudely,
    "uf_s101": partial(
        raw,
        text="HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        closes=False,
    ),
}


def of(endpoint: Endpoint, target: str) -> Deed:
    """How an endpoint answers a request that it has read; `target` is where redirects lead."""
    fault = endpoint.fault
    if endpoint.variant == "oauth":
        return partial(asks_for_fresh, code=_STATUSES[fault])
    if fault == "uf_s403" and endpoint.variant != "row":
        return lone_refusal
    if fault in _BY_ID:
        return _BY_ID[fault]
    if fault in _STATUSES:
        return _by_status(_STATUSES[fault], target)
    return _slows_down(endpoint)


def _slows_down(endpoint: Endpoint) -> Deed:
    """Say when to come again with 429, and over TLS with 503; or be well."""
    fault, busy = endpoint.fault, 503 if endpoint.secure else 429
    if fault in _WAITS:
        return partial(status, code=busy, Retry_After=_WAITS[fault])
    if fault in {"uf_ra_date", "uf_ra_past"}:
        ahead = DATE_AHEAD if fault == "uf_ra_date" else -DATE_AHEAD
        return partial(wait_until_date, code=busy, is_wrong=not endpoint.secure, ahead=ahead)
    return well


_STATUSES = {
    line.id: int(line.id.removeprefix("uf_s"))
    for line in LINES
    if line.group == "status" and line.id.removeprefix("uf_s").isdigit()
}


def _by_status(code: int, target: str) -> Deed:
    if code < HTTPStatus.OK:
        return partial(interim, code=code)
    if HTTPStatus.MULTIPLE_CHOICES <= code < HTTPStatus.BAD_REQUEST:
        return partial(elsewhere, code=code, target=target)
    return partial(status, code=code)
