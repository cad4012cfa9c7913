"""The relay does to each request what its script says, and writes it down."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.harness.messages import message_ids, read
from tests.harness.proxy import Proxy
from tests.harness.receiver import Receiver, until
from tests.harness.sending import exchange, request
from tests.harness.trouble import (
    ANSWERED,
    DOUBLED,
    HALF,
    LATE,
    LIMITED,
    LOST,
    LOST_BY_RESET,
    PASS,
    REFUSED,
    STORED_AND_REFUSED,
    SWALLOWED,
    TROUBLES,
    TWICE,
    UNREAD,
    Deed,
    Drawn,
    InTurn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BODY = b'{"messageId": "m-12", "type": "track"}'
ORIGIN = "https://shop.example"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with Receiver(tmp_path) as started:
        yield started


@pytest.mark.parametrize(
    ("deed", "status", "forwarded"),
    [
        (PASS, 200, ["m-12"]),
        (LATE, 200, ["m-12"]),
        (TWICE, 200, ["m-12", "m-12"]),
        (UNREAD, None, []),
        (HALF, None, []),
        (LOST, None, ["m-12"]),
        (LOST_BY_RESET, None, ["m-12"]),
        (LIMITED, 429, []),
        (REFUSED, 503, []),
        (STORED_AND_REFUSED, 503, ["m-12"]),
        (SWALLOWED, 200, []),
        (DOUBLED, 200, ["m-12", "21-m"]),
    ],
    ids=lambda value: value.name if isinstance(value, Deed) else None,
)
def test_each_deed_is_done_and_written_down(
    receiver: Receiver, deed: Deed, status: int | None, forwarded: list[str]
) -> None:
    raw = request("POST", "/v1/track", [("Origin", ORIGIN)], BODY)
    with Proxy(receiver.url(), InTurn(deed)) as proxy:
        try:
            answer = exchange(proxy.url, raw)
        except ConnectionError:
            assert status is None
        else:
            assert answer.status == status
            assert ("retry-after" in answer.headers) == (status in {429, 503})
        assert exchange(proxy.url, raw).status == 200, "one deed for one request"
        first, second = proxy.seen
    assert (first.done, first.status, first.message_ids) == (deed, status, ("m-12",))
    assert (second.done, second.status) == (PASS, 200)
    until(lambda: len(receiver.received()) > len(forwarded), 5, "both requests")
    arrived = [each.message_id for each in receiver.received()]
    assert Counter(arrived) == Counter([*forwarded, "m-12"])


def test_a_server_that_is_gone_gives_no_answer(receiver: Receiver) -> None:
    raw = request("POST", "/v1/track", [], BODY)
    with Proxy(receiver.url(), InTurn()) as proxy:
        exchange(proxy.url, raw)
        receiver.kill()
        with pytest.raises(ConnectionError):
            exchange(proxy.url, raw)
        assert [each.status for each in proxy.seen] == [200, None]


def test_what_carries_no_message_passes(receiver: Receiver) -> None:
    with Proxy(receiver.url(), Drawn(Random(1), troubles=[REFUSED], passes=0)) as proxy:  # noqa: S311
        for method in ("OPTIONS", "GET", "POST"):
            assert exchange(proxy.url, request(method, "/v1/t", [])).status == 200


def test_a_page_may_read_a_refusal(receiver: Receiver) -> None:
    with Proxy(receiver.url(), InTurn(LIMITED)) as proxy:
        raw = request("POST", "/v1/t", [("Origin", ORIGIN)], BODY)
        headers = exchange(proxy.url, raw).headers
    assert headers["access-control-allow-origin"] == ORIGIN
    assert headers["access-control-expose-headers"] == "Retry-After"
    assert headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_message_meets_more_trouble_in_a_row_than_its_client_can_bear(most: int) -> None:
    drawn, longest, met = Drawn(Random(most), passes=0, most=most), 0, 0  # noqa: S311
    for _ in range(200):
        met = 0 if drawn(["m"]) in ANSWERED else met + 1
        longest = max(longest, met)
    assert longest == most


def test_every_trouble_comes_up_before_any_comes_up_again() -> None:
    drawn = Drawn(Random(5), passes=0)  # noqa: S311
    deeds = [drawn([f"m-{number}"]) for number in range(2 * len(TROUBLES))]
    first, second = deeds[: len(TROUBLES)], deeds[len(TROUBLES) :]
    assert set(first) == set(second) == set(TROUBLES)


def test_the_same_seed_makes_the_same_trouble() -> None:
    one, other = Drawn(Random(7)), Drawn(Random(7))  # noqa: S311
    ids = [[f"m-{number // 3}"] for number in range(60)]
    assert [one(each) for each in ids] == [other(each) for each in ids]


async def test_chunks_and_packed_bodies_are_read_and_kept_as_they_came() -> None:
    packed = gzip.compress(b'{"batch": [{"messageId": "a"}, {"messageId": "b"}, {}]}')
    chunks = b"%x\r\n%b\r\n%x;x=y\r\n%b\r\n0\r\n\r\n"
    body = chunks % (7, packed[:7], len(packed) - 7, packed[7:])
    headers = [("Transfer-Encoding", "chunked"), ("Content-Encoding", "gzip")]
    raw = request("POST", "/v1/batch", headers, body)
    reader = asyncio.StreamReader()
    reader.feed_data(raw + b"GET / HTTP/1.1\r\n\r\n")
    message = await read(reader)
    assert (message.raw, message.body) == (raw, packed)
    assert message_ids(message) == ("a", "b")
    assert (await read(reader)).start == "GET / HTTP/1.1"
