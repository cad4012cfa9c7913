"""The receiver does what its scripts say and remembers it, come what may."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING

import pytest

from tests.harness.receiver import HANG, OK, RESET, SECRET, Receiver, Step, failing, slow, until
from tests.harness.sending import exchange, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b'{"messageId": "m-1", "type": "track"}'


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as started:
        yield started


def send(receiver: Receiver, path: str = "/hook", seconds: float = 10, **headers: str) -> int:
    listed = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return exchange(receiver.url(), request("POST", path, listed, BODY), seconds).status


def test_a_request_is_recorded_as_it_came(receiver: Receiver) -> None:
    began = time.monotonic()
    assert send(receiver, Idempotency_Key="k-1") == 200
    (received,) = receiver.received("/hook")
    assert began <= received.at <= time.monotonic()
    assert (received.message_id, received.key, received.status) == ("m-1", "k-1", 200)
    assert received.digest == hashlib.sha256(BODY).hexdigest()
    assert received.signed == "none"


def test_a_script_is_followed_and_its_last_step_stays(receiver: Receiver) -> None:
    receiver.script("/hook", failing(503, Retry_After="2"), failing(429), OK)
    assert [send(receiver) for _ in range(4)] == [503, 429, 200, 200]
    assert send(receiver, "/other") == 200
    assert [each.is_taken for each in receiver.received("/hook")] == [False, False, True, True]


def test_slow_and_dripping_answers_take_their_time(receiver: Receiver) -> None:
    receiver.script("/hook", slow(0.2), Step(do="drip", seconds=0.005))
    times = [timed(receiver) for _ in range(2)]
    assert min(times) >= 0.2


def timed(receiver: Receiver) -> float:
    began = time.monotonic()
    assert send(receiver) == 200
    return time.monotonic() - began


def test_a_hang_and_a_reset_give_no_answer(receiver: Receiver) -> None:
    receiver.script("/hook", HANG, RESET)
    with pytest.raises(TimeoutError):
        send(receiver, seconds=0.3)
    with pytest.raises(ConnectionError):
        send(receiver)
    assert [each.status for each in receiver.received()] == [None, None]


def test_records_survive_the_kill_and_go_on_at_the_same_port(receiver: Receiver) -> None:
    port = receiver.port
    assert send(receiver) == 200
    receiver.kill()
    with pytest.raises(ConnectionError):
        send(receiver)
    receiver.start()
    assert send(receiver) == 200
    assert receiver.port == port
    assert len(receiver.taken("/hook")) == 2


def test_a_forged_signature_is_seen(receiver: Receiver) -> None:
    good = hmac.new(SECRET.encode(), BODY, hashlib.sha1).hexdigest()
    assert send(receiver, X_Signature=good) == 200
    (received,) = receiver.received()
    assert received.signed == "forged", "one of the two signatures is missing"


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(AssertionError, match="in vain for the moon"):
        until(lambda: False, 0.05, "the moon")
