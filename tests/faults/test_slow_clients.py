from __future__ import annotations

import socket
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.faults.answered import check_accepted, compared, told
from tests.faults.offered import Load, Offered, Offering
from tests.faults.slow import (
    DAWDLES,
    DRIPS_BODY,
    DRIPS_CHUNKS,
    DRIPS_HEAD,
    IDLES,
    NEVER_READS,
    SILENT,
    Crowd,
    Slowness,
)
from tests.faults.watched import Memory
from tests.harness.declarations import KEY, declaration
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.sending import SECONDS, Answer, basic, fresh, request, track
from tests.harness.system import Headgate
from tests.harness.wire import first_answer, sockets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.slow import Slow

pytestmark = pytest.mark.alone

MANY = 2000
LINGERING_SECONDS = 6.0
"""A closed connection may take so long to end: its client has time to read the last answer."""
LATE_SECONDS = 3.0
"""How much after its deadline a connection ends, on a machine that others use."""
MOST_MEMORY = 64
"""MiB."""
NORMAL, ONE, OTHER, PROXY = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"


class Case(NamedTuple):
    """Kinds of which as many come, those that never read, how long others go on meanwhile."""

    kinds: tuple[Slowness, ...]
    never_read: int
    seconds: int
    stay: int = 0
    """How many would need longer than the test takes."""

    def crowd(self) -> list[Slowness]:
        each = (MANY - self.never_read) // len(self.kinds)
        return [NEVER_READS] * self.never_read + [*self.kinds] * each


QUICK = (SILENT, DRIPS_HEAD, DRIPS_BODY, DRIPS_CHUNKS)
SHORT = Case(QUICK, never_read=4, seconds=9, stay=4)
LONG = Case((*QUICK, DAWDLES, IDLES), never_read=38, seconds=70)


def check_clients(crowd: Crowd) -> str:
    """All that listen were told why they were closed, neither too early nor too late."""
    lasted = defaultdict[str, list[float]](list)
    for client in crowd.clients:
        if client.how.reads:
            assert was_answered(client), (client.how.name, client.heard)
            lasted[client.how.name].append(client.lasted - client.how.seconds)
            assert 0 <= lasted[client.how.name][-1] <= LATE_SECONDS, client.how.name
    return ", ".join(f"{name}: {max(late):.1f} s late" for name, late in lasted.items())


def was_answered(client: Slow) -> bool:
    """Who is too slow is told so; who only idles has the answer to what it asked."""
    answer = first_answer(client.heard)
    return answer is not None and answer[0].status == (200 if client.how is IDLES else 408)


@contextmanager
def declared(folder: Path, **limits: object) -> Iterator[Headgate]:
    environ = {f"HEADGATE_{name.upper()}": str(limit) for name, limit in limits.items()}
    with judged(Headgate(folder, environ=environ)) as headgate:
        headgate.apply(declaration())
        yield headgate


@pytest.mark.parametrize(
    "case", [pytest.param(SHORT, id="quick"), pytest.param(LONG, marks=pytest.mark.full, id="all")]
)
@pytest.mark.timeout(600)
def test_two_thousand_slow_clients_slow_nobody_and_are_closed_in_time(
    tmp_path: Path, case: Case
) -> None:
    closed = list[str]()
    with (
        Offering(2) as offering,
        declared(tmp_path / "crowded") as headgate,
        declared(tmp_path / "alone") as twin,
    ):
        url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
        normal, own = Load(url, 100, case.seconds, address=NORMAL), sockets(pid)

        def measure() -> tuple[Offered, Offered]:
            with Crowd(url, case.crowd()) as crowd:
                alone, crowded = offering(normal._replace(url=twin.ready.collect), normal)
                until(lambda: not crowd.left(), 20, lambda: f"an end of {crowd.left()}")
                left = own + case.stay
                until(lambda: sockets(pid) == left, LINGERING_SECONDS, "an end of sockets")
                closed.append(check_clients(crowd))
            until(lambda: sockets(pid) == own, LINGERING_SECONDS, "an end of all sockets")
            check_accepted(crowded)
            return alone, crowded

        with Memory(headgate) as memory:
            alone, crowded = compared(measure, 1.5)
    assert memory.grown <= MOST_MEMORY
    tell(
        f"alone {told(alone)}, beside {MANY} slow ones: {told(crowded)};"
        f" {memory.grown:.0f} MiB more; {closed[-1]}"
    )


@pytest.mark.full
def test_who_does_not_read_its_answers_is_closed_after_half_a_minute(tmp_path: Path) -> None:
    with declared(tmp_path) as headgate:
        pid = headgate.ready.pids["collect"][0]
        own = sockets(pid)
        with Memory(headgate) as memory, Crowd(headgate.ready.collect, [NEVER_READS] * 50):
            until(lambda: sockets(pid) == own + 50, 5, "all of them")
            began = time.monotonic()
            until(lambda: sockets(pid) < own + 50, 40, "the end of the first")
            first = time.monotonic() - began
            until(lambda: sockets(pid) == own, 5, "the end of all")
            last = time.monotonic() - began
    assert first >= NEVER_READS.seconds - LATE_SECONDS
    assert last <= NEVER_READS.seconds + LATE_SECONDS
    assert memory.grown <= MOST_MEMORY
    tell(f"closed after {first:.1f} to {last:.1f} s, {memory.grown:.0f} MiB more")


class Asking:
    """A connection from an address of our choice."""

    def __init__(self, url: str, address: str) -> None:
        where = (urlsplit(url).hostname or "", urlsplit(url).port or 0)
        self.sock = socket.create_connection(where, SECONDS, (address, 0))

    def ask(self) -> Answer:
        """The answer to one event."""
        content = msgspec.json.encode(track(*fresh(1)))
        self.sock.sendall(request("POST", "/v1/track", [("Authorization", basic(KEY))], content))
        data = b""
        while (split := first_answer(data)) is None:
            data += self.sock.recv(65536)
        return split[0]

    def is_over(self) -> bool:
        """Whether the server hung up, without breaking off."""
        return self.sock.recv(1) == b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()


def check_refused(asking: Asking, status: int, code: str) -> None:
    answer = asking.ask()
    assert (answer.status, answer.json["code"]) == (status, code)
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["connection"] == "close"
    assert asking.is_over()


def test_one_connection_too_many_is_told_so_and_the_others_go_on(tmp_path: Path) -> None:
    """20 from one address, more only from a trusted proxy, 60 from all."""
    limits = {"address_sockets": 20, "sockets": 60, "trusted_proxies": f"{PROXY}/32"}
    with declared(tmp_path, **limits) as headgate, ExitStack() as stack:

        def connect(address: str) -> Asking:
            return stack.enter_context(Asking(headgate.ready.collect, address))

        first = [connect(ONE) for _ in range(20)]
        assert {each.ask().status for each in first} == {200}
        check_refused(connect(ONE), 429, "too_many_requests")
        others = [*(connect(OTHER) for _ in range(10)), *(connect(PROXY) for _ in range(30))]
        check_refused(connect(NORMAL), 503, "unavailable")
        assert {each.ask().status for each in first + others} == {200}
        for each in first:
            each.sock.close()
        until(lambda: connect(NORMAL).ask().status == 200, 5, "room for another one")
