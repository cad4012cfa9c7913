from __future__ import annotations

import pytest
from google_crc32c import value
from hypothesis import given
from hypothesis import strategies as st

from headgate.log.encode import Body, decode_body, encode_body, encode_rejections
from headgate.log.errors import Damaged
from headgate.log.port import FrameKind, Record, Rejection, Verdict
from headgate.log.segments.frame import (
    PREFIX,
    Header,
    Judged,
    SegmentFrame,
    decode_header,
    encode_header,
    header_size,
)

SALT = value(b"a salt of 16 byt")
TIMES = st.integers(0, 2**63 - 1)
TEXTS = st.none() | st.text(max_size=8)


@st.composite
def judged(draw: st.DrawFn) -> Judged:
    count = draw(st.integers(1, 40))
    sources = draw(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5))
    low = draw(st.integers(0, 2**62))
    return Judged(
        FrameKind.EVENTS,
        draw(st.integers(0, 15)),
        draw(st.integers(0, 2**62)),
        draw(TIMES),
        low,
        low + draw(st.integers(0, 1000)),
        tuple(draw(st.sampled_from(sources)) for _ in range(count)),
        bytes(draw(st.sampled_from(Verdict)) for _ in range(count)),
        draw(st.binary(min_size=12 * count, max_size=12 * count)),
    )


RECORDS = st.builds(
    Record,
    st.integers(0, 2**32 - 1),
    TIMES,
    st.text(max_size=8),
    st.sampled_from(["track", "identify"]),
    TEXTS,
    TEXTS,
    TIMES,
    TEXTS,
    st.sampled_from([-1, 0, 1]),
    st.binary(max_size=30),
)


@given(batch=judged(), body=st.binary(max_size=200))
def test_a_header_comes_back_as_it_was(batch: Judged, body: bytes) -> None:
    raw, counted = encode_header(batch, body, SALT)
    header = decode_header(raw, SALT)
    assert header_size(raw[:PREFIX]) == len(raw)
    assert (header.kind, header.partition, header.first) == batch[:3]
    assert (header.appended_at, header.received_min, header.received_max) == batch[3:6]
    assert tuple(header.owner(index) for index in range(header.events)) == batch.sources
    assert (header.verdicts, header.keys, header.raw) == (batch.verdicts, batch.keys, raw)
    assert (header.body_size, header.size) == (len(body), len(raw) + len(body))
    assert header.next == batch.first + len(batch.sources)
    assert list(header.sources) == counted


@given(batch=judged())
def test_a_header_counts_the_events_of_each_source(batch: Judged) -> None:
    header = decode_header(encode_header(batch, b"", SALT)[0], SALT)
    pairs = list(zip(batch.sources, batch.verdicts, strict=True))
    expected = {
        source: (
            sum(s == source and v != Verdict.DUPLICATE for s, v in pairs),
            sum(s == source and v == Verdict.DUPLICATE for s, v in pairs),
        )
        for source in batch.sources
    }
    assert {number: (events, dups) for number, events, dups in header.sources} == expected


@given(batch=judged(), data=st.data())
def test_a_header_with_any_flipped_bit_is_refused(batch: Judged, data: st.DataObject) -> None:
    raw = bytearray(encode_header(batch, b"body", SALT)[0])
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << (at % 8)
    with pytest.raises(Damaged):
        decode_header(bytes(raw), SALT)


@given(batch=judged(), data=st.data())
def test_a_header_that_is_cut_off_is_refused(batch: Judged, data: st.DataObject) -> None:
    raw = encode_header(batch, b"body", SALT)[0]
    with pytest.raises(Damaged):
        decode_header(raw[: data.draw(st.integers(0, len(raw) - 1))], SALT)


@given(batch=judged())
def test_a_header_of_another_segment_is_refused(batch: Judged) -> None:
    raw = encode_header(batch, b"body", value(b"another salt"))[0]
    with pytest.raises(Damaged):
        decode_header(raw, SALT)


@given(records=st.lists(st.none() | RECORDS, max_size=10))
def test_a_body_comes_back_as_it_was(records: list[Record | None]) -> None:
    body = Body((b"{}", b'{"a":1}'), tuple(records))
    assert decode_body(encode_body(body)) == body


def header_for(body: bytes, events: int = 1, kind: FrameKind = FrameKind.EVENTS) -> Header:
    batch = Judged(kind, 0, 100, 5, 5, 5, (1,) * events, bytes(events), bytes(12 * events))
    return decode_header(encode_header(batch, body, SALT)[0], SALT)


@pytest.mark.parametrize(
    "body",
    [
        b"not compressed",
        encode_rejections((Rejection(1, "type_unknown", 1),)),
        encode_body(Body((), ())),
        encode_body(Body((), (None, None))),
        encode_body(Body((), (Record(1, 0, "a", "track", None, None, 0, None, 3, b"{}"),))),
        encode_body(Body((b"x" * 5_000_000,), (None,))),
    ],
    ids=["garbage", "rejections", "none", "too many", "defaults missing", "bomb"],
)
def test_a_body_that_cannot_be_read_counts_as_damaged(body: bytes) -> None:
    """Its checksum is right: another process handed it over like this."""
    frame = SegmentFrame(header_for(body), body)
    assert [stored[:3] for stored in frame.events()] == [(100, Verdict.LIVE, None)]
    assert frame.damaged


def test_a_damaged_tally_has_no_rejections() -> None:
    body = encode_rejections((Rejection(1, "type_unknown", 1),))
    whole = SegmentFrame(header_for(body, 0, FrameKind.TALLY), body)
    assert [rejection.count for rejection in whole.rejections()] == [1]
    assert whole.next == whole.first + 1
    for bad in (body[:-1], body[:-1] + b"?"):
        frame = SegmentFrame(header_for(body, 0, FrameKind.TALLY), bad)
        assert (frame.damaged, list(frame.rejections())) == (True, [])
    garbage = SegmentFrame(header_for(b"garbage", 0, FrameKind.TALLY), b"garbage")
    assert (list(garbage.rejections()), garbage.damaged) == ([], True)
