"""Whatever a client does to its connection: one right answer, no event too many, nothing stuck."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections import Counter
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest

from tests.harness.beside import Beside
from tests.harness.certificates import Authority
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.sending import Answer, basic, post, request, track
from tests.harness.system import Headgate
from tests.harness.wire import Heard, Step, converse, memory, sockets
from tests.journeys.bad_headers import EVENT, Abuse, abuses

if TYPE_CHECKING:
    from collections.abc import Iterator

BESIDE, BEHIND, DEAF, MANY = "wk_beside", "wk_behind", "wk_deaf", "wk_many"
SLOWEST_BESIDE = 1.0
"""Seconds for a good request beside all that: a tenth of a second is the aim (reliability R20),
on a machine that does nothing else."""
MOST_MEMORY = 64 << 20
DEAF_SECONDS, MOST_SENT = 2.0, 256 << 20
HANGS_UP_SECONDS = 40.0
"""The longest for a client that leaves its answers unread for 30 s."""
HEADS, HEAD_SIZE = 4_500, 15_000


@pytest.fixture(scope="module")
def headgate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headgate]:
    with judged(Headgate(tmp_path_factory.mktemp("bad-headers"))) as started:
        yield with_sources(started)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Headgate]:
    """One that serves https."""
    certificate = str(authority.file("localhost"))
    environ = {"HEADGATE_TLS_CERT": certificate, "HEADGATE_TLS_KEY": certificate}
    with judged(Headgate(tmp_path_factory.mktemp("secured"), environ=environ)) as started:
        yield with_sources(started)


def with_sources(headgate: Headgate) -> Headgate:
    """A source for each case, and some more."""
    names = (BESIDE, BEHIND, DEAF, MANY)
    sources = [source(slug(abuse), key(abuse)) for abuse in abuses()]
    sources += [source(name.removeprefix("wk_"), name) for name in names]
    headgate.apply(declaration(sources=sources))
    return headgate


def slug(abuse: Abuse) -> str:
    return abuse.case.replace("_", "-")


def key(abuse: Abuse) -> str:
    return f"wk_{abuse.case}"


def good(write_key: str) -> bytes:
    return request("POST", "/v1/track", [("Authorization", basic(write_key))], EVENT.encode())


def is_followed(abuse: Abuse) -> bool:
    """Whether a good request can be sent behind it, on the same connection."""
    return all(deed.do in {"send", "deaf"} for deed in abuse.steps) or not abuse.closes


async def committed(url: str, abuse: Abuse, tls: ssl.SSLContext | None) -> Heard:
    """One case, with a good request behind it where one can be."""
    script = abuse.script(url, key(abuse))
    if is_followed(abuse):
        script.append(Step("send", good(BEHIND)))
    count = None if abuse.closes else len(abuse.expected()) + 1
    return await converse(url, script, expected=count, seconds=abuse.within, tls=tls)


async def all_at_once(
    url: str, every: list[Abuse], tls: ssl.SSLContext | None = None
) -> list[Heard]:
    return await asyncio.gather(*(committed(url, abuse, tls) for abuse in every))


def fault(abuse: Abuse, heard: Heard) -> str:
    """What is wrong with the answers of a case; nothing for nothing."""
    expected = abuse.expected() + ([] if abuse.closes else [200])
    if abuse.statuses is not None and heard.statuses != expected:
        return f"{Counter(heard.statuses)} instead of {Counter(expected)}, {heard.answers[-1:]}"
    if abuse.statuses is not None and heard.rest:
        return f"half an answer: {heard.rest[:80]!r}"
    wanted = "closed" if abuse.closes else "open"
    if abuse.statuses is not None and heard.end != wanted:
        return f"the connection is {heard.end}, not {wanted}, after {heard.seconds:.1f} s"
    return ""


def assert_answered(every: list[Abuse], heard: list[Heard]) -> None:
    pairs = zip(every, heard, strict=True)
    faults = [f"{abuse.case}: {what}" for abuse, each in pairs if (what := fault(abuse, each))]
    assert not faults, "\n".join(faults)


def assert_entered(headgate: Headgate, every: list[Abuse], **others: int) -> None:
    """The log has exactly the events that were to enter: of each case, and of the good ones."""
    entered = Counter(line.source for line in headgate.log_cat(everything=True))
    expected = Counter({slug(abuse): abuse.accepted for abuse in every})
    expected.update(others, behind=sum(not abuse.closes for abuse in every))
    for abuse in every:
        if abuse.or_none and not entered[slug(abuse)]:
            expected[slug(abuse)] = 0
    assert entered == expected


def test_every_abuse_of_a_connection_gets_its_answer_and_no_more(headgate: Headgate) -> None:
    """All at once, the slow ones and the fast; good requests beside them go through in time."""
    url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
    before, every = sockets(pid), abuses()
    with Beside(url, BESIDE) as beside:
        heard = asyncio.run(all_at_once(url, every))
    assert_answered(every, heard)
    assert beside.statuses == {200}
    until(lambda: sockets(pid) <= before, 10, lambda: f"{before} sockets, {sockets(pid)} are open")
    entered = Counter(line.source for line in headgate.log_cat(everything=True))
    missing = {slug(abuse) for abuse in every if abuse.or_none and not entered[slug(abuse)]}
    expected = Counter(
        {slug(a): a.accepted for a in every if slug(a) not in missing and a.accepted}
    )
    expected["beside"] = len(beside.passed)
    expected["behind"] = sum(not abuse.closes for abuse in every)
    assert entered == expected
    assert beside.slowest < SLOWEST_BESIDE
    tell(
        f"{len(every)} connections, {sum(len(each.statuses) for each in heard)} answers,"
        f" {sum(a.accepted for a in every)} events, {max(each.seconds for each in heard):.1f} s,"
        f" {len(beside.passed)} good requests beside, the slowest {beside.slowest:.2f} s"
    )


@pytest.mark.full
def test_none_of_it_is_otherwise_over_tls(secured: Headgate, authority: Authority) -> None:
    """But for what TLS does not know: to end one direction, or to break off within a record."""
    url, pid = secured.ready.collect, secured.ready.pids["collect"][0]
    every = [a for a in abuses() if not any(deed.do in {"half", "reset"} for deed in a.steps)]
    before, tls = sockets(pid), ssl.create_default_context(cafile=authority.ca_file)
    heard = asyncio.run(all_at_once(url.replace("127.0.0.1", "localhost"), every, tls))
    assert_answered(every, heard)
    until(lambda: sockets(pid) <= before, 10, lambda: f"{before} sockets, {sockets(pid)} are open")
    assert_entered(secured, every)
    tell(f"{len(every)} connections, {max(each.seconds for each in heard):.1f} s")


def never_reading(url: str) -> tuple[socket.socket, int]:
    """A client that sends as long as it is let and reads nothing, and how much it could send."""
    parts, sent = urlsplit(url), 0
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((parts.hostname, parts.port))
    sock.settimeout(0.2)
    requests, end = good(DEAF) * 500, time.monotonic() + DEAF_SECONDS
    while sent < MOST_SENT and time.monotonic() < end:
        try:
            sent += sock.send(requests[sent % len(good(DEAF)) :])
        except TimeoutError:
            continue
        except ConnectionError:
            break
    return sock, sent


def test_who_never_reads_is_not_read_either(headgate: Headgate) -> None:
    url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
    before, held = sockets(pid), memory(pid)
    sock, sent = never_reading(url)
    grown = memory(pid) - held
    with sock:
        assert sent < MOST_SENT
        assert grown <= MOST_MEMORY
        assert post(url, "/v1/track", track("beside-a-deaf-one"), BESIDE).status == 200
    until(lambda: sockets(pid) <= before, 10, lambda: f"{before} sockets, {sockets(pid)} are open")
    tell(f"it took {sent >> 10} KiB of requests, {grown >> 10} KiB more memory")


@pytest.mark.full
def test_who_never_reads_is_hung_up_on(headgate: Headgate) -> None:
    pid = headgate.ready.pids["collect"][0]
    before = sockets(pid)
    sock, _ = never_reading(headgate.ready.collect)
    with sock:
        assert sockets(pid) == before + 1
        took = until(lambda: sockets(pid) <= before, HANGS_UP_SECONDS, "the end of its connection")
    tell(f"hung up after {took:.1f} s")


def test_heads_that_are_all_different_are_not_kept(headgate: Headgate) -> None:
    """A client may send a new head with each request, each nearly as large as one may be."""
    url, pid = headgate.ready.collect, headgate.ready.pids["collect"][0]
    before = memory(pid)
    asyncio.run(different(url))
    grown = memory(pid) - before
    assert grown <= MOST_MEMORY
    tell(f"{HEADS} heads of {HEAD_SIZE} bytes, {grown >> 10} KiB more memory")


async def different(url: str) -> None:
    async def some(first: int) -> None:
        raw = b"".join(
            request(
                "POST",
                "/v1/track",
                [("Authorization", basic(MANY)), ("X-A", f"{number:06}" + "a" * HEAD_SIZE)],
                EVENT.encode(),
            )
            for number in range(first, first + 100)
        )
        heard = await converse(url, [Step("send", raw)], expected=100)
        assert heard.statuses == [200] * 100

    for first in range(0, HEADS, 500):
        await asyncio.gather(*(some(first + more) for more in range(0, 500, 100)))


@pytest.mark.parametrize(
    ("statuses", "rest", "end"),
    [
        ([400, 404], b"", "closed"),
        ([], b"", "reset"),
        ([200], b"", "closed"),
        ([400], b"HTTP/1.1 200 OK", "closed"),
        ([400], b"", "open"),
    ],
    ids=["a second answer", "a reset", "another answer", "half of one", "a stuck connection"],
)
def test_what_must_not_be_is_found_out(
    statuses: list[int], rest: bytes, end: Literal["closed", "reset", "open"]
) -> None:
    """The control: the judgement of a case that is to have one answer, 400, and then the end."""
    abuse = Abuse("smuggled", "control", "a control", [], [(400, 1)])
    assert not fault(abuse, Heard([Answer(400, {}, b"")], b"", "closed", 0.1))
    assert fault(abuse, Heard([Answer(status, {}, b"") for status in statuses], rest, end, 0.1))
