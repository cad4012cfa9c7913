"""Requests broken at random: each is answered or hung up on, and nobody else waits for it."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest

from headgate.events.calls import CALLS
from headgate.events.samples import sample
from tests.harness.beside import Beside
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.mutations import Mutations
from tests.harness.receiver import until
from tests.harness.sending import Answer, basic, request
from tests.harness.system import Headgate
from tests.harness.wire import Heard, Step, converse, memory, sockets
from tests.journeys.bad_bodies import cases
from tests.journeys.bad_headers import abuses

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY, BESIDE = "wk_fuzzed", "wk_beside"
AT_ONCE = 16
SLOWEST_SECONDS = 20.0
"""For one connection: the longest deadline that a client can make us wait for is ours to end."""
SLOWEST_BESIDE = 1.0
"""Seconds for a good request beside: a tenth of a second is the aim (reliability R20)."""
MOST_MEMORY = 64 << 20
LONGEST_SEED = 8192
UNSTEADY = {"wait", "drip", "deaf", "reset"}


@pytest.fixture(scope="module")
def headgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headgate]:
    with judged(Headgate(tmp_path_factory.mktemp("fuzzed"))) as started:
        started.apply(declaration(sources=[source("fuzzed", KEY), source("beside", BESIDE)]))
        yield started


def asked() -> list[bytes]:
    """Good requests of every kind that the server knows."""
    event = {**sample("track"), "messageId": "m-asked"}
    data = base64.urlsafe_b64encode(msgspec.json.encode({**event, "writeKey": KEY})).decode()
    return [
        request("GET", f"/v1/pixel/track?data={data}", []),
        request("GET", f"/v1/pixel/page?writeKey={KEY}&userId=u&properties.a.b=1", []),
        request("GET", f"/v1/projects/{KEY}/settings", [("Origin", "https://a.example")]),
        request("GET", f"/analytics.js/v1/{KEY}/analytics.min.js", [("Accept-Encoding", "br")]),
        request("GET", f"/sourceConfig/?writeKey={KEY}", []),
        request("OPTIONS", "/v1/t", [("Access-Control-Request-Headers", "authorization")]),
        request("POST", f"/beacon/v1/batch?writeKey={KEY}", [], b'{"batch":[]}'),
        request("POST", "/token", [], b"grant_type=client_credentials&client_assertion=a.b.c"),
        request("POST", "/v1/m", [("Authorization", basic(KEY))], b'{"series":[{"metric":"m"}]}'),
        request(
            "POST", "/v1/validate", [("Authorization", basic(KEY))], msgspec.json.encode(event)
        ),
    ]


def whole(url: str) -> list[bytes]:
    """Requests with their heads: those of both collections, and good ones."""
    bodies = [case.raw(KEY) for case in cases() if not case.gzip and case.method != "HEAD"]
    scripts = [
        abuse.script(url, KEY)
        for abuse in abuses()
        if not any(deed.do in UNSTEADY for deed in abuse.steps)
    ]
    heads = [b"".join(step.data for step in script) for script in scripts]
    return [raw for raw in (*bodies, *heads) if len(raw) < LONGEST_SEED] + asked() * 5


def bodies() -> list[bytes]:
    samples = [{**sample(call), "messageId": f"m-{call}"} for call in CALLS]
    good = [msgspec.json.encode(each) for each in (*samples, {"batch": samples})]
    known = [case.content(case.body) for case in cases() if not case.gzip]
    return [body for body in known if len(body) < LONGEST_SEED] + good * 30


def mutations(url: str, random: Random, count: int) -> Iterator[bytes]:
    """Broken bodies in good heads, and broken heads with whatever follows."""
    in_bodies, in_heads = Mutations(bodies(), random), Mutations(whole(url), random)
    for _ in range(count):
        if random.random() < 0.4:
            yield in_heads.next()
            continue
        is_packed = random.random() < 0.05
        body = in_bodies.packed() if is_packed else in_bodies.next()
        path = (
            "batch" if body.startswith(b'{"batch"') else random.choice(("track", "track", *CALLS))
        )
        headers = [("Authorization", basic(KEY))] + [("Content-Encoding", "gzip")] * is_packed
        yield request("POST", f"/v1/{path}", headers, body)


def fault(heard: Heard) -> str:
    """What is wrong with how a server took whatever it was: nothing for nothing."""
    if any(status >= 500 for status in heard.statuses):
        return f"it was the server's fault: {heard.answers}"
    if heard.rest:
        return f"half an answer: {heard.rest[:80]!r}"
    return "" if heard.end == "closed" else f"the connection is {heard.end}, {heard.statuses}"


async def sent(url: str, raws: list[bytes]) -> list[Heard]:
    """Each on a connection of its own, whose half is closed behind it."""
    few = asyncio.Semaphore(AT_ONCE)

    async def one(raw: bytes) -> Heard:
        async with few:
            return await converse(url, [Step("send", raw), Step("half")], seconds=SLOWEST_SECONDS)

    return await asyncio.gather(*(one(raw) for raw in raws))


def fuzz(headgate: Headgate, count: int) -> None:
    url, pid, seed = headgate.ready.collect, headgate.ready.pids["collect"][0], secrets.randbits(32)
    before, held = sockets(pid), memory(pid)
    random = Random(seed)  # noqa: S311 - a failure is run again from its seed
    raws = list(mutations(url, random, count))
    with Beside(url, BESIDE) as beside:
        heard = asyncio.run(sent(url, raws))
    pairs = zip(raws, heard, strict=True)
    faults = [f"{raw[:2000]!r}: {what}" for raw, each in pairs if (what := fault(each))]
    assert not faults, f"seed {seed}: {len(faults)}, such as " + "\n".join(faults[:3])
    assert beside.statuses == {200}
    assert beside.slowest < SLOWEST_BESIDE
    until(lambda: sockets(pid) <= before, 10, lambda: f"{before} sockets, {sockets(pid)} are open")
    assert memory(pid) - held <= MOST_MEMORY
    statuses = Counter(status for each in heard for status in each.statuses)
    # Whatever got into the log can be read by everyone behind it.
    entered = [line for line in headgate.log_cat(everything=True) if line.source == "fuzzed"]
    assert statuses[200] > count // 50
    assert statuses[400] > count // 50
    tell(
        f"seed {seed}: {count} requests, {dict(sorted(statuses.items()))}, {len(entered)} events in"
        f" the log, {len(beside.passed)} good requests beside, the slowest {beside.slowest:.2f} s"
    )


def test_whatever_comes_over_a_socket_has_an_answer(headgate: Headgate) -> None:
    fuzz(headgate, 1_500)


@pytest.mark.full
def test_whatever_comes_over_twenty_thousand_sockets_has_one_too(headgate: Headgate) -> None:
    fuzz(headgate, 20_000)


@pytest.mark.parametrize(
    "heard",
    [
        Heard([Answer(500, {}, b"")], b"", "closed", 0.1),
        Heard([Answer(400, {}, b"{}")], b"HTTP/1.1 200", "closed", 0.1),
        Heard([Answer(400, {}, b"{}")], b"", "open", 20.0),
        Heard([], b"", "reset", 0.1),
    ],
    ids=["its own fault", "half an answer", "a stuck connection", "a reset"],
)
def test_what_must_not_be_is_found_out(heard: Heard) -> None:
    """The control: the judgement of the fuzzed requests on what a bad server would do."""
    assert fault(heard)


def test_what_may_be_passes() -> None:
    assert not fault(Heard([Answer(200, {}, b"{}"), Answer(400, {}, b"{}")], b"", "closed", 0.1))
