"""One client's socket: requests, their order, and what is lent to it."""

from __future__ import annotations

import pytest

from headgate.collect.answers import SUCCESS, Response, error, unavailable
from headgate.collect.connection import MOST_A_TURN, MOST_BLANK, MOST_PIPELINED
from headgate.collect.heads import MAX_BODY
from tests.unit.collect.peer import ADDRESS, CONTINUE, Peer, Server, bare, chunked, post, turns

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


def test_a_crowd_that_was_refused_is_ended_without_a_word() -> None:
    """Each that lingers to be told why holds a file, and the log needs some itself."""
    for is_crowded, said, aborted in ((False, [503], False), (True, [], True)):
        server = Server()
        server.refusing, server.crowded = unavailable("full"), is_crowded
        peer = Peer(server)
        assert (peer.statuses(), peer.socket.aborted) == (said, aborted)
