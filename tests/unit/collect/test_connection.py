"""One client's socket: order, limits, deadlines, and clients that are gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from headgate.collect.answers import SUCCESS, Answer, error
from headgate.collect.connection import (
    BODY_SECONDS,
    HEADER_SECONDS,
    IDLE_SECONDS,
    Connection,
    Reply,
)
from headgate.collect.request import MAX_BODY, Request


class Socket(asyncio.Transport):
    """Keeps what is written; raises after it is closed, as uvloop does."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False
        self.paused = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("203.0.113.7", 5000) if name == "peername" else default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.closed:
            raise RuntimeError("the transport is closed")
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Server:
    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.stopping = False
        self.taken: list[tuple[Request, Reply]] = []
        self.away: list[Answer] = []

    def handle(self, request: Request, reply: Reply) -> None:
        self.taken.append((request, reply))

    def refuse(self, request: Request) -> Answer | None:
        return None if request.path == b"/v1/track" else error(404, "not_found", "no")

    def turned_away(self, request: Request, answer: Answer) -> None:
        del request
        self.away.append(answer)


class Peer:
    """A connection, its server, its socket and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.server, self.socket = Server(), Socket()
        self.connection = Connection(self.server, lambda: self.now)
        self.connection.connection_made(self.socket)

    def say(self, data: bytes) -> None:
        self.connection.data_received(data)

    def statuses(self) -> list[int]:
        return [int(part[:3]) for part in self.socket.written.split(b"HTTP/1.1 ")[1:]]


def post(body: bytes = b"{}", path: str = "/v1/track", headers: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def test_a_request_arrives_whole_however_it_was_cut() -> None:
    raw = post(b'{"a":1}', headers="Authorization: Basic d2s6\r\nOrigin: https://a.example\r\n")
    peer = Peer()
    for at in range(len(raw)):
        peer.say(raw[at : at + 1])
    ((request, _),) = peer.server.taken
    assert (request.body, request.authorization) == (b'{"a":1}', b"Basic d2s6")
    assert (request.origin, request.peer) == (b"https://a.example", "203.0.113.7")


def test_answers_leave_in_the_order_of_the_requests() -> None:
    peer = Peer()
    peer.say(post() * 3)
    first, second, third = (reply for _, reply in peer.server.taken)
    third.send(SUCCESS)
    second.send(error(400, "bad_request", "no"))
    assert peer.statuses() == []
    first.send(SUCCESS)
    assert peer.statuses() == [200, 400, 200]


def test_an_answer_to_a_client_that_is_gone_harms_nobody() -> None:
    peer = Peer()
    peer.say(post())
    peer.socket.close()
    peer.server.taken[0][1].send(SUCCESS)
    peer.connection.connection_lost(None)
    peer.server.taken[0][1].send(SUCCESS)
    assert peer.server.connections == set()


def test_a_refused_path_is_answered_and_the_connection_goes_on() -> None:
    peer = Peer()
    peer.say(post(path="/nothing") + post())
    peer.server.taken[0][1].send(SUCCESS)
    assert peer.statuses() == [404, 200]
    assert not peer.socket.closed
    assert [answer.code for answer in peer.server.away] == ["not_found"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /v1/track HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 2\r\n\r\n{}", 400),
        (post(headers="X: " + "y" * 17_000 + "\r\n"), 431),
        (post(headers="".join(f"X-{n}: y\r\n" for n in range(101))), 431),
        (post(path="/" + "a" * 9000), 431),
        (post(b"x" * (MAX_BODY + 1)), 413),
        (post(headers="Transfer-Encoding: chunked\r\n"), 400),
    ],
)
def test_what_breaks_a_limit_is_answered_once_and_closed(raw: bytes, status: int) -> None:
    peer = Peer()
    peer.say(raw)
    peer.say(post())
    assert peer.statuses() == [status]
    assert peer.socket.closed
    assert peer.server.taken == []


def test_a_slow_head_and_a_slow_body_are_told_and_closed() -> None:
    for part, seconds in ((post()[:20], HEADER_SECONDS), (post(b"x" * 50)[:-9], BODY_SECONDS)):
        peer = Peer()
        peer.say(part)
        assert peer.connection.deadline == seconds
        peer.connection.expire()
        assert peer.statuses() == [408]
        assert peer.socket.closed


def test_an_idle_connection_is_closed_without_a_word() -> None:
    peer = Peer()
    peer.say(post())
    peer.server.taken[0][1].send(SUCCESS)
    assert peer.connection.deadline == IDLE_SECONDS
    peer.connection.expire()
    assert peer.socket.closed
    assert peer.statuses() == [200]


def test_a_connection_that_waits_for_our_answer_does_not_expire() -> None:
    peer = Peer()
    peer.say(post())
    peer.connection.expire()
    assert not peer.socket.closed


def test_expect_continue_is_granted_when_the_request_is_welcome() -> None:
    peer = Peer()
    raw = post(b"{}", headers="Expect: 100-continue\r\n")
    peer.say(raw[:-2])
    assert peer.socket.written == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_too_many_requests_without_an_answer_pause_the_client() -> None:
    peer = Peer()
    peer.say(post() * 40)
    paused = [peer.socket.paused]
    for _, reply in peer.server.taken:
        reply.send(SUCCESS)
    assert [*paused, peer.socket.paused] == [True, False]
    assert peer.statuses() == [200] * 40


def test_http_1_0_is_answered_and_closed() -> None:
    peer = Peer()
    peer.say(b"POST /v1/track HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
    peer.server.taken[0][1].send(SUCCESS)
    assert b"Connection: close" in peer.socket.written
    assert peer.socket.closed
