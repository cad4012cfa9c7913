"""Events in the address of a picture."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.collect.answers import SUCCESS, Answer, error, too_many, unavailable
from headgate.collect.heads import Head, read_head
from headgate.collect.pixel import PICTURE, event_of, picture
from headgate.collect.request import Request
from tests.unit.collect.peer import bare


def found(query: str, agent: str = "") -> bytes | Answer:
    headers = f"User-Agent: {agent}\r\n" if agent else ""
    head = read_head(bare("GET", f"/v1/pixel/track?{query}", headers))
    assert isinstance(head, Head)
    return event_of(Request(head, b"", "203.0.113.7"))


def event(query: str, agent: str = "") -> Any:
    raw = found(query, agent)
    assert isinstance(raw, bytes), raw
    return json.loads(raw)


_VALUES = st.dictionaries(st.text(max_size=5), st.text(max_size=9) | st.integers(-9, 9), max_size=4)


@given(_VALUES, st.booleans(), st.booleans())
def test_data_is_an_event_in_base64_of_either_alphabet(
    properties: dict[str, Any],
    is_url_safe: bool,  # noqa: FBT001
    is_padded: bool,  # noqa: FBT001
) -> None:
    sent = {"userId": "u", "event": "Opened", "properties": properties, "context": {}}
    raw = json.dumps(sent).encode()
    data = (base64.urlsafe_b64encode if is_url_safe else base64.b64encode)(raw).decode()
    data = data if is_padded else data.rstrip("=")
    assert event(urlencode({"data": data})) == sent
    assert event(f"data={data}") == sent  # a bare `+` in a query is a blank


def test_parameters_have_dotted_names() -> None:
    assert event("userId=u&event=Opened&properties.mail.subject=Hi+%C3%A9&properties.n=1") == {
        "userId": "u",
        "event": "Opened",
        "properties": {"mail": {"subject": "Hi é"}, "n": "1"},
        "context": {},
    }


def test_parameters_fill_what_data_leaves_open() -> None:
    data = base64.urlsafe_b64encode(b'{"userId":"u","properties":{"a":1},"context":null}').decode()
    query = f"userId=other&properties.a=2&properties.b=3&properties.a.c=4&event=E&data={data}"
    assert event(query) == {
        "userId": "u",
        "properties": {"a": 1, "b": "3"},
        "event": "E",
        "context": None,
    }


def test_the_program_that_shows_the_picture_is_told_unless_the_event_says_it() -> None:
    assert event("userId=u", "Mail/1.0")["context"] == {"userAgent": "Mail/1.0"}
    assert event("context.userAgent=Mine", "Mail/1.0")["context"] == {"userAgent": "Mine"}
    assert event("context=odd", "Mail/1.0")["context"] == "odd"


@pytest.mark.parametrize(
    "query",
    [
        "data=!!!",
        "data=e",
        "data=bm8gSlNPTg",
        "data=WzFd",
        "data=%C3%A9",
        f"data={base64.b64encode(b'[' * 5000).decode()}",
        "&".join("a=b" for _ in range(1001)),
    ],
)
def test_a_query_that_is_no_event_is_a_bad_request(query: str) -> None:
    answer = found(query)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code) == (400, "bad_request")


def test_names_are_not_nested_without_an_end() -> None:
    value, depth = event("properties." + "a." * 500 + "b=1"), 0
    while isinstance(value, dict):
        value, depth = next(iter(value.values())), depth + 1
    assert depth < 12


@given(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=33), max_size=60))
def test_no_query_is_anything_worse_than_refused(text: str) -> None:
    head = Head(b"GET", b"/v1/pixel/track?" + text.encode())
    raw = event_of(Request(head, b"", ""))
    assert isinstance(raw, Answer) or isinstance(json.loads(raw), dict)


def test_a_picture_comes_whatever_happened_and_our_own_fault_shows() -> None:
    for answer in (
        SUCCESS,
        error(400, "bad_request", "no"),
        error(401, "x", "no"),
        too_many("", 3),
    ):
        shown = picture(answer)
        assert (shown.status, shown.body) == (200, PICTURE)
        assert (b"Content-Type", b"image/gif") in shown.headers
        assert (b"Cache-Control", b"no-store") in shown.headers
    failed = picture(unavailable("full", 3))
    assert (failed.status, failed.body) == (503, PICTURE)
    assert (b"Retry-After", b"3") in failed.headers
    assert PICTURE.startswith(b"GIF89a\1\0\1\0")
