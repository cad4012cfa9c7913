from __future__ import annotations

import pytest

from headgate.collect.bodies import Batch, read_batch
from headgate.events.complete import complete
from headgate.events.hops import MOST, hops_in, read_hops, with_hops
from headgate.log.port import Record


@pytest.mark.parametrize(("header", "hops"), [(b"", 0), (b"1", 1), (b"3", 3), (b"0012", 12)])
def test_a_request_says_how_often_its_events_came_out(header: bytes, hops: int) -> None:
    assert read_hops(header) == hops


@pytest.mark.parametrize("header", [b"-1", b"1, 1", b"one", b"99999", b"\xb9", b"+1", b"1.0"])
def test_what_cannot_be_read_is_too_often(header: bytes) -> None:
    assert read_hops(header) > MOST


def test_events_without_hops_are_kept_as_they_were() -> None:
    assert with_hops(None, 0) is None
    assert with_hops(b'{"context":{}}', 0) == b'{"context":{}}'
    assert hops_in(None) == hops_in(b"{}") == hops_in(b'{"context":{"hops":9}}') == 0


def test_hops_stand_beside_what_a_batch_says_and_no_destination_sees_them() -> None:
    batch = read_batch(b'{"batch":[{}],"context":{"hops":9,"a":1},"sentAt":"2026-01-01T00:00:00Z"}')
    assert isinstance(batch, Batch)
    for defaults in (batch.defaults(), None):
        noted = with_hops(defaults, 2)
        assert hops_in(noted) == 2
        record = Record(1, 0, "m", "track", "u", None, 0, None, 0, b'{"event":"Seen"}')
        assert complete(record, noted, "s") == complete(record, defaults, "s")


def test_a_client_cannot_say_it_in_a_body() -> None:
    batch = read_batch(b'{"hops":7,"batch":[{"hops":7}],"context":{}}')
    assert isinstance(batch, Batch)
    assert hops_in(batch.defaults()) == 0
