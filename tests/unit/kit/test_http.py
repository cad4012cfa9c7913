from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pytest

from headgate.kit import DeliveryError, Discard, Disconnect, Http, Request, Response, Retry
from headgate.kit.errors import TransportError, TransportKind
from headgate.kit.http import KEPT
from headgate.kit.http.request import Limits
from tests.unit.kit.engine import Answers, sharing

URL = "https://user:pass@api.example.com:8443/v1/secret-path?token=s3cret"
NOW = 1_767_323_045.0


def client(*answers: Response | TransportError, **options: Any) -> tuple[Http, Answers]:
    transport = Answers(*answers)
    return Http(transport, idempotency_key="key-1", clock=lambda: NOW, **options), transport


async def sent(
    url: str = URL, http_options: dict[str, Any] | None = None, **options: Any
) -> Request:
    http, transport = client(**http_options or {})
    await http.post(url, **options)
    (request,) = transport.requests
    return request


async def failure(answer: Response | TransportError) -> DeliveryError:
    http, _ = client(answer)
    with pytest.raises(DeliveryError) as caught:
        await http.post(URL, json={"a": 1}, headers={"Authorization": "Bearer s3cret"})
    return caught.value


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_each_method_sends_its_request_and_gives_the_answer(method: str) -> None:
    answer = Response(201, (("A", "b"),), b"ok")
    http, transport = client(answer)
    assert await getattr(http, method)(URL) is answer
    assert [(r.method, r.url, r.body) for r in transport.requests] == [(method.upper(), URL, b"")]


async def test_every_request_says_who_sends_it_and_which_delivery_it_is() -> None:
    request = await sent()
    assert request.headers == (
        ("User-Agent", f"Headgate/{version('headgate')}"),
        ("Idempotency-Key", "key-1"),
    )


async def test_json_is_written_as_javascript_writes_it() -> None:
    request = await sent(json={"b": 1.0, "1": None})
    assert request.body == b'{"1":null,"b":1}'
    assert ("Content-Type", "application/json") in request.headers


async def test_null_is_json_too() -> None:
    assert (await sent(json=None)).body == b"null"


async def test_a_body_is_sent_as_it_is() -> None:
    request = await sent(body=b"\x00\xff")
    assert request.body == b"\x00\xff"
    assert "Content-Type" not in dict(request.headers)


async def test_a_request_has_no_two_bodies() -> None:
    with pytest.raises(TypeError, match="one body, not body and json"):
        await sent(json={}, body=b"")


async def test_later_headers_win_whatever_their_case() -> None:
    request = await sent(
        http_options={"headers": {"api-key": "k", "X-One": "a"}},
        json={},
        headers={"x-one": "b", "content-type": "application/vnd.api+json", "user-agent": "mine"},
    )
    assert [h for h in request.headers if h[0] != "Idempotency-Key"] == [
        ("user-agent", "mine"),
        ("api-key", "k"),
        ("x-one", "b"),
        ("content-type", "application/vnd.api+json"),
    ]


async def test_params_are_added_to_the_query() -> None:
    request = await sent(
        "https://example.com/a?b=1#part",
        params={"q": "a b&c", "n": 1.0, "yes": True, "list": [1, "x"], "none": None},
    )
    assert request.url == "https://example.com/a?b=1&q=a+b%26c&n=1&yes=true&list=1&list=x#part"


async def test_limits_come_from_the_engine_and_a_call_may_shorten_its_deadline() -> None:
    limits = Limits(timeout=20, connect_timeout=2, max_body=10, max_headers=20)
    request = await sent(http_options={"limits": limits}, timeout=3)
    assert (request.timeout, request.connect_timeout) == (3, 2)
    assert (request.max_body, request.max_headers) == (10, 20)


async def test_a_request_has_the_default_limits() -> None:
    request = await sent()
    assert (request.timeout, request.connect_timeout) == (10, 5)
    assert (request.max_body, request.max_headers) == (65_536, 32_768)


async def test_the_json_of_the_whole_event_is_shared() -> None:
    event: dict[str, Any] = {"total": 1.0}
    encode = sharing(event)
    first = await sent(http_options={"encode": encode}, json=event)
    second = await sent(http_options={"encode": encode}, json=event)
    other = await sent(http_options={"encode": encode}, json={"total": 1.0})
    assert first.body == b'{"total":1}'
    assert second.body is first.body
    assert other.body == first.body
    assert other.body is not first.body


async def test_a_signature_can_be_made_over_what_json_sends() -> None:
    http, transport = client()
    value = {"a": 1.0}
    await http.post(URL, json=value)
    assert http.encode(value) == transport.requests[0].body


def test_an_action_has_one_clock() -> None:
    assert client()[0].now() == NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 207, 299])
async def test_2xx_is_an_answer(status: int) -> None:
    http, _ = client(Response(status))
    assert (await http.get(URL)).status == status


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((status, Disconnect) for status in (401, 403)),
        *((status, Retry) for status in (408, 423, 429, 500, 502, 503, 511, 529, 599, 100, 999)),
        *((status, Discard) for status in (300, 301, 302, 307, 308)),
        *((status, Discard) for status in (400, 402, 404, 409, 410, 413, 418, 422, 499, 501)),
    ],
)
async def test_other_answers_are_sorted(status: int, outcome: type[DeliveryError]) -> None:
    answer = Response(status, (), b"why")
    error = await failure(answer)
    assert type(error) is outcome
    assert error.status == status
    assert error.response is answer
    assert str(error).startswith(f"api.example.com:8443 answered {status}")


@pytest.mark.parametrize(
    "kind", ["dns", "connect", "tls", "timeout", "protocol", "reset", "too_large"]
)
async def test_no_answer_is_a_retry_that_keeps_its_kind(kind: TransportKind) -> None:
    cause = TransportError("deep inside", kind=kind)
    error = await failure(cause)
    assert isinstance(error, Retry)
    assert (error.kind, error.status, error.response, error.after) == (kind, None, None, None)
    assert error.__cause__ is cause
    assert str(error) == f"api.example.com:8443 gave no answer ({kind})."


async def test_a_refusal_of_our_own_guard_says_what_to_do_about_it() -> None:
    cause = TransportError("blocked: a.com (10.0.0.1) is private; to allow it ...", kind="blocked")
    error = await failure(cause)
    assert isinstance(error, Retry)
    assert (error.kind, str(error)) == ("blocked", str(cause))


async def test_every_request_says_how_often_the_event_came_out_of_a_headgate() -> None:
    answers = Answers()
    http = Http(answers, idempotency_key="k", hops=3)
    await http.post(URL)
    await http.carrying(headers={"X-A": "b"}).get(URL)
    await Http(answers, idempotency_key="k").get(URL)
    assert [request.hops for request in answers.requests] == [3, 3, 1]


@pytest.mark.parametrize("status", [200, 400, 401, 503])
async def test_errors_name_no_path_query_credentials_or_header(status: int) -> None:
    http, _ = client(Response(status, (), b"not json s3cret"))
    with pytest.raises(DeliveryError) as caught:
        (await http.post(URL, headers={"Authorization": "Bearer s3cret"})).json()
    request = http.exchanges[0].request
    for text in (str(caught.value), repr(request), repr(http.exchanges)):
        assert "s3cret" not in text
        assert "secret-path" not in text
        assert "user:pass" not in text


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 5 ", 5),
        ("0", 0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60),
        ("Friday, 02-Jan-26 03:05:05 GMT", 60),
        ("Fri Jan  2 03:05:05 2026", 60),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("1.5", None),
        ("²", None),
        ("9" * 5000, None),
        ("Fri, 99 Jan 2026 03:05:05 GMT", None),
    ],
)
async def test_retry_after_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    error = await failure(Response(503, (("retry-AFTER", header),)))
    assert isinstance(error, Retry)
    assert error.after == seconds


async def test_a_retry_without_retry_after_asks_for_no_wait() -> None:
    error = await failure(Response(429))
    assert isinstance(error, Retry)
    assert error.after is None


async def test_exchanges_are_kept_with_answers_and_failures() -> None:
    lost = TransportError("lost", kind="reset")
    http, transport = client(Response(200), lost)
    await http.get(URL)
    with pytest.raises(Retry):
        await http.get(URL)
    assert http.exchanges == [(transport.requests[0], Response(200)), (transport.requests[1], lost)]


async def test_only_the_last_exchanges_are_kept() -> None:
    http, transport = client()
    for n in range(KEPT + 5):
        await http.get(f"https://example.com/{n}")
    assert [exchange.request for exchange in http.exchanges] == transport.requests[-KEPT:]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://",
        "https:///path",
        "https://?q",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/\n",
        "https://example.com/\x00",
        "https://exa\tmple.com/",
        "https://loc\u00adalhost/",
        "https://\u24db\u24de/",
        "https://example.com/ü",
        "https://example.com\\@evil.example/",
        " https://example.com/",
        "http://[x/",
        "http://x]/",
        "http://[1:2/?a=b",
    ],
)
async def test_a_url_that_cannot_be_sent_is_discarded(url: str) -> None:
    http, transport = client()
    with pytest.raises(Discard, match="must begin with http"):
        await http.get(url, params={"q": "1"})
    assert transport.requests == []
    assert http.exchanges == []


@pytest.mark.parametrize("host", ["bücher.example", "münchen.example:8443", "例え.example"])
async def test_a_host_may_be_written_in_letters_of_any_script(host: str) -> None:
    """The transport gives it the form that is looked up, or refuses it."""
    http, transport = client()
    await http.get(f"https://{host}/", params={"q": "1"})
    assert [request.url for request in transport.requests] == [f"https://{host}/?q=1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000",
        "HTTPS://example.com",
        "http://[::1]:80/x",
        "https://a:b@example.com/p?q=1#f",
        "https://example.com?q=%20'\"<>",
    ],
)
async def test_a_url_in_ascii_is_sent_as_it_is(url: str) -> None:
    assert (await sent(url)).url == url


async def test_a_method_comes_from_a_short_list() -> None:
    http, transport = client()
    for method in ("post", "TRACE", "GET / HTTP/1.1\r\nX: y", ""):
        with pytest.raises(Discard, match="no method of HTTP"):
            await http.send(method, URL)
    assert transport.requests == []
