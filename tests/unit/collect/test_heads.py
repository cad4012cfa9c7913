"""Heads of requests: strict, and the same however often they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.answers import Answer
from headgate.collect.heads import (
    MAX_BODY,
    MAX_FIELDS,
    MAX_HEAD,
    MAX_TARGET,
    REMEMBERED,
    Head,
    Heads,
    incomplete,
    read_head,
)
from headgate.collect.routes import Kind
from tests.unit.collect.peer import bare


def read(raw: bytes) -> Head:
    head = read_head(raw)
    assert isinstance(head, Head), head
    return head


def status(raw: bytes) -> int:
    head = read_head(raw)
    assert isinstance(head, Answer), head
    return head.status


def raw_head(*lines: bytes, first: bytes = b"POST /v1/track HTTP/1.1", host: bool = True) -> bytes:
    return b"\r\n".join([first, *([b"Host: h"] if host else []), *lines, b"", b""])


def test_a_head_says_what_later_code_asks_for() -> None:
    head = read(
        b"POST /v1/batch?a=b?c HTTP/1.1\r\nhOST: events.example.org:8080\r\n"
        b"AUTHORIZATION:Basic d2s6\r\nContent-Length: 7 \r\nContent-Encoding:\tgzip \r\n"
        b"Origin: https://a.example\r\nUser-Agent: a b\r\nX-Unknown: \xe9\r\n\r\n"
    )
    assert (head.method, head.path, head.query) == (b"POST", b"/v1/batch", b"a=b?c")
    assert (head.host, head.authorization) == (b"events.example.org:8080", b"Basic d2s6")
    assert (head.length, head.encoding, head.origin) == (7, b"gzip", b"https://a.example")
    assert (head.user_agent, head.if_none_match, head.key) == (b"a b", b"", "wk")
    assert head.route is not None
    assert (head.route.kind, head.chunked, head.refused) == (Kind.BATCH, False, None)


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: 2", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked", b"Content-Length: 2"],
        [b"Content-Length: 2", b"Content-Length: 2"],
        [b"Content-Length: 2", b"content-length: 3"],
        [b"Content-Length: 2, 2"],
        [b"Content-Length: +2"],
        [b"Content-Length: -2"],
        [b"Content-Length: 0x2"],
        [b"Content-Length: 2_0"],
        [b"Content-Length: 2 0"],
        [b"Content-Length: \xb2"],
        [b"Content-Length:"],
        [b"Content-Length: " + b"9" * 20],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
        [b"Transfer-Encoding: chunked, chunked"],
        [b"Transfer-Encoding: gzip, chunked"],
        [b"Transfer-Encoding: identity"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding: chunked;a=b"],
        [b"Transfer-Encoding: \x0bchunked"],
        [b"Transfer-Encoding:"],
        [b"Host: h"],
        [b"host: other"],
        [b"Content-Length : 2"],
        [b" Content-Length: 2"],
        [b"X: a", b" folded"],
        [b"X: a", b"\tfolded"],
        [b"X: a\rContent-Length: 2"],
        [b"X: a\nContent-Length: 2"],
        [b"X: a\0b"],
        [b"X: a\x7fb"],
        [b"X\xe9: a"],
        [b"X(: a"],
        [b": a"],
        [b"no colon"],
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(lines: list[bytes]) -> None:
    assert status(raw_head(*lines)) == 400


@pytest.mark.parametrize(
    "first",
    [
        b"POST  /v1/track HTTP/1.1",
        b"POST /v1/track  HTTP/1.1",
        b"POST\t/v1/track HTTP/1.1",
        b"POST /v1/track HTTP/1.1 ",
        b" POST /v1/track HTTP/1.1",
        b"POST /v1/ track HTTP/1.1",
        b"POST /v1/track\0 HTTP/1.1",
        b"POST /v1/track HTTP/1.2",
        b"POST /v1/track HTTP/2.0",
        b"POST /v1/track HTTP/1.1\r",
        b"POST /v1/track http/1.1",
        b"POST /v1/track",
        b"PO(ST /v1/track HTTP/1.1",
        b"PRI * HTTP/2.0",
        b"\x16\x03\x01\x02",
        b"",
    ],
)
def test_a_request_line_has_one_form(first: bytes) -> None:
    assert status(raw_head(first=first)) == 400


@pytest.mark.parametrize("host", [b"a b", b"a/b", b"a@b", b"a\\b", b"<a>", b"\xe9", b"a?b", b"a#b"])
def test_a_host_is_a_host(host: bytes) -> None:
    assert status(raw_head(b"Host: " + host, host=False)) == 400


@pytest.mark.parametrize("host", [b"", b"a.example", b"[::1]:8080", b"127.0.0.1:1", b"a_b%20"])
def test_hosts_of_every_form_are_taken(host: bytes) -> None:
    assert read(raw_head(b"Host:" + host, host=False)).host == host


def test_only_http_1_0_may_leave_the_host_out_and_closes_by_itself() -> None:
    assert status(raw_head(host=False)) == 400
    old = read(raw_head(first=b"POST /v1/track HTTP/1.0", host=False))
    assert (old.host, old.keep_alive) == (b"", False)
    assert status(raw_head(b"Transfer-Encoding: chunked", first=b"POST / HTTP/1.0")) == 400


def test_limits_of_a_head_are_where_they_are_said_to_be() -> None:
    fields = [b"X-%d: y" % number for number in range(MAX_FIELDS)]
    read(raw_head(*fields[:-1]))
    assert status(raw_head(*fields)) == 431
    room = MAX_HEAD - len(raw_head(b"X: "))
    assert len(raw_head(b"X: " + b"y" * room)) == MAX_HEAD
    read(raw_head(b"X: " + b"y" * room))
    assert status(raw_head(b"X: " + b"y" * (room + 1))) == 431
    path = b"/" + b"a" * (MAX_TARGET - 1)
    read(raw_head(first=b"POST %s HTTP/1.1" % path))
    assert status(raw_head(first=b"POST %sa HTTP/1.1" % path)) == 414


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (raw_head(b"Content-Length: %d" % MAX_BODY), None),
        (raw_head(b"Content-Length: %d" % (MAX_BODY + 1)), 413),
        (raw_head(b"Content-Length: 999999999999999"), 413),
        (raw_head(b"Content-Type: application/x-www-form-urlencoded"), None),
        (raw_head(b"Content-Type: Multipart/form-data; boundary=x"), 415),
        (raw_head(b"Expect: 100-Continue"), None),
        (raw_head(b"Expect: 200-ok"), 417),
        (bare("POST", "/nothing"), 404),
        (bare("OPTIONS", "/nothing"), None),
        (bare("GET"), 405),
        (bare("post"), 405),
        (bare("POST", "/v1/pixel/track"), 405),
        (bare("HEAD", "/v1/pixel/track"), None),
    ],
)
def test_what_a_head_alone_decides_is_decided_by_it(raw: bytes, expected: int | None) -> None:
    refused = read(raw).refused
    assert (refused.status if refused is not None else None) == expected


@pytest.mark.parametrize(
    ("line", "keeps"),
    [
        (b"Connection: close", False),
        (b"connection: Close", False),
        (b"Connection: TE, close", False),
        (b"Connection: keep-alive", True),
        (b"X: y", True),
    ],
)
def test_a_client_may_ask_for_the_end(line: bytes, keeps: bool) -> None:  # noqa: FBT001
    head = read(raw_head(line))
    assert head.keep_alive is keeps
    assert (b"Connection: close" in head.success) is not keeps


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", None),
        (b"POST /v1/tr", None),
        (b"POST /v1/track HTTP/1.1\r", None),
        (b"POST /v1/track HTTP/1.1\r\nHost: h\r\n", None),
        (b"nonsense\r\n", 400),
        (b"POST /v1/track HTTP/1.1\nHost: h\n\n", 400),
        (b"POST /v1/track HTTP/1.1\r\nHost: h\n\r\n", 400),
        (b"POST /" + b"a" * (MAX_TARGET + 64), 414),
        (b"POST / HTTP/1.1\r\nX: " + b"a" * MAX_HEAD, 431),
    ],
)
def test_a_beginning_is_refused_as_soon_as_it_is_wrong(raw: bytes, expected: int | None) -> None:
    refused = incomplete(raw)
    assert (refused.status if refused is not None else None) == expected


_FIELDS = st.sampled_from(
    [
        b"Content-Length: 2",
        b"Content-Length: 900000",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Expect: 100-continue",
        b"Authorization: Basic d2s6",
        b"X-Write-Key: wk:x",
        b"Origin: https://a.example",
        b"Content-Encoding: gzip",
        b"Host: twice",
        b"X: a\nb",
    ]
)
_FIRST = st.sampled_from(
    [b"POST /v1/track HTTP/1.1", b"GET /v1/pixel/page?writeKey=a HTTP/1.1", b"OPTIONS * HTTP/1.0"]
)


def _said(head: Head | Answer) -> object:
    if isinstance(head, Answer):
        return head
    return [getattr(head, name) for name in Head.__slots__]


@given(_FIRST, st.lists(_FIELDS, max_size=5))
def test_a_remembered_head_says_what_a_fresh_one_says(first: bytes, fields: list[bytes]) -> None:
    heads, raw = Heads(), raw_head(*fields, first=first)
    fresh = _said(read_head(raw))
    assert _said(heads.read(raw)) == fresh
    known = heads.known(raw)
    if isinstance(fresh, Answer):
        assert known is None
    else:
        assert known is not None
        assert _said(known) == fresh


def test_only_so_many_heads_and_no_long_ones_are_remembered() -> None:
    heads = Heads()
    for number in range(3 * REMEMBERED):
        heads.read(raw_head(b"X: %d" % number))
    assert 0 < len(heads._known) <= REMEMBERED
    long = raw_head(b"X: " + b"y" * (MAX_HEAD - 100))
    assert isinstance(heads.read(long), Head)
    assert heads.known(long) is None
