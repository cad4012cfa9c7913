"""Chunked bodies: whole however they are cut, and refused where two readers could differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.answers import Answer
from headgate.collect.chunks import MAX_LINE, MAX_OVERHEAD, Chunks
from headgate.collect.heads import MAX_BODY
from tests.unit.collect.peer import encoded

NEXT = b"POST /v1/track HTTP/1.1\r\n"


def whole(raw: bytes) -> tuple[bytes, bytes]:
    """The body, and what follows it."""
    chunks = Chunks()
    rest = chunks.take(raw)
    assert isinstance(rest, bytes), rest
    return chunks.body, rest


def status(*parts: bytes) -> int | None:
    chunks, refused = Chunks(), None
    for part in parts:
        refused = chunks.take(part)
        if isinstance(refused, Answer):
            return refused.status
    assert refused is None, "a whole body"
    return None


_PIECES = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
_EXTENSION = st.sampled_from([b"", b";a", b";a=b", b' ; a = "b c"', b";" + b"x" * 200])
_TRAILER = st.sampled_from([b"", b"X: y\r\n", b"X:\r\nContent-Length: 5\r\n"])
_CUTS = st.lists(st.integers(0, 600), max_size=8)


@given(_PIECES, _EXTENSION, _TRAILER, _CUTS)
def test_any_cut_gives_the_body_and_exactly_what_follows(
    pieces: list[bytes], extension: bytes, trailer: bytes, cuts: list[int]
) -> None:
    raw = encoded(*pieces, extension=extension, trailer=trailer)
    chunks, begin, rest = Chunks(), 0, None
    for end in [*sorted(cut for cut in cuts if cut < len(raw)), len(raw)]:
        assert rest is None
        last = end == len(raw)
        rest = chunks.take(raw[begin:end] + (NEXT if last else b""))
        begin = end
    assert (chunks.body, rest) == (b"".join(pieces), NEXT)


def test_byte_by_byte_is_as_good_as_at_once() -> None:
    raw, chunks = encoded(b"hello", b" ", b"world" * 10, trailer=b"X: y\r\n"), Chunks()
    taken = [chunks.take(raw[at : at + 1]) for at in range(len(raw))]
    assert taken == [None] * (len(raw) - 1) + [b""]
    assert chunks.body == b"hello " + b"world" * 10


def test_sizes_are_hexadecimal_in_either_case() -> None:
    assert whole(b"A\r\n0123456789\r\n00a\r\n0123456789\r\n0\r\n\r\n") == (b"0123456789" * 2, b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n",
        b"g\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5_0\r\n",
        b"5\nhello\n0\n\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"5\r\nhello\r\n\r\n0\r\n\r\n",
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        b"5;a\0b\r\nhello\r\n0\r\n\r\n",
        b"000000005\r\nhello\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\n",
        b"\xb2\r\n",
        b"0\r\nno colon\r\n\r\n",
        b"0\r\n folded\r\n\r\n",
        b"0\r\nX : y\r\n\r\n",
        b"0\r\nX: a\rb\r\n\r\n",
        b"0\nX: y\r\n\r\n",
        b"0\r\n\n",
    ],
)
def test_smuggling_forms_are_refused_however_they_arrive(raw: bytes) -> None:
    assert status(raw) == 400
    assert status(*(raw[at : at + 1] for at in range(len(raw)))) == 400


def test_a_body_may_have_as_much_as_any_other() -> None:
    assert whole(encoded(b"x" * MAX_BODY)) == (b"x" * MAX_BODY, b"")
    assert status(b"%x\r\n" % (MAX_BODY + 1)) == 413
    assert status(b"%x\r\n" % MAX_BODY, b"x" * MAX_BODY, b"\r\n1\r\n") == 413
    assert status(b"ffffffff\r\n") == 413


def test_a_line_may_have_a_length_however_it_is_cut() -> None:
    for size, expected in ((MAX_LINE, None), (MAX_LINE + 1, 400)):
        line = b"5;" + b"x" * (size - 2)
        assert status(line + b"\r\n") == expected
        assert status(line + b"\r", b"\n") == expected
        assert status(line, b"\r\n") == expected
        assert status(line[:9], line[9:], b"\r", b"\n") == expected


def test_work_that_brings_no_content_ends() -> None:
    count = MAX_OVERHEAD // len(b"1\r\n\r\n")
    assert status(b"1\r\nx\r\n" * count) is None
    assert status(b"1\r\nx\r\n" * (count + 1)) == 413
    extended = b"1;%s\r\nx\r\n" % (b"y" * 1000)
    assert status(*[extended] * (MAX_OVERHEAD // 1000 + 1)) == 413
    assert status(b"0\r\n", *[b"X: y\r\n"] * (MAX_OVERHEAD // 6 + 1)) == 413
