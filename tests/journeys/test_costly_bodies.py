"""Bodies that are made to be hard work: nobody else waits for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.harness.beside import Beside
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.sending import basic, request
from tests.harness.system import Headgate
from tests.harness.wire import Step, converse, memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.wire import Heard

pytestmark = pytest.mark.alone

COSTLY, BESIDE = "wk_costly", "wk_beside"
LARGEST, MOST_EVENTS = 511_000, 2_500
ROUNDS = 3
SLOWEST_BESIDE = 1.0
"""Seconds for a good request beside: a tenth of a second is the aim (reliability R20)."""
MOST_MEMORY = 64 << 20


def event(properties: bytes, user: bytes = b'"u"') -> bytes:
    said = b'{"type":"track","event":"E","userId":%s,"properties":{"p":%s}}'
    return said % (user, properties)


def listed(each: bytes, times: int) -> bytes:
    return b"[" + b",".join([each] * times) + b"]"


EVENTS = {
    "as many as there may be": event(b"1"),
    "numbers": b"1",
    "many lists": event(listed(b"[]", 10_800)),
    "a few lists in each of many": event(listed(b"[]", 66)),
    "many objects": event(listed(b"{}", 10_800)),
    "many keys": event(b"{" + b",".join(b'"%d":[]' % n for n in range(2_900)) + b"}"),
    "as deep as may be": event(b"[" * 126 + b"]" * 126),
    "too deep": event(b"[" * 200 + b"]" * 200),
    "long numbers": event(listed(b"9" * 4_000, 7)),
    "long fractions": event(listed(b"0." + b"3" * 300, 100)),
    "ids that are long numbers": event(b"1", b"9" * 4_000),
    "escapes": event(b'"' + b"\\u00e9" * 5_000 + b'"'),
    "fields nobody knows": event(b"1")[:-1] + b',"zz":1,"yy":"' + b"x" * 140 + b'"}',
    "a wrong type": event(b"1")[:-1] + b',"context":[]}',
}
"""What a batch is full of."""
REFUSED = {"numbers": 400, "too deep": 400, "a wrong type": 400, "a context": 413}
CONTEXT = b'{"batch":[%s],"context":{"c":%s}}' % (event(b"1"), listed(b"[]", 160_000))


def batch(each: bytes) -> bytes:
    """As large as a batch may be."""
    times = min(MOST_EVENTS, LARGEST // (len(each) + 1) - 1)
    return b'{"batch":' + listed(each, times) + b"}"


@pytest.fixture(scope="module")
def headgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headgate]:
    with judged(Headgate(tmp_path_factory.mktemp("costly"))) as started:
        started.apply(declaration(sources=[source("costly", COSTLY), source("beside", BESIDE)]))
        yield started


async def one_by_one(url: str) -> dict[str, Heard]:
    bodies = {**{name: batch(each) for name, each in EVENTS.items()}, "a context": CONTEXT}
    heard = {}
    for name, body in bodies.items():
        raw = request("POST", "/v1/batch", [("Authorization", basic(COSTLY))], body)
        heard[name] = await converse(url, [Step("send", raw)], expected=1)
    return heard


def test_nobody_waits_for_a_body_that_is_hard_work(headgate: Headgate) -> None:
    url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
    asyncio.run(one_by_one(url))
    before, slowest = memory(pid), ("", 0.0)
    with Beside(url, BESIDE) as beside:
        for _ in range(ROUNDS):
            heard = asyncio.run(one_by_one(url))
            answered = {name: each.statuses for name, each in heard.items()}
            assert answered == {name: [REFUSED.get(name, 200)] for name in answered}
            slowest = max(slowest, *((n, h.seconds) for n, h in heard.items()), key=lambda x: x[1])
    assert beside.statuses == {200}
    assert beside.slowest < SLOWEST_BESIDE
    assert memory(pid) - before <= MOST_MEMORY
    tell(
        f"{ROUNDS} times {len(heard)} bodies, the slowest answer in {slowest[1]:.2f} s"
        f" ({slowest[0]}), {len(beside.passed)} good requests beside, the slowest"
        f" {beside.slowest:.2f} s, {(memory(pid) - before) >> 10} KiB more memory"
    )
