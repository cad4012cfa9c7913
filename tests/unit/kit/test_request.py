from __future__ import annotations

import pytest

from headgate.kit import Request, Response, Retry


def test_the_host_of_a_request_is_all_that_may_be_shown_of_its_address() -> None:
    hosts = {
        "https://example.com/secret?x=1": "example.com",
        "https://user:p%40ss@example.com:8443": "example.com:8443",
        "http://[::1]:80/x": "[::1]:80",
        "https://example.com?x=a@b": "example.com",
        "http://[::1": "[::1",
    }
    assert {url: Request("GET", url).host for url in hosts} == hosts


def test_requests_and_responses_show_neither_headers_nor_bodies() -> None:
    request = Request("POST", "https://example.com/p?q", (("A", "s3cret"),), b"s3cret")
    assert repr(request) == "Request(POST example.com, 6 bytes)"
    assert repr(Response(200, (("A", "s3cret"),), b"s3cret")) == "Response(200, 6 bytes)"


def test_a_header_is_found_whatever_its_case_and_the_first_one_counts() -> None:
    response = Response(200, (("Content-Type", "a"), ("X", "1"), ("x", "2")))
    assert response.header("content-TYPE") == "a"
    assert response.header("X") == "1"
    assert response.header("Missing") is None


def test_a_body_is_read_as_text_or_json() -> None:
    response = Response(200, (), '{"id": 7, "n": "é"}'.encode())
    assert response.json() == {"id": 7, "n": "é"}
    assert response.text == '{"id": 7, "n": "é"}'
    assert Response(200, (), b"a\xffb").text == "a\ufffdb"


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b'"\xff"', b"NaN", b"[" * 60_000])
def test_a_body_that_is_no_json_may_be_better_next_time(body: bytes) -> None:
    response = Response(200, (), body)
    with pytest.raises(Retry, match="answered 200 with a body that is no JSON") as caught:
        response.json()
    assert (caught.value.status, caught.value.response) == (200, response)


def test_a_request_cannot_be_changed() -> None:
    request = Request("GET", "https://example.com/")
    with pytest.raises(AttributeError):
        request.url = "https://evil.example/"  # type: ignore[misc]  # the point of the test
