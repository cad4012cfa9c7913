"""No connection waits for another one."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pytest

from tests.harness.checks import check
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import tell
from tests.harness.receiver import HANG, slow, until
from tests.harness.sending import fresh, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.harness.system import Headgate

EVENTS = 400
LOWEST_RATIO = 0.7
ANSWER_SECONDS = 0.02
SLOTS = {"HEADGATE_SLOTS": "8"}
"""Slow answers and few slots: the pace is set by the gate, not by what else this machine does."""


@pytest.fixture
def black_hole() -> Iterator[Mapping[str, str]]:
    """A name server that takes every question and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        yield {"HEADGATE_NAMESERVERS": f"127.0.0.1:{silent.getsockname()[1]}"}


def send_all(headgate: Headgate) -> tuple[float, list[str]]:
    """When the first event was sent, by the machine's monotonic clock, and all ids."""
    began = time.monotonic()
    return began, send(headgate.ready.collect, fresh(EVENTS))


def last_arrival(receiver: Receiver, path: str) -> float:
    return max(each.at for each in receiver.taken(path))


def test_hanging_and_unresolvable_destinations_slow_down_nobody_else(
    start: Start, receiver: Receiver, black_hole: Mapping[str, str]
) -> None:
    headgate = start(environ={**black_hole, **SLOTS})
    receiver.script("/healthy", slow(ANSWER_SECONDS))
    receiver.script("/hanging", HANG)
    healthy = connection("healthy", receiver.url("/healthy"))
    headgate.apply(declaration(healthy))
    began, first = send_all(headgate)
    receiver.wait(EVENTS, "/healthy")
    alone = last_arrival(receiver, "/healthy") - began

    hanging = connection("hanging", receiver.url("/hanging"))
    dead = connection("dead", "https://dead.example.com/hook")
    headgate.apply(declaration(healthy, hanging, dead))
    began, second = send_all(headgate)
    receiver.wait(2 * EVENTS, "/healthy")
    beside = last_arrival(receiver, "/healthy") - began

    taken = {"healthy": receiver.taken("/healthy"), "hanging": receiver.taken("/hanging")}
    checked = check(headgate, acknowledged=[*first, *second], taken=taken)
    assert checked.rows["healthy"].delivered == 2 * EVENTS
    for name in ("hanging", "dead"):
        row = checked.rows[name]
        assert (row.received, row.pending, row.ended()) == (EVENTS, EVENTS, {}), row
    assert len(receiver.received("/hanging")) >= 8, "its slots are taken"
    assert_parked_for_want_of_an_address(headgate, second[0])
    tell(f"{alone:.2f} s alone, {beside:.2f} s beside sick ones, ratio {alone / beside:.2f}")
    receiver.kill()
    assert alone / beside >= LOWEST_RATIO


def assert_parked_for_want_of_an_address(headgate: Headgate, message_id: str) -> None:
    """Once the resolver has given up, the delivery waits for its next attempt."""

    def is_parked() -> bool:
        ways = {way.connection: way for way in headgate.trace(message_id).deliveries}
        reasons = [attempt.reason for attempt in ways["dead"].attempts]
        return ways["dead"].state == "parked" and bool(reasons) and "dns" in reasons[0]

    until(is_parked, 15, lambda: f"a parked delivery: {headgate.trace(message_id)}")


def test_a_hanging_subscription_slows_down_its_own_connection(
    start: Start, receiver: Receiver
) -> None:
    """The control: what shares a gate shares its fate, and the measure above would show it."""
    headgate = start(environ=SLOTS)
    for path in ("/healthy", "/hanging"):
        receiver.script(path, slow(ANSWER_SECONDS))
    urls = receiver.url("/healthy"), receiver.url("/hanging")
    headgate.apply(declaration(connection("both", *urls)))
    began, _ = send_all(headgate)
    receiver.wait(EVENTS, "/healthy")
    alone = last_arrival(receiver, "/healthy") - began

    receiver.wait(EVENTS, "/hanging")
    receiver.script("/hanging", HANG)
    began, _ = send_all(headgate)
    time.sleep(max(0.0, began + alone / LOWEST_RATIO - time.monotonic()))
    arrived = len(receiver.taken("/healthy")) - EVENTS
    row = headgate.row("both")
    tell(f"{alone:.2f} s for {EVENTS}, then {arrived} in {alone / LOWEST_RATIO:.2f} s")
    receiver.kill()
    assert arrived < EVENTS
    assert (row.pending or 0) > 0
