"""One client's socket: how long it may take."""

from __future__ import annotations

import pytest

from headgate.collect.connection import (
    BODY_SECONDS,
    GRACE_SECONDS,
    HEADER_SECONDS,
    IDLE_SECONDS,
    LINGER_SECONDS,
    LONGEST_LINGER_SECONDS,
    SLOWEST,
    UNREAD_SECONDS,
)
from headgate.collect.heads import MAX_BODY
from tests.unit.collect.peer import Peer, Server, chunked, post, turns

SLOW = MAX_BODY - 1
"""Bytes of a body that is not there in one piece."""


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
