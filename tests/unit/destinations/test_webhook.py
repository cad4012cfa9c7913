from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any

import pytest

from headgate import catalog, mapping
from headgate.events.samples import sample
from headgate.kit import (
    Delivery,
    Discard,
    Disconnect,
    Http,
    ItemResult,
    Request,
    Response,
    Retry,
)
from headgate.kit.connected import Connected, Item
from headgate.kit.errors import InvalidSettings, TransportError
from headgate.mapping.javascript import stringify
from tests.unit.kit.engine import Answers, sharing

WEBHOOK = catalog.destination("webhook")
SEND = WEBHOOK.actions["send"]
NOW = 1_767_323_045.9
URL = "https://example.com/events"


async def deliver(
    stored: dict[str, Any],
    event: dict[str, Any],
    settings: dict[str, Any] | None = None,
    *answers: Response | TransportError,
    **options: Any,
) -> Request:
    """Go the way of the engine, from the stored mapping to the request."""
    account = WEBHOOK.settings.read(settings or {})
    transport = Answers(*answers)
    given: dict[str, Any] = {"idempotency_key": "msg-1", "clock": lambda: NOW, **options}
    values = mapping.compile(stored)(event)
    await Connected(WEBHOOK, account).perform(Http(transport, **given), SEND, values, Delivery())
    (request,) = transport.requests
    return request


def default(**fields: Any) -> dict[str, Any]:
    """The suggested mapping, completed as `apply` completes it."""
    return {"url": URL, **SEND.payload.default_mapping(), **fields}


def test_its_names_are_segments() -> None:
    assert list(WEBHOOK.actions) == ["send"]
    assert WEBHOOK.settings.stored_secrets() == {"sharedSecret"}
    assert SEND.payload.default_mapping() == {"data": {"@path": "$."}}
    assert mapping.is_whole_event(SEND.payload.default_mapping()["data"])
    assert SEND.trigger is None


@pytest.mark.parametrize("call", ["track", "identify", "page", "screen", "group", "alias"])
async def test_the_whole_event_is_the_body(call: str) -> None:
    event = sample(call)
    request = await deliver(default(), event)
    assert (request.method, request.url) == ("POST", URL)
    assert json.loads(request.body) == event
    assert ("Content-Type", "application/json") in request.headers


async def test_a_mapping_chooses_method_headers_and_body() -> None:
    stored = {
        "url": {"@template": "https://example.com/{{userId}}"},
        "method": "PUT",
        "headers": {"X-User": {"@path": "$.userId"}, "X-None": {"@path": "$.x"}, "X-Null": None},
        "data": {"total": {"@path": "$.properties.total"}, "1": True},
    }
    request = await deliver(stored, {"userId": 7, "properties": {"total": 27.0}})
    assert (request.method, request.url) == ("PUT", "https://example.com/7")
    assert request.body == b'{"1":true,"total":27}'
    assert dict(request.headers)["X-User"] == "7"
    assert not {"X-None", "X-Null"} & dict(request.headers).keys()


async def test_the_events_own_json_is_sent_without_a_copy() -> None:
    event = sample("track")
    encode = sharing(event)
    request = await deliver(default(), event, {"sharedSecret": "abc"}, encode=encode)
    assert request.body is encode(event)
    assert request.body == stringify(event)


async def test_every_request_carries_the_key_of_its_delivery_twice() -> None:
    headers = dict((await deliver(default(), {"type": "track"})).headers)
    assert headers["Idempotency-Key"] == headers["webhook-id"] == "msg-1"


async def test_without_a_secret_nothing_is_signed() -> None:
    names = {name.lower() for name, _ in (await deliver(default(), {"type": "track"})).headers}
    assert names == {"user-agent", "idempotency-key", "content-type", "webhook-id"}


async def test_a_mapping_cannot_forge_what_headgate_says() -> None:
    forged = {"X-SIGNATURE": "0", "Webhook-Id": "other", "idempotency-key": "other", "X-Own": "1"}
    stored = default(headers={**forged, "content-type": "text/plain", "user-agent": "mine"})
    request = await deliver(stored, {"type": "track"}, {"sharedSecret": "abc"})
    headers = {name.lower(): value for name, value in request.headers}
    assert len(headers) == len(request.headers)
    assert headers["webhook-id"] == headers["idempotency-key"] == "msg-1"
    assert headers["content-type"] == "application/json"
    assert headers["x-signature"] == hmac.new(b"abc", request.body, hashlib.sha1).hexdigest()
    assert (headers["x-own"], headers["user-agent"]) == ("1", "mine")


async def test_without_data_there_is_no_body() -> None:
    request = await deliver({"url": URL}, {"type": "track"}, {"sharedSecret": "abc"})
    headers = dict(request.headers)
    assert request.body == b""
    assert not {"Content-Type", "X-Signature"} & headers.keys()
    assert headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "is missing the required field 'url'"),
        ({"url": "not a url"}, "URL must be a valid URI string"),
        ({"url": "ftp://example.com/"}, "must begin with http:// or https://"),
        ({"url": URL, "method": "DELETE"}, 'Method must be one of: "POST", "PUT", or "PATCH"'),
        ({"url": URL, "data": "text"}, "Data must be an object but it was a string"),
        ({"url": URL, "headers": ["x"]}, "Headers must be an object but it was a string"),
        ({"url": URL, "headers": {"X": {"a": 1}}}, r"Headers \(headers/X\) must be text\."),
        ({"url": URL, "headers": {"X": "a\r\nY: b"}}, "The header X holds a control character"),
        ({"url": URL, "headers": {"Content-Length": "1"}}, "The header Content-Length"),
        ({"url": URL, "headers": {"Größe": "1"}}, "cannot be the name of a header"),
    ],
)
async def test_what_cannot_be_sent_is_discarded(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Discard, match=sentence):
        await deliver(fields, {"type": "track"})


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Response(400), Discard),
        (Response(401), Disconnect),
        (Response(429), Retry),
        (Response(501), Discard),
        (Response(503), Retry),
        (TransportError("refused", kind="connect"), Retry),
    ],
)
async def test_refusals_are_sorted(
    answer: Response | TransportError, outcome: type[Exception]
) -> None:
    with pytest.raises(outcome):
        await deliver(default(), {"type": "track"}, None, answer)


def test_a_secret_that_cannot_be_read_is_refused_when_it_is_set() -> None:
    with pytest.raises(InvalidSettings) as caught:
        WEBHOOK.settings.read({"sharedSecret": "whsec_not base64!"})
    assert caught.value.faults == ("Shared secret (sharedSecret) is not valid.",)


def test_batches_are_of_one_url_method_and_headers() -> None:
    assert SEND.batched is not None
    assert (SEND.batched.size, SEND.batched.up_to) == (1000, 4000)
    fields: dict[str, Any] = SEND.stored_fields()
    assert fields["batch_keys"]["default"] == ["url", "method", "headers"]
    assert (fields["enable_batching"]["default"], fields["batch_size"]["default"]) == (False, 1000)


async def deliver_batch(
    batch: list[dict[str, Any]], *answers: Response
) -> tuple[Sequence[ItemResult], list[Request]]:
    transport = Answers(*answers)
    http = Http(transport, idempotency_key="msg-1", clock=lambda: NOW)
    connected = Connected(WEBHOOK, WEBHOOK.settings.read({"sharedSecret": "abc"}))
    items = [Item({"url": URL, **values}, Delivery()) for values in batch]
    return await connected.perform_batch(http, SEND, items), transport.requests


async def test_a_batch_is_the_list_of_all_data() -> None:
    batch = [{"data": {"n": 1.0}, "method": "PUT", "headers": {"X-Own": "1"}}, {}]
    results, (request,) = await deliver_batch(batch)
    assert (request.method, request.url) == ("PUT", URL)
    assert request.body == b'[{"n":1},null]'
    assert dict(request.headers)["X-Own"] == "1"
    assert [type(each) for each in results] == [Response, Response]


async def test_a_batch_is_signed_as_a_whole() -> None:
    _, (request,) = await deliver_batch([{"data": {"n": 1}}, {"data": {"n": 2}}])
    headers = dict(request.headers)
    assert headers["X-Signature"] == hmac.new(b"abc", request.body, hashlib.sha1).hexdigest()
    signed = b"msg-1.1767323045." + request.body
    expected = base64.b64encode(hmac.new(b"abc", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


async def test_one_answer_is_for_all_events_of_a_batch() -> None:
    results, _ = await deliver_batch([{"data": {"n": 1}}, {"data": {"n": 2}}], Response(429))
    assert [type(each) for each in results] == [Retry, Retry]
    results, (request,) = await deliver_batch([{"data": "text"}, {"data": {"n": 2}}])
    assert [type(each) for each in results] == [Discard, Response]
    assert request.body == b'[{"n":2}]'
