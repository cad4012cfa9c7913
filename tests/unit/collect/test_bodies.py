"""Bodies: unpacked within limits, and read as a batch."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.answers import Answer
from headgate.collect.bodies import (
    MAX_EVENTS,
    MOST_MEMBERS,
    Batch,
    has_batch,
    is_special,
    key_in_body,
    read_batch,
    unpack,
)
from headgate.collect.heads import MAX_BODY
from headgate.events.calls import MAX_DEPTH


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def code(found: object) -> tuple[int, str]:
    assert isinstance(found, Answer), found
    return found.status, found.code


def batch(body: bytes) -> Batch:
    found = read_batch(body)
    assert isinstance(found, Batch), found
    return found


@given(st.text(max_size=50), st.sampled_from([b"", b"gzip", b"GZIP", b"x-gzip"]))
def test_what_was_packed_is_unpacked_with_or_without_a_word(text: str, encoding: bytes) -> None:
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    assert unpack(packed(body), encoding) == body
    assert is_special(packed(body))
    if not encoding:
        assert unpack(body, b"") == unpack(body, b"identity") == body


@given(st.lists(st.binary(max_size=9).map(lambda raw: raw.hex().encode()), min_size=1, max_size=9))
def test_a_packed_body_may_have_several_members(members: list[bytes]) -> None:
    assert unpack(b"".join(map(packed, members)), b"gzip") == b"".join(members)


def test_there_is_an_end_of_members() -> None:
    assert unpack(packed(b"") * MOST_MEMBERS, b"gzip") == b""
    assert code(unpack(packed(b"") * (MOST_MEMBERS + 1), b"gzip")) == (400, "bad_request")


@pytest.mark.parametrize(
    "body",
    [
        packed(b" " * (MAX_BODY + 1)),
        packed(b" " * 100_000_000),
        packed(b" " * MAX_BODY) + packed(b" "),
        packed(b" " * 300_000) * 2,
        packed(b" " * 300_000) + packed(b" " * 10_000_000),
    ],
)
def test_a_bomb_is_too_large(body: bytes) -> None:
    assert len(body) < MAX_BODY
    assert code(unpack(body, b"gzip")) == (413, "too_large")


def test_a_body_may_unpack_to_as_much_as_a_plain_one_has() -> None:
    assert unpack(packed(b" " * MAX_BODY), b"gzip") == b" " * MAX_BODY
    assert unpack(packed(b" " * MAX_BODY) + packed(b""), b"gzip") == b" " * MAX_BODY


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\x1f\x8b",
        packed(b"{}")[:-1],
        packed(b"{}")[:12],
        packed(b"{}")[:-5] + b"\0" + packed(b"{}")[-4:],
        packed(b"{}") + b"junk",
        packed(b"{}") + packed(b"{}")[:-1],
        zlib.compress(b"{}"),
    ],
)
def test_what_says_gzip_and_is_not_is_a_bad_request(body: bytes) -> None:
    assert code(unpack(body, b"gzip")) == (400, "bad_request")


@pytest.mark.parametrize("encoding", [b"br", b"deflate", b"zstd", b"gzip, gzip", b"gzip;q=1", b"*"])
def test_other_encodings_are_unsupported(encoding: bytes) -> None:
    assert code(unpack(b"{}", encoding)) == (415, "unsupported_encoding")


@pytest.mark.parametrize(
    "text", ['{"a":"é"}'.encode("latin-1"), b'{"\xff":1}', b'"\xed\xa0\x80"', b"\xc0\xaf"]
)
def test_only_utf_8_is_text(text: bytes) -> None:
    assert is_special(text)
    for body in (text, packed(text)):
        assert code(unpack(body, b"")) == (400, "bad_request")


def test_a_batch_keeps_each_event_as_it_came() -> None:
    found = batch(b'{"batch":[{"a": 1.0},\n{ }, 5],"writeKey":"wk","unknown":[1]}')
    assert [bytes(raw) for raw in found.batch] == [b'{"a": 1.0}', b"{ }", b"5"]
    assert (found.writeKey, found.sent_at(), found.defaults()) == ("wk", None, None)


def test_what_a_batch_says_for_all_its_events_is_kept_once() -> None:
    found = batch(
        b'{"context" : {"a":1} ,"batch":[{}],"integrations":\t{},'
        b'"sentAt":"2026-11-22T06:20:33Z","writeKey":null}'
    )
    assert found.sent_at() == 1795328433000
    assert json.loads(found.defaults() or b"") == {
        "context": {"a": 1},
        "integrations": {},
        "sentAt": "2026-11-22T06:20:33Z",
    }


@pytest.mark.parametrize("sent_at", ["null", "true", "{}", '"soon"', "[]", '""', "-5"])
def test_a_batch_without_a_usable_time_has_none(sent_at: str) -> None:
    assert batch(b'{"batch":[{}],"sentAt":%s}' % sent_at.encode()).sent_at() is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", (400, "bad_request")),
        (b"[]", (400, "bad_request")),
        (b"{}", (400, "bad_request")),
        (b'{"batch":{}}', (400, "bad_request")),
        (b'{"batch":null}', (400, "bad_request")),
        (b'{"batch":[{}],"writeKey":5}', (400, "bad_request")),
        (b'{"batch":[{}]', (400, "bad_request")),
        (b'{"batch":[{}]} x', (400, "bad_request")),
        (b'{"batch":[{}],"context":{"a":1e999}}', (400, "bad_request")),
        (b'{"batch":[{}],"context":{"a":"\\ud800"}}', (400, "bad_request")),
        (b'{"batch":[{}],"x":' + b"[" * 100_000, (400, "bad_request")),
        (b'{"batch":[]}', (400, "empty_batch")),
        (b'{"batch":[' + b"1," * MAX_EVENTS + b"1]}", (413, "too_large")),
    ],
)
def test_what_is_no_batch_is_told_why(body: bytes, expected: tuple[int, str]) -> None:
    assert code(read_batch(body)) == expected


def test_limits_of_a_batch_are_where_they_are_said_to_be() -> None:
    assert len(batch(b'{"batch":[' + b"1," * (MAX_EVENTS - 1) + b"1]}").batch) == MAX_EVENTS
    for depth, is_taken in ((MAX_DEPTH - 1, True), (MAX_DEPTH + 1, False)):
        nested = b'{"a":' * depth + b"1" + b"}" * depth
        found = read_batch(b'{"batch":[{}],"context":%s}' % nested)
        assert isinstance(found, Batch) is is_taken


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"writeKey":"wk","broken":[1,{}]}', "wk"),
        (b'{"writeKey":null}', None),
        (b'{"writeKey":5}', None),
        (b'{"writeKey":"\xff"}', None),
        (b'{"writeKey":"\\ud800"}', None),
        (b'{"writeKey":"wk"', None),
        (b"\x1f\x8b\xff", None),
        (b"[" * 100_000, None),
        (b"", None),
    ],
)
def test_a_key_is_found_in_whatever_can_be_read(body: bytes, expected: str | None) -> None:
    assert key_in_body(body) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b'{"batch":5}', True), (b'{"a":1}', False), (b"[]", False), (b"\xff", False), (b"{", False)],
)
def test_a_batch_is_told_from_an_event(body: bytes, expected: bool) -> None:  # noqa: FBT001
    assert has_batch(body) is expected


@given(st.binary(max_size=60), st.sampled_from([b"", b"gzip", b"identity"]))
def test_no_bytes_are_anything_worse_than_refused(body: bytes, encoding: bytes) -> None:
    unpacked = unpack(body, encoding)
    key_in_body(body)
    if isinstance(unpacked, bytes):
        read_batch(unpacked)
        has_batch(unpacked)
    else:
        assert unpacked.status in {400, 413, 415}
