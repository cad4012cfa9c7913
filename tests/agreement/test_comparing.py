"""Which differences between two requests count, and how they are told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.agreement.comparing import Difference, Request, compare, unexplained, unused

if TYPE_CHECKING:
    from collections.abc import Sequence

URL = "https://api.test/v1/track"
FORM = "application/x-www-form-urlencoded"


def posted(body: Any = "", url: str = URL, **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, str):
        return Request("POST", url, named, body)
    return Request("POST", url, {"content-type": "application/json", **named}, json.dumps(body))


def form(body: str) -> Request:
    return posted(body, content_type=FORM)


def parts(*contents: str, boundary: str = "b") -> Request:
    body = "".join(f"--{boundary}\r\n{content}\r\n" for content in contents)
    kind = f"multipart/form-data; boundary={boundary}"
    return posted(f"{body}--{boundary}--\r\n", content_type=kind)


def lines(theirs: Request | Sequence[Request], ours: Request | Sequence[Request]) -> list[str]:
    sides = ([side] if isinstance(side, Request) else side for side in (theirs, ours))
    return [str(each) for each in compare(*sides)]


def test_a_value_deep_in_json_is_told_with_its_path() -> None:
    theirs = posted({"events": [{"time": 1612137600}]})
    ours = posted({"events": [{"time": 1612137600000}]})
    assert lines(theirs, ours) == ["body.events[0].time: 1612137600 ≠ 1612137600000"]


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ({"a": 1}, {"a": 1.0}, None),
        ({"a": 1e21}, {"a": 10**21}, None),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, None),
        ({"a": 1}, {"a": True}, "body.a: 1 ≠ true"),
        ({"a": 0}, {"a": False}, "body.a: 0 ≠ false"),
        ({"a": "1"}, {"a": 1}, 'body.a: "1" ≠ 1'),
        ({"a": None}, {}, "body.a: null ≠ absent"),
        ({}, {"a": None}, "body.a: absent ≠ null"),
        ({"l": [1, 2]}, {"l": [1]}, "body.l[1]: 2 ≠ absent"),
        ({"l": [1, 2]}, {"l": [2, 1]}, "body.l[0]: 1 ≠ 2"),
        ({"a.b": {"c d": 1}}, {"a.b": {"c d": 2}}, 'body["a.b"]["c d"]: 1 ≠ 2'),
        ([1], {"0": 1}, 'body: [1] ≠ {"0": 1}'),
    ],
)
def test_json_is_compared_by_its_values(theirs: Any, ours: Any, told: str | None) -> None:
    assert lines(posted(theirs), posted(ours))[:1] == ([told] if told else [])


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ("https://api.test", "https://API.test:443/", None),
        ("https://api.test/a%20b?x=1&y=2", "https://api.test/a b?y=2&x=1", None),
        ("https://api.test/?f=%22a%22", 'https://api.test/?f="a"', None),
        ("https://api.test/a#there", "https://api.test/a", None),
        ("https://api.test/", "http://api.test/", 'url.scheme: "https" ≠ "http"'),
        ("https://api.test/", "https://eu.test/", 'url.host: "api.test" ≠ "eu.test"'),
        ("https://api.test/", "https://api.test:444/", 'url.host: "api.test" ≠ "api.test:444"'),
        ("https://api.test/a/", "https://api.test/a", 'url.path: "/a/" ≠ "/a"'),
        ("https://api.test/a%2Fb", "https://api.test/a/b", 'url.path: "/a%2Fb" ≠ "/a/b"'),
        ("https://api.test/?x=", "https://api.test/", 'url.query.x: "" ≠ absent'),
        ("https://api.test/?x=1&x=2", "https://api.test/?x=2&x=1", None),
        ("https://a:b@api.test/", "https://api.test/", 'url.user: "a:b" ≠ absent'),
    ],
)
def test_addresses_are_compared_part_by_part(theirs: str, ours: str, told: str | None) -> None:
    assert lines(posted(url=theirs), posted(url=ours))[:1] == ([told] if told else [])


def test_headers_that_name_the_sender_or_the_connection_do_not_count() -> None:
    theirs = posted({}, user_agent="theirs", accept="*/*", content_length="2")
    ours = posted({}, user_agent="ours", idempotency_key="k", accept_encoding="gzip")
    assert lines(theirs, ours) == []


def test_other_headers_count() -> None:
    theirs = posted({}, authorization="Bearer a", x_batch="true")
    ours = posted({}, authorization="Bearer b ")
    assert lines(theirs, ours) == [
        'headers.authorization: "Bearer a" ≠ "Bearer b"',
        'headers.x-batch: "true" ≠ absent',
    ]


def test_of_a_content_type_only_the_family_counts() -> None:
    assert lines(posted({}), posted({}, content_type="Application/JSON; charset=utf-8")) == []
    assert lines(posted("x", content_type="text/plain"), posted("x", content_type=FORM))[:1] == [
        f'headers.content-type: "text/plain" ≠ "{FORM}"'
    ]


def test_of_a_get_without_a_body_the_content_type_does_not_count() -> None:
    typed = {"content-type": "application/json"}
    assert lines(Request("GET", URL, typed), Request("GET", URL)) == []
    assert lines(Request("GET", URL, typed, "{}"), Request("GET", URL)) != []


def test_a_form_is_a_bag_of_values() -> None:
    assert lines(form("a=1&b=x+y&a=2"), form("a=2&a=1&b=x%20y")) == []
    assert lines(form("a=1&a=1"), form("a=1")) == ['body.a: ["1", "1"] ≠ "1"']
    assert lines(form("options=undefined"), form("")) == ['body.options: "undefined" ≠ absent']


def test_json_inside_a_form_is_compared_as_json() -> None:
    theirs, ours = form('data={"a": 1, "b": [2]}'), form('data={"b":[3],"a":1.0}')
    assert lines(theirs, ours) == ["body.data.b[0]: 2 ≠ 3"]
    assert lines(form("data=1"), form("data=1.0")) == ['body.data: "1" ≠ "1.0"']


def test_parts_are_compared_whatever_their_boundary() -> None:
    name = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}'
    file = (
        'Content-Disposition: form-data; name="f"; filename="{}"\r\n'
        'Content-Type: application/json\r\n\r\n{{"n": {}}}'
    )
    theirs = parts(name.format("a", "1"), file.format("x.json", 1))
    assert (
        lines(theirs, parts(file.format("x.json", 1.0), name.format("a", "1"), boundary="c")) == []
    )
    assert lines(theirs, parts(name.format("a", "2"), file.format("y.json", 2))) == [
        'body.a: "1" ≠ "2"',
        'body.f.filename: "x.json" ≠ "y.json"',
        "body.f.content.n: 1 ≠ 2",
    ]


def test_text_and_broken_json_are_compared_as_they_are() -> None:
    assert lines(
        posted("a", content_type="text/plain"), posted("a ", content_type="text/plain")
    ) == ['body: "a" ≠ "a "']
    broken = posted("{", content_type="application/json")
    assert lines(broken, broken) == []
    assert lines(broken, posted({})) == ['body: "{" ≠ {}']


def test_the_method_counts() -> None:
    assert lines(Request("PUT", URL), Request("POST", URL)) == ['method: "PUT" ≠ "POST"']


def test_later_requests_are_told_by_their_number_and_missing_ones_by_their_address() -> None:
    first, second, third = posted({"a": 1}), posted({"a": 2}), posted({"a": 3})
    assert lines([first, second], [first, third, second]) == [
        "request 2 body.a: 2 ≠ 3",
        f'request 3 request: absent ≠ "POST {URL}"',
    ]


def test_a_long_value_is_cut_in_its_line() -> None:
    (line,) = lines(posted({"a": "x" * 5000}), posted({"a": 1}))
    assert len(line) < 200
    assert line.endswith("… ≠ 1")


def test_an_allowed_difference_explains_what_fits_its_path() -> None:
    found = compare(
        [posted({"events": [{"lib": 1, "x": 1}]})], [posted({"events": [{"lib": 2, "x": 2}]})]
    )
    allowed = [Difference("body.events[*].lib", "the library is ours")]
    assert unexplained(found, allowed) == ["body.events[0].x: 1 ≠ 2"]
    assert unused(found, allowed) == []


def test_only_a_star_stands_for_other_characters() -> None:
    found = compare([posted({"ab": 1})], [posted({"ab": 2})])
    for path in ("body.a", "body.a.", "body.[ab]*", "ody.ab", "body.a?"):
        assert unexplained(found, [Difference(path, "r")]) == ["body.ab: 1 ≠ 2"], path
    for path in ("body.ab", "body.*", "*"):
        assert unexplained(found, [Difference(path, "r")]) == [], path


def test_an_allowed_difference_that_explains_nothing_is_told() -> None:
    found = compare([posted({"a": 1})], [posted({"a": 2})])
    allowed = [Difference("body.a", "meant"), Difference("body.b", "was once")]
    assert unused(found, allowed) == [
        "body.b: allowed because 'was once', but nothing differs there: remove it"
    ]


def test_an_allowed_difference_of_some_cases_explains_no_other() -> None:
    (found,) = compare([posted({"a": 1})], [posted({"a": 2})])
    in_cases = [msgspec.structs.replace(found, case=case) for case in ("one", "two")]
    allowed = [Difference("body.a", "meant", ("one", "three"))]
    assert unexplained(in_cases, allowed) == ["two body.a: 1 ≠ 2"]
    assert unused(in_cases, allowed) == [
        "three body.a: allowed because 'meant', but nothing differs there: remove it"
    ]
