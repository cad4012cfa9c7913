"""One client's socket: a stream cut anywhere, and clients that close their half or go."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.collect.answers import SUCCESS
from headgate.collect.connection import LONGEST_LINGER_SECONDS
from tests.unit.collect.peer import Peer, bare, chunked, post, read_answers, turns

# the client closes its half


async def finished(raw: bytes) -> Peer:
    """A client that sends all it has and closes its half; then all is answered."""
    peer, is_over = Peer(), False
    peer.say(raw)
    for _ in range(10):
        if not peer.socket.paused and not is_over:
            is_over = True
            peer.finish()
        peer.answer_all()
        await turns()
    return peer


async def test_a_client_that_closes_its_half_gets_its_answers() -> None:
    closing = post(headers="Connection: close\r\n")
    old = b"POST /v1/track HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}"
    for raw, count in (
        (post(), 1),
        (post() * 3, 3),
        (closing, 1),
        (old, 1),
        (post() + closing, 2),
        (post() * 40, 40),
        (post() * 40 + closing, 41),
        (post(path="/nothing") * 200, 200),
        (post(path="/nothing") * 200 + closing, 201),
    ):
        peer = await finished(raw)
        assert (len(peer.statuses()), peer.socket.closed) == (count, True)


async def test_answers_before_a_refusal_are_given_to_a_client_that_closed_its_half() -> None:
    peer = await finished(post() + b"nonsense\r\n\r\n")
    assert peer.statuses() == [200, 400]


@pytest.mark.parametrize("raw", [post()[:20], post()[:-1], chunked(b"{}")[:-3]])
async def test_half_a_request_is_told_to_be_cut_off(raw: bytes) -> None:
    peer = await finished(post() + raw)
    assert peer.statuses() == [200, 400]
    peer.wait(LONGEST_LINGER_SECONDS + 2)
    assert (peer.socket.closed, peer.server.held) == (True, 0)


async def test_a_client_that_says_nothing_and_goes_is_let_go() -> None:
    peer = await finished(b"")
    assert (peer.socket.written, peer.socket.closed, peer.server.away) == (b"", True, [])


# any cut, any order, any end


_REQUESTS = st.lists(
    st.sampled_from(
        [
            post(b'{"a":1}'),
            post(b""),
            post(b"y" * 300),
            b"\r\n" + post(),
            chunked(b"abc", b"d" * 100, trailer=b"X: y\r\n"),
            chunked(),
            post(path="/nothing"),
            bare("GET"),
            bare("GET", "/v1/pixel/page?writeKey=a"),
            bare("OPTIONS"),
            post(headers="Origin: https://a.example\r\n"),
        ]
    ),
    max_size=12,
)
_ENDS = st.sampled_from(
    [
        b"",
        b"nonsense\r\n\r\n",
        post(headers="Connection: close\r\n"),
        post(headers="Host: twice\r\n"),
        post()[:-1],
        chunked(b"abc")[:-2],
        chunked(b"x")[:-5] + b"junk\r\n\r\n",
    ]
)


async def exchanged(raw: bytes, cuts: list[int], late: list[bool]) -> Peer:
    """Send a stream in pieces, answer some at once and some late, and close the own half."""
    peer, begin = Peer(), 0
    for number, end in enumerate([*sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]):
        peer.say(raw[begin:end])
        begin = end
        if not late[number % len(late)]:
            for _, reply in reversed(peer.server.taken):
                if reply.data is None:
                    reply.send(SUCCESS)
            await turns(3)
    for _ in range(len(raw)):
        if not peer.socket.paused:
            break
        peer.answer_all()
        await turns(3)
    peer.finish()
    for _ in range(4):
        peer.answer_all()
        await turns(3)
    return peer


def said(peer: Peer) -> bytes:
    """What was answered, but for where the end was told: that depends on when it was known."""
    return peer.socket.written.replace(b"Connection: close\r\n", b"")


@settings(deadline=None)
@given(
    _REQUESTS,
    st.integers(1, 8),
    _ENDS,
    st.lists(st.integers(0, 40_000), max_size=9),
    st.lists(st.booleans(), min_size=1, max_size=9),
)
def test_any_cut_of_a_stream_of_requests_gives_the_same_answers(
    requests: list[bytes], times: int, end: bytes, cuts: list[int], late: list[bool]
) -> None:
    raw = b"".join(requests) * times + end
    whole = asyncio.run(exchanged(raw, [], [False]))
    cut = asyncio.run(exchanged(raw, cuts, late))
    assert cut.bodies() == whole.bodies()
    assert said(cut) == said(whole)
    assert len(read_answers(cut.socket.written)) == len(requests) * times + bool(end)
    assert (cut.server.held, whole.server.held) == (0, 0)


@settings(deadline=None)
@given(_REQUESTS, _ENDS, st.integers(0, 5000), st.lists(st.integers(0, 5000), max_size=4))
def test_a_client_that_goes_at_any_moment_owes_nothing(
    requests: list[bytes], end: bytes, last: int, cuts: list[int]
) -> None:
    async def gone() -> Peer:
        raw, peer, begin = (b"".join(requests) + end)[:last], Peer(), 0
        for cut in [*sorted(cut for cut in cuts if cut < len(raw)), len(raw)]:
            peer.say(raw[begin:cut])
            begin = cut
        peer.leave()
        peer.answer_all()
        await turns(3)
        return peer

    server = asyncio.run(gone()).server
    assert (server.held, server.admitted, server.connections) == (0, 0, set())
