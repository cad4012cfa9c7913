"""Answers without end cost no memory: 20 of each kind at once, over both transports."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.faults.upstream import endpoints
from tests.faults.upstream.endpoints import Endpoint
from tests.faults.upstream.upstream import Upstream
from tests.harness.declarations import connection, declaration
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.sending import fresh, post, send, track
from tests.harness.system import Headgate
from tests.harness.wire import memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.alone

AT_ONCE = 20
MIB = 1 << 20
MOST_MIB = 32
SLOTS = {"HEADGATE_SLOTS": str(AT_ONCE), "HEADGATE_SLOTS_START": str(AT_ONCE)}
LOOK_SECONDS = 0.02
ENDS = [*endpoints.ENDLESS, *(Endpoint("uf_gzip_bomb", variant) for variant in ("plain", "tls"))]
FAULTS = tuple(dict.fromkeys(end.fault for end in ENDS))


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    with Upstream(tmp_path / "upstream") as started:
        yield started


def declared(upstream: Upstream, *ends: Endpoint) -> dict[str, Any]:
    """Sound ones take what `send` sends, each endless one the events of its name."""
    made = [connection(each.slug, upstream.urls[each.slug]) for each in ends]
    for end, each in zip(ends, made, strict=True):
        named = "Order Completed" if end in endpoints.HEALTHY else end.fault
        each["subscriptions"][0]["trigger"] = f'event = "{named}"'
    return declaration(*made)


class Watch:
    """The most memory that a process held within a block, in MiB above what it held before."""

    def __init__(self, pid: int) -> None:
        self._pid, self._over = pid, threading.Event()
        self._before = self._most = memory(pid)
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._most = max(self._most, memory(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def grown(self) -> float:
        return (self._most - self._before) / MIB


def warm(headgate: Headgate, upstream: Upstream, *ends: Endpoint) -> None:
    """Declare connections, and have sound answers come over both transports."""
    headgate.apply(declared(upstream, *endpoints.HEALTHY))
    ids = send(headgate.ready.collect, fresh(AT_ONCE))
    await_attempts(headgate, upstream, endpoints.HEALTHY, ids)
    headgate.apply(declared(upstream, *endpoints.HEALTHY, *ends))


def grown(headgate: Headgate, upstream: Upstream, fault: str) -> float:
    """What 20 answers of each of its two endpoints take, in MiB."""
    batch = [track(each, event=fault) for each in fresh(AT_ONCE)]
    ids = [each["messageId"] for each in batch]
    with Watch(headgate.ready.pids["deliver"][0]) as watch:
        assert post(headgate.ready.collect, "/v1/batch", {"batch": batch}).status == 200
        await_attempts(headgate, upstream, [end for end in ENDS if end.fault == fault], ids)
    return watch.grown


def await_attempts(
    headgate: Headgate, upstream: Upstream, ends: Sequence[Endpoint], ids: Sequence[str]
) -> None:
    """Wait until every event was asked for everywhere, and what came last met an answer."""
    until(lambda: all(arrived(upstream, each, ids) == set(ids) for each in ends), 60, "arrivals")
    last = [(each, upstream.requests(each.slug)[-1].messages[0]) for each in ends]
    until(lambda: all(is_tried(headgate, *each) for each in last), 60, f"the ends of {last}")


def arrived(upstream: Upstream, end: Endpoint, ids: Sequence[str]) -> set[str]:
    return {each.messages[0] for each in upstream.requests(end.slug)}.intersection(ids)


def is_tried(headgate: Headgate, end: Endpoint, message_id: str) -> bool:
    """Whether it met an answer there."""
    ways = headgate.trace(message_id).deliveries
    return any(way.attempts for way in ways if way.connection == end.slug)


def test_endless_answers_cost_no_memory(upstream: Upstream, tmp_path: Path) -> None:
    environ = {**upstream.environ(), **SLOTS}
    with judged(Headgate(tmp_path / "headgate", environ=environ)) as headgate:
        warm(headgate, upstream, *ENDS)
        more = {fault: round(grown(headgate, upstream, fault), 1) for fault in FAULTS}
        upstream.kill()
    tell(f"MiB more for {2 * AT_ONCE} at once: {more}")
    assert max(more.values()) <= MOST_MIB


def test_control_a_reader_without_the_bound_is_seen(upstream: Upstream, tmp_path: Path) -> None:
    ends = [end for end in ENDS if end.fault == "endless_chunks"]
    environ = {**upstream.environ("greedy"), **SLOTS}
    with judged(Headgate(tmp_path / "headgate", environ=environ)) as headgate:
        warm(headgate, upstream, *ends)
        more = grown(headgate, upstream, ends[0].fault)
        upstream.kill()
    tell(f"{more:.1f} MiB more without the bound")
    assert more > MOST_MIB
