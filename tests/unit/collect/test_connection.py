"""One client's socket: order, limits, deadlines, and clients that are gone."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.collect.answers import SUCCESS, Response, error, unavailable
from headgate.collect.connection import (
    BODY_SECONDS,
    GRACE_SECONDS,
    HEADER_SECONDS,
    IDLE_SECONDS,
    LINGER_SECONDS,
    LONGEST_LINGER_SECONDS,
    MOST_A_TURN,
    MOST_BLANK,
    MOST_PIPELINED,
    SLOWEST,
    UNREAD_SECONDS,
)
from headgate.collect.heads import MAX_BODY
from tests.unit.collect.peer import (
    ADDRESS,
    CONTINUE,
    Peer,
    Server,
    bare,
    chunked,
    post,
    read_answers,
    turns,
)

SLOW = MAX_BODY - 1
"""Bytes of a body that is not there in one piece."""


# requests


def test_a_request_arrives_whole_however_it_was_cut() -> None:
    raw = post(b'{"a":1}', headers="Authorization: Basic d2s6\r\nOrigin: https://a.example\r\n")
    peer = Peer()
    for at in range(len(raw)):
        peer.say(raw[at : at + 1])
    ((request, _),) = peer.server.taken
    assert (request.body, request.authorization) == (b'{"a":1}', b"Basic d2s6")
    assert (request.origin, request.peer) == (b"https://a.example", ADDRESS)


def test_a_chunked_body_is_a_body() -> None:
    peer = Peer()
    peer.say(chunked(b'{"a"', b":1}") + post())
    assert peer.bodies() == [b'{"a":1}', b"{}"]


def test_answers_leave_in_the_order_of_the_requests() -> None:
    peer = Peer()
    peer.say(post() * 3)
    first, second, third = (reply for _, reply in peer.server.taken)
    third.send(SUCCESS)
    second.send(error(400, "bad_request", "no"))
    assert peer.statuses() == []
    first.send(SUCCESS)
    assert peer.statuses() == [200, 400, 200]


def test_empty_lines_before_a_request_are_passed_over_but_not_for_ever() -> None:
    peer = Peer()
    peer.say(b"\r\n\r\n" + post() + b"\r\n" + post())
    assert len(peer.server.taken) == 2
    peer.say(b"\r\n" * MOST_BLANK)
    peer.answer_all()
    assert peer.statuses() == [200, 200, 400]


def test_bare_line_feeds_before_a_request_are_refused() -> None:
    peer = Peer()
    peer.say(b"\r\n\n\n" + post())
    assert peer.statuses() == [400]


def test_head_is_answered_without_a_body_and_with_its_length() -> None:
    peer = Peer()
    peer.say(bare("HEAD", "/v1/pixel/track") + bare("HEAD", "/nothing") + post())
    peer.server.taken[0][1].respond(Response(200, b"picture"))
    peer.server.taken[1][1].send(SUCCESS)
    found, missing, posted = peer.told(b"HEAD", b"HEAD")
    assert (found.status, found.headers[b"content-length"], found.body) == (200, b"7", b"")
    assert (missing.status, missing.body) == (404, b"")
    assert int(missing.headers[b"content-length"]) > 0
    assert posted.body == b'{"success": true}'


@pytest.mark.parametrize("path", ["/v1/track", "/nothing", "*"])
def test_a_preflight_is_answered_at_once_wherever_it_asks(path: str) -> None:
    peer = Peer()
    asked = "Origin: https://a.example\r\nAccess-Control-Request-Headers: x-a, x-b\r\n"
    peer.say(bare("OPTIONS", path, asked))
    (answer,) = peer.told()
    assert answer.status == 204
    assert answer.headers[b"access-control-allow-origin"] == b"https://a.example"
    assert answer.headers[b"access-control-allow-headers"] == b"x-a, x-b"
    assert peer.server.taken == []


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_refused_request_is_read_and_the_connection_goes_on(body: bytes) -> None:
    peer = Peer()
    peer.say(post(body, path="/nothing") + post())
    peer.server.taken[0][1].send(SUCCESS)
    assert peer.statuses() == [404, 200]
    assert not peer.socket.closed
    assert [answer.code for answer in peer.server.away] == ["not_found"]


def test_a_refused_chunked_request_ends_the_connection() -> None:
    peer = Peer()
    peer.say(chunked(b"{}", path="/nothing") + post())
    assert (peer.statuses(), peer.server.taken) == ([404], [])
    assert peer.told()[0].headers[b"connection"] == b"close"


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),
        (b"POST /v1/track HTTP/1.1\nHost: h\n\n", 400),
        (b"POST /v1/track HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}", 400),
        (post(headers="Transfer-Encoding: chunked\r\n"), 400),
        (post(headers="X: " + "y" * 17_000 + "\r\n"), 431),
        (post(headers="".join(f"X-{n}: y\r\n" for n in range(101))), 431),
        (post(path="/" + "a" * 9000), 414),
        (post(b"x" * (MAX_BODY + 1)), 413),
        (post(headers="Expect: something\r\n"), 417),
        (chunked(b"x" * MAX_BODY, b"x"), 413),
        (chunked(b"x")[:-5] + b"junk\r\n\r\n", 400),
    ],
)
def test_what_breaks_a_limit_is_answered_once_and_ends_it(raw: bytes, status: int) -> None:
    peer = Peer()
    peer.say(raw)
    peer.say(post())
    assert peer.statuses() == [status]
    assert peer.told()[0].headers[b"connection"] == b"close"
    assert peer.server.taken == []
    assert (peer.socket.said_eof, peer.server.held) == (True, 0)
    assert [answer.status for answer in peer.server.away] == [status]


def test_a_large_body_is_refused_before_any_of_it_came() -> None:
    peer = Peer()
    peer.say(post(b"x" * (MAX_BODY + 1), headers="Expect: 100-continue\r\n")[:150])
    assert peer.statuses() == [413]


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    peer = Peer()
    peer.say(post() + b"nonsense\r\n\r\n")
    assert peer.socket.written == b""
    peer.answer_all()
    assert peer.statuses() == [200, 400]
    assert peer.socket.said_eof


# 100-continue


@pytest.mark.parametrize("raw", [post(b"{}"), chunked(b"{}")])
def test_expect_continue_is_granted_when_the_request_is_welcome(raw: bytes) -> None:
    head, _, body = raw.partition(b"\r\n\r\n")
    peer = Peer()
    peer.say(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert peer.socket.written == CONTINUE
    peer.say(body)
    peer.answer_all()
    assert peer.statuses() == [100, 200]


def test_nobody_is_asked_for_a_body_that_is_there_or_not_wanted() -> None:
    peer = Peer()
    peer.say(post(b"{}", headers="Expect: 100-continue\r\n"))
    peer.answer_all()
    peer.say(post(b"{}", path="/nothing", headers="Expect: 100-continue\r\n")[:-2])
    assert peer.statuses() == [200]


def test_http_1_0_knows_no_continue() -> None:
    peer = Peer()
    peer.say(b"POST /v1/track HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert peer.socket.written == b""


def test_a_continue_never_overtakes_an_earlier_answer() -> None:
    peer = Peer()
    peer.say(post() + post(headers="Expect: 100-continue\r\n")[:-2])
    assert not peer.socket.written.startswith(CONTINUE)


# pipelining


async def test_too_many_requests_without_an_answer_pause_the_client() -> None:
    peer = Peer()
    peer.say(post() * 40)
    assert (len(peer.server.taken), peer.socket.paused) == (MOST_PIPELINED + 1, True)
    peer.answer_all()
    await turns()
    assert (len(peer.server.taken), peer.socket.paused) == (40, False)
    peer.answer_all()
    assert peer.statuses() == [200] * 40


async def test_what_was_held_back_goes_before_what_comes_later() -> None:
    peer = Peer()
    raw = b"".join(post(b"%03d" % number) for number in range(45))
    peer.say(raw[:-20])
    peer.answer_all()
    peer.say(raw[-20:])  # before the connection goes on with what it held back
    await turns()
    peer.answer_all()
    assert peer.bodies() == [b"%03d" % number for number in range(45)]


async def test_one_client_does_not_keep_the_others_waiting() -> None:
    """Requests that are answered at once fill no queue, so their number is bounded by turns."""
    peer = Peer(Server(answers=True))
    peer.say(post() * (3 * MOST_A_TURN))
    assert len(peer.server.taken) == MOST_A_TURN
    for turn in (2, 3):
        assert peer.socket.paused, "what is not read yet must not grow meanwhile"
        await turns(1)
        assert len(peer.server.taken) == turn * MOST_A_TURN
    await turns()
    assert (len(peer.statuses()), peer.socket.paused) == (3 * MOST_A_TURN, False)


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


# deadlines


def test_a_head_has_its_time_from_its_first_byte_however_it_drips() -> None:
    peer = Peer()
    raw = post(headers="X: " + "y" * 500 + "\r\n")
    for at in range(int(HEADER_SECONDS)):
        peer.say(raw[at : at + 1])
        peer.wait(1)
        assert peer.statuses() == []
    peer.say(raw[20:21])
    peer.wait(1)
    assert (peer.statuses(), peer.socket.said_eof) == ([408], True)


def test_a_later_head_has_the_same_time() -> None:
    peer = Peer(Server(answers=True))
    peer.say(post())
    peer.wait(30)
    for part in (b"POST", b" /v1", b"/track"):
        peer.say(part)
        peer.wait(HEADER_SECONDS / 4)
    assert peer.statuses() == [200]
    peer.wait(HEADER_SECONDS)
    assert peer.statuses() == [200, 408]


def test_a_client_that_never_says_a_word_is_told() -> None:
    peer = Peer()
    peer.wait(HEADER_SECONDS + 1)
    assert peer.statuses() == [408]


def test_a_body_has_its_time_even_if_it_comes_fast_enough() -> None:
    peer = Peer()
    peer.say(post(b"x" * SLOW)[:-SLOW])
    for _ in range(int(BODY_SECONDS)):
        peer.say(b"x" * 2 * SLOWEST)
        peer.wait(1)
        assert peer.statuses() == []
    peer.wait(1)
    assert (peer.statuses(), peer.server.held) == ([408], 0)


@pytest.mark.parametrize(("rate", "is_told"), [(SLOWEST - 24, True), (SLOWEST + 24, False)])
@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_body_must_come_fast_enough(rate: int, is_told: bool, coding: str) -> None:  # noqa: FBT001
    peer = Peer()
    raw = chunked(b"x" * SLOW) if coding == "chunked" else post(b"x" * SLOW)
    peer.say(raw[: raw.index(b"\r\n\r\n") + 4])
    raw = raw[raw.index(b"\r\n\r\n") + 4 :]
    for second in range(int(GRACE_SECONDS) + 5):
        peer.say(raw[second * rate : (second + 1) * rate])
        peer.wait(1)
        assert peer.statuses() == [] or second >= GRACE_SECONDS
    assert peer.statuses() == ([408] if is_told else [])


def test_an_idle_connection_is_closed_without_a_word() -> None:
    peer = Peer(Server(answers=True))
    peer.say(post())
    peer.wait(IDLE_SECONDS)
    assert not peer.socket.closed
    peer.wait(1)
    assert (peer.socket.closed, peer.statuses()) == (True, [200])


def test_a_connection_that_waits_for_our_answer_does_not_expire() -> None:
    peer = Peer()
    peer.say(post())
    peer.wait(3 * IDLE_SECONDS)
    assert not peer.socket.closed
    peer.answer_all()
    assert peer.statuses() == [200]


def test_an_expiry_takes_no_answer_from_the_request_before_it() -> None:
    peer = Peer()
    peer.say(post() + post()[:20])
    peer.wait(HEADER_SECONDS + 5)
    assert not peer.socket.closed
    peer.answer_all()
    assert peer.statuses() == [200, 408]


def test_answers_that_nobody_reads_end_the_connection() -> None:
    peer = Peer()
    peer.connection.pause_writing()
    assert peer.socket.paused
    peer.wait(UNREAD_SECONDS)
    assert not peer.socket.closed
    peer.wait(1)
    assert peer.socket.aborted


async def test_a_client_that_reads_again_is_read_again() -> None:
    peer = Peer(Server(answers=True))
    peer.connection.pause_writing()
    peer.say(post() * 2)
    assert peer.server.taken == []
    peer.wait(UNREAD_SECONDS - 1)
    peer.connection.resume_writing()
    await turns()
    assert (peer.statuses(), peer.socket.paused) == ([200, 200], False)
    peer.wait(IDLE_SECONDS)
    assert not peer.socket.closed


def test_a_refused_body_is_passed_over_while_it_comes_but_not_for_ever() -> None:
    peer = Peer(Server(answers=True))
    peer.say(post())
    peer.wait(40)
    peer.say(post(b"x" * (MAX_BODY + 1)))
    assert peer.socket.said_eof
    for _ in range(int(LONGEST_LINGER_SECONDS)):
        assert (peer.socket.closed, peer.socket.paused) == (False, False)
        peer.say(post())
        peer.wait(1)
    peer.wait(2)
    assert (peer.socket.closed, peer.statuses()) == (True, [200, 413])


def test_a_refused_client_that_is_silent_is_closed_soon() -> None:
    peer = Peer()
    peer.say(post(b"x" * (MAX_BODY + 1)))
    peer.wait(LINGER_SECONDS + 1)
    assert (peer.socket.closed, peer.socket.aborted) == (True, False)


def test_a_refused_client_may_take_its_end_for_an_answer() -> None:
    peer = Peer()
    peer.say(b"nonsense\r\n\r\n")
    peer.finish()
    assert (peer.statuses(), peer.socket.closed) == ([400], True)


def test_over_tls_a_refusal_ends_in_time_too() -> None:
    peer = Peer(is_tls=True)
    peer.say(b"nonsense\r\n\r\n")
    peer.wait(LONGEST_LINGER_SECONDS)
    assert (peer.statuses(), peer.socket.closed) == ([400], True)


# admission


def test_a_socket_too_many_is_answered_and_never_counted() -> None:
    server = Server()
    server.refusing = unavailable("There are too many connections.")
    peer = Peer(server)
    peer.say(post())
    assert (peer.statuses(), server.taken) == ([503], [])
    assert b"retry-after" in peer.told()[0].headers
    peer.leave()
    assert (server.admitted, server.connections) == (0, set())


def test_an_admitted_socket_is_given_back_once() -> None:
    peer = Peer()
    assert (peer.server.admitted, len(peer.server.connections)) == (1, 1)
    peer.say(post() + b"nonsense\r\n\r\n")
    peer.leave()
    assert (peer.server.admitted, peer.server.connections) == (0, set())


def test_bytes_of_a_body_are_held_until_it_is_whole() -> None:
    peer = Peer()
    peer.say(post(b"x" * 1000)[:-400])
    peer.say(b"x" * 300)
    assert peer.server.held >= 900
    peer.say(b"x" * 100)
    assert (peer.server.held, peer.bodies()) == (0, [b"x" * 1000])


@pytest.mark.parametrize("raw", [post(b"x" * 900), chunked(b"x" * 900)])
def test_a_body_for_which_there_is_no_room_is_refused(raw: bytes) -> None:
    peer = Peer()
    peer.server.full = unavailable("Too many bytes are on their way.")
    peer.say(raw[:-300])
    assert (peer.statuses(), peer.server.held, peer.server.taken) == ([503], 0, [])


def test_only_a_trusted_proxy_says_for_whom_it_asks() -> None:
    for proxies, expected in ((set[str](), ADDRESS), ({ADDRESS}, "198.51.100.1")):
        server = Server()
        server.proxies = proxies
        peer = Peer(server)
        peer.say(post(headers="X-Forwarded-For: 198.51.100.1\r\n"))
        assert server.taken[0][0].peer == expected


# the end


def test_http_1_0_is_answered_and_closed() -> None:
    peer = Peer()
    peer.say(b"POST /v1/track HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
    peer.answer_all()
    assert peer.told()[0].headers[b"connection"] == b"close"
    assert peer.socket.closed


def test_an_answer_to_a_client_that_is_gone_harms_nobody() -> None:
    peer = Peer()
    peer.say(post())
    peer.socket.close()
    peer.server.taken[0][1].send(SUCCESS)
    peer.connection.connection_lost(None)
    peer.server.taken[0][1].send(SUCCESS)
    assert peer.server.connections == set()


async def test_a_client_that_went_while_it_was_held_back_harms_nobody() -> None:
    peer = Peer()
    peer.say(post() * 40)
    peer.answer_all()
    peer.leave()
    await turns()
    assert len(peer.server.taken) == MOST_PIPELINED + 1


def test_a_stop_closes_the_idle_and_finishes_the_others() -> None:
    idle, waiting, reading = (Peer(Server()) for _ in range(3))
    waiting.say(post())
    reading.say(post()[:-1])
    for peer in (idle, waiting, reading):
        peer.server.stopping = True
        peer.connection.close_when_idle()
    assert [peer.socket.closed for peer in (idle, waiting, reading)] == [True, False, False]
    reading.say(b"}")
    for peer in (waiting, reading):
        peer.answer_all()
        assert (peer.statuses(), peer.socket.closed) == ([200], True)
        assert peer.told()[0].headers[b"connection"] == b"close"


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
