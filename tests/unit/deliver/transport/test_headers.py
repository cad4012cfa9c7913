from __future__ import annotations

import pytest

from headgate.deliver.transport import headers
from headgate.deliver.transport.headers import has_length, header_lines
from headgate.kit.errors import TransportError
from headgate.kit.http.request import Request


def request(*pairs: tuple[str, str], method: str = "POST", body: bytes = b"x") -> Request:
    return Request(method, "https://a.com/", pairs, body)


def test_headers_keep_their_order_and_their_case() -> None:
    lines = header_lines(request(("b", "2"), ("A", "1"), ("b", "3")))
    assert lines == ["Accept-Encoding: identity", "Headgate-Hops: 1", "b: 2", "A: 1", "b: 3"]


def test_a_request_may_ask_for_an_encoding_itself() -> None:
    assert header_lines(request(("accept-ENCODING", "gzip"))) == [
        "Headgate-Hops: 1",
        "accept-ENCODING: gzip",
    ]


def test_a_tab_and_letters_of_other_scripts_are_values() -> None:
    assert header_lines(request(("A", "b\tc"), ("D", "ü漢")))[2:] == ["A: b\tc", "D: ü漢"]


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\n", "\r", "\0", "\x7f", "\x1b[31m"])
def test_a_control_character_is_refused_by_the_name_of_its_header(value: str) -> None:
    with pytest.raises(TransportError, match="header X-Note has") as caught:
        header_lines(request(("X-Note", value)))
    assert caught.value.kind == "protocol"


@pytest.mark.parametrize(
    "name", ["", "a b", "a:", "a\r\n", "ä", "a\0", "Host", "CONNECTION", "Te", "headgate-HOPS"]
)
def test_a_name_that_is_none_or_is_ours_is_refused_each_time(name: str) -> None:
    for _ in range(2):
        with pytest.raises(TransportError, match="not sent"):
            header_lines(request((name, "b")))


def test_a_body_cannot_go_with_head() -> None:
    with pytest.raises(TransportError, match="HEAD"):
        header_lines(request(method="HEAD"))


@pytest.mark.parametrize(
    ("method", "body"), [("POST", b""), ("PUT", b""), ("PATCH", b""), ("DELETE", b"x")]
)
def test_a_length_goes_with_a_body_or_where_one_is_expected(method: str, body: bytes) -> None:
    assert has_length(request(method=method, body=body))
    assert not has_length(request(method="GET", body=b""))
    assert not has_length(request(method="DELETE", body=b""))


def test_names_are_remembered_up_to_a_bound() -> None:
    for n in range(10_000):
        header_lines(request((f"X-{n}", "a")))
    assert len(headers._names) <= 4096
