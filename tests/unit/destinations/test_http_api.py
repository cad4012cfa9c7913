from __future__ import annotations

from typing import Any

import pytest

from headgate.kit import DeliveryError, Discard, Disconnect, Response, Retry
from headgate.kit.errors import InvalidSettings, TransportError
from tests.unit.destinations.running import Runner, form, sent

BASE = "https://api.example.com/v1"
SECRET = "secret-1"  # noqa: S105 - a stand-in


def api(**settings: Any) -> Runner:
    return Runner("http_api", {"base_address": BASE, **settings})


async def url(address: str | None, base: str = BASE, **values: Any) -> str:
    runner = Runner("http_api", {"base_address": base})
    (request,) = await runner.perform("request", {"address": address, **values})
    return request.url


@pytest.mark.parametrize("base", [BASE, f"{BASE}/"])
@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("users", "/users"),
        ("/users/1?full=yes", "/users/1?full=yes"),
        ("users:batch", "/users:batch"),
        ("@elsewhere.example/x", "/@elsewhere.example/x"),
        ("//elsewhere.example/x", "/elsewhere.example/x"),
        (".elsewhere.example", "/.elsewhere.example"),
        ("a..b/...", "/a..b/..."),
    ],
)
async def test_an_address_is_below_the_base(base: str, address: str, expected: str) -> None:
    assert await url(address, base) == f"{BASE}{expected}"


async def test_without_an_address_it_is_the_base() -> None:
    assert await url(None) == BASE
    assert await url("/", f"{BASE}/") == f"{BASE}/"


async def test_a_full_address_is_on_the_same_host() -> None:
    assert await url("https://API.example.com/v2/x") == "https://API.example.com/v2/x"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/x",
        "http://api.example.com/v1",
        "https://api.example.com:444/",
        "https://api.example.com@elsewhere.example/",
        "https://user@api.example.com/",
        "https://api.example.com\\@elsewhere.example/",
        "ftp://api.example.com/",
        "https://[/",
        "../admin",
        "users/%2e%2E/admin",
        "users/.",
        "https://api.example.com/v1/../admin",
        "a b",
        "ü",
    ],
)
async def test_secrets_go_nowhere_else(address: str) -> None:
    with pytest.raises(Discard):
        await url(address)


async def test_parameters_are_escaped_and_added() -> None:
    query = {"q": "a&b=c d", "list": [1, True], "none": None, "o": {"a": 1.0}}
    found = await url("x?y=1", query=query)
    assert found == f"{BASE}/x?y=1&q=a%26b%3Dc+d&list=1&list=true&o=%7B%22a%22%3A1%7D"


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({}, None),
        ({"authentication": "none", "secret": SECRET}, None),
        ({"authentication": "bearer", "secret": SECRET}, ("Authorization", "Bearer secret-1")),
        (
            {"authentication": "basic", "user": "jo", "secret": SECRET},
            ("Authorization", "Basic am86c2VjcmV0LTE="),
        ),
        ({"authentication": "header", "header": "X-Key", "secret": SECRET}, ("X-Key", SECRET)),
    ],
)
async def test_each_way_in_has_its_header(
    settings: dict[str, Any], header: tuple[str, str] | None
) -> None:
    (request,) = await api(**settings).perform("request", {"body": {"a": 1}})
    names = {"User-Agent", "Idempotency-Key", "Content-Type"}
    assert [it for it in request.headers if it[0] not in names] == ([header] if header else [])


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"authentication": "bearer"}, "secret"),
        ({"authentication": "basic", "secret": SECRET}, "user"),
        ({"authentication": "header", "secret": SECRET}, "header"),
        ({"authentication": "magic"}, "Authentication"),
        ({"base_address": "api.example.com"}, "Base address"),
        ({"base_address": "https://api.example.com?x=1"}, "Base address"),
        ({"base_address": "https://jo:pw@api.example.com"}, "Base address"),
        ({"headers": "Accept: text"}, "it must be a JSON object of texts"),
        ({"headers": '{"X": 1}'}, "it must be a JSON object of texts"),
    ],
)
def test_settings_that_cannot_be_are_refused_when_they_are_set(
    settings: dict[str, Any], fault: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        api(**settings)
    assert fault in str(caught.value)


async def test_headers_of_the_mapping_come_before_those_of_the_settings() -> None:
    runner = api(headers='{"Accept-Language": "en", "X-Team": "7"}')
    given = {"accept-language": "de", "Content-Type": "application/x+json", "X-None": None}
    (request,) = await runner.perform("request", {"headers": given, "body": {}})
    headers = {name.lower(): value for name, value in request.headers}
    assert (headers["accept-language"], headers["x-team"]) == ("de", "7")
    assert headers["content-type"] == "application/x+json"
    assert "x-none" not in headers


@pytest.mark.parametrize(
    ("values", "method", "body"),
    [
        ({"body": {"a": 1.0}}, "POST", b'{"a":1}'),
        ({"body": {}}, "POST", b"{}"),
        ({}, "POST", b""),
        ({"method": "GET", "body": {"a": 1}}, "GET", b""),
        ({"method": "GET", "body": {"a": 1}, "encoding": "form"}, "GET", b""),
        ({"method": "DELETE", "body": {"a": 1}}, "DELETE", b'{"a":1}'),
    ],
)
async def test_a_body_is_sent_where_there_is_one(
    values: dict[str, Any], method: str, body: bytes
) -> None:
    (request,) = await api().perform("request", values)
    assert (request.method, request.body) == (method, body)


async def test_a_form_holds_texts_lists_and_objects_as_json() -> None:
    body = {"name": "Jo & Co", "n": 1.0, "none": None, "o": {"a": [1]}}
    (request,) = await api().perform("request", {"body": body, "encoding": "form"})
    assert form(request) == {"name": "Jo & Co", "n": "1", "o": '{"a":[1]}'}


STATUSES = {"delivered_on": [404, 409], "retry_on": [404, 202, 403], "discard_on": [503, 404, 204]}


@pytest.mark.parametrize("status", [200, 404, 409])
async def test_a_status_may_mean_delivered(status: int) -> None:
    assert await api().perform("request", STATUSES, Response(status))


@pytest.mark.parametrize(
    ("status", "outcome", "kept"),
    [
        (202, Retry, None),
        (403, Retry, None),
        (204, Discard, None),
        (503, Discard, None),
        (400, Discard, 400),
        (401, Disconnect, 401),
        (500, Retry, 500),
    ],
)
async def test_a_status_may_mean_something_else_than_usual(
    status: int, outcome: type[DeliveryError], kept: int | None
) -> None:
    """What is sorted by the mapping has no status, by which the engine would sort it again."""
    with pytest.raises(outcome, match=f"answered {status}") as caught:
        await api().perform("request", STATUSES, Response(status))
    error = caught.value
    assert type(error) is outcome
    assert error.status == kept
    assert error.response == Response(status)


async def test_the_wait_that_was_asked_for_is_kept() -> None:
    answer = Response(403, (("Retry-After", "7"),))
    with pytest.raises(Retry) as caught:
        await api().perform("request", STATUSES, answer)
    assert caught.value.after == 7


async def test_no_answer_has_no_status() -> None:
    with pytest.raises(Retry) as caught:
        await api().perform("request", STATUSES, TransportError("late", kind="timeout"))
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize("statuses", [[99], [600], ["x"]])
async def test_statuses_are_those_of_answers(statuses: list[Any]) -> None:
    with pytest.raises(Discard, match="/retry_on/0 must be"):
        await api().perform("request", {"retry_on": statuses})


async def test_what_is_the_same_but_for_its_body_goes_together() -> None:
    calls: list[dict[str, Any]] = [
        {"address": "a", "body": {"n": 1}},
        {"address": "a", "body": {"n": 2}, "headers": {"X": "1"}},
        {"address": "a", "body": {"n": 3}},
        {"address": "a"},
        {"address": "a", "body": {"n": 4}, "encoding": "form"},
        {"address": "a"},
    ]
    answers = [Response(200 + number) for number in range(5)]
    results, requests = await api().batch("request", calls, *answers)
    assert [getattr(each, "status", None) for each in results] == [200, 201, 200, 202, 203, 204]
    assert sent(requests[0]) == [{"n": 1}, {"n": 3}]
    assert sent(requests[1]) == [{"n": 2}]
    assert [each.body for each in requests[2:]] == [b"", b"n=4", b""]
    keys = [dict(each.headers)["Idempotency-Key"] for each in requests]
    assert keys == ["key-1", "key-1-2", "key-1-3", "key-1-4", "key-1-5"]


async def test_a_request_that_fails_ends_its_own_events() -> None:
    calls: list[dict[str, Any]] = [
        {"body": {"n": 1}},
        {"address": "../x", "body": {}},
        {"body": {"n": 2}, "query": {"a": 1}},
    ]
    results, requests = await api().batch("request", calls, Response(503), Response(200))
    assert [type(each) for each in results] == [Retry, Discard, Response]
    assert len(requests) == 2


async def test_statuses_are_read_for_batches_as_well() -> None:
    calls: list[dict[str, Any]] = [{"body": {"n": 1}, "delivered_on": [409]}] * 2
    results, _ = await api().batch("request", calls, Response(409))
    assert [type(each) for each in results] == [Response, Response]
