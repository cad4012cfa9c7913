"""Whatever comes over a connection: how it was cut into packets changes nothing."""

from __future__ import annotations

import itertools
import secrets
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import httptools
import pytest

from tests.harness.fixtures import tell
from tests.harness.mutations import Mutations
from tests.journeys.bad_headers import abuses
from tests.unit.collect.peer import CONTINUE, Peer, Server, chunked, post, read_answers, turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

URL, KEY = "http://127.0.0.1:8000", "wk_fuzzed"
LONGEST_SEED = 4096
CUT_STREAMS, READ_STREAMS = 100, 1_000
"""Of the run by default: about a second's worth of each."""

Taken = tuple[bytes, bytes, bytes]
"""A request: its method, its target and its body."""


class Seen(NamedTuple):
    """What became of a stream: the requests that were taken, the answers, and the end."""

    taken: list[Taken]
    statuses: list[int]
    is_closed: bool
    is_given_back: bool


def seeds() -> list[bytes]:
    """Streams of the collection, and good ones of several requests."""
    streams = [
        b"".join(step.data for step in abuse.script(URL, KEY))
        for abuse in abuses()
        if not any(deed.do == "reset" for deed in abuse.steps)
    ]
    good = [post() + chunked(b'{"a"', b":1}") + post(b'{"b":2}'), chunked(b"x" * 300) + post()]
    return [stream for stream in streams if 0 < len(stream) < LONGEST_SEED] + good * 60


def whole(stream: bytes, random: Random) -> list[bytes]:
    del random
    return [stream]


def bytewise(stream: bytes, random: Random) -> list[bytes]:
    del random
    return [stream[at : at + 1] for at in range(len(stream))]


def anyhow(stream: bytes, random: Random) -> list[bytes]:
    """A few cuts, most of them where it matters: near a line end."""
    ends = [at for at in range(len(stream)) if stream[at : at + 1] in b"\r\n"]
    cuts = {random.choice(ends) + random.choice((0, 1)) for _ in range(4 if ends else 0)}
    cuts |= {random.randrange(len(stream)) for _ in range(2 if stream else 0)}
    places = [0, *sorted(cuts), len(stream)]
    return [stream[first:last] for first, last in itertools.pairwise(places)]


async def seen(packets: Sequence[bytes]) -> Seen:
    peer = Peer(Server(answers=True))
    for packet in packets:
        if packet:
            peer.say(packet)
            await turns(2)
    peer.finish()
    await turns()
    taken = [(each.method, each.target, each.body) for each, _ in peer.server.taken]
    answers = read_answers(peer.socket.written.replace(CONTINUE, b""))
    is_closed = peer.socket.closed or peer.socket.said_eof
    peer.leave()
    given_back = (peer.server.held, peer.server.admitted, len(peer.server.connections))
    return Seen(taken, [each.status for each in answers], is_closed, given_back == (0, 0, 0))


async def fuzz(count: int) -> None:
    seed = secrets.randbits(32)
    random, taken, refused = Random(seed), 0, 0  # noqa: S311 - a failure is run again
    made = Mutations([*seeds()], random)
    ways: tuple[Callable[[bytes, Random], list[bytes]], ...] = (bytewise, anyhow, anyhow)
    for number in range(count):
        stream = made.next()[:LONGEST_SEED]
        at_once = await seen(whole(stream, random))
        for way in ways:
            packets = way(stream, random)
            cut = await seen(packets)
            assert cut == at_once, (
                f"seed {seed}, {number}: {packets if way is anyhow else stream!r}"
            )
        ended = (at_once.is_closed, at_once.is_given_back, max(at_once.statuses, default=0) < 500)
        assert ended == (True, True, True), f"seed {seed}, {number}: {at_once}, {stream!r}"
        taken, refused = taken + len(at_once.taken), refused + (400 in at_once.statuses)
    assert taken > count // 20
    assert refused > count // 20
    tell(f"seed {seed}: {count} streams, {taken} requests taken, {refused} streams refused")


async def test_no_cut_of_a_broken_stream_changes_what_is_read() -> None:
    await fuzz(CUT_STREAMS)


@pytest.mark.full
async def test_no_cut_of_three_thousand_either() -> None:
    await fuzz(3_000)


class Other:
    """Another reader of HTTP: the one that Node.js has."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self._target = self._body = b""
        self._parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self._target = self._body = b""

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self.taken.append((self._parser.get_method(), self._target, self._body))

    def reads(self, stream: bytes) -> bool:
        """Whether it refuses nothing; what asks for another protocol is not HTTP any more."""
        try:
            self._parser.feed_data(stream)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            return False
        return True


def is_within(taken: list[Taken], other: list[Taken]) -> bool:
    """Whether these are among the others, in the same order: we refuse what the others may take."""
    left = iter(other)
    return all(any(one == each for each in left) for one in taken)


async def compare(count: int) -> None:
    seed = secrets.randbits(32)
    random, agreed = Random(seed), 0  # noqa: S311 - a failure is run again
    made = Mutations([*seeds()], random)
    for number in range(count):
        stream, other = made.next()[:LONGEST_SEED], Other()
        if other.reads(stream):
            ours = (await seen([stream])).taken
            what = f"seed {seed}, {number}: {stream!r} is {ours}, to another {other.taken}"
            assert is_within(ours, other.taken), what
            agreed += bool(ours)
    assert agreed > count // 100
    tell(f"seed {seed}: {count} streams, requests in {agreed}, and no two readings of any")


async def test_what_is_taken_means_the_same_to_another_reader() -> None:
    """Nothing can be hidden in one request from a proxy in front that reads another."""
    await compare(READ_STREAMS)


@pytest.mark.full
async def test_what_is_taken_means_the_same_fifty_thousand_times() -> None:
    await compare(50_000)


async def test_a_request_that_only_one_of_two_readers_sees_is_found_out() -> None:
    """The control: two requests are not one with the other in its body."""
    hidden, other = post(b'{"hidden":1}'), Other()
    assert other.reads(post(hidden))
    taken = (await seen([post() + hidden])).taken
    assert len(taken) == 2
    assert not is_within(taken, other.taken)


async def test_a_packet_that_is_lost_is_found_out() -> None:
    """The control: what is compared tells of every piece of a stream."""
    packets = [post(), chunked(b'{"a"', b":1}"), post(b'{"b":2}')]
    at_once = await seen([b"".join(packets)])
    for lost in range(len(packets)):
        assert await seen(packets[:lost] + packets[lost + 1 :]) != at_once
