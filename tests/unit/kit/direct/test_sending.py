from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.kit import DeliveryError, Discard, Disconnect, Http, Request, Response, Retry
from headgate.kit.direct import Endpoint, Event, post, secure_address
from headgate.kit.direct.sending import LONGEST
from headgate.kit.errors import TransportError
from headgate.kit.masking import sampled
from tests.unit.kit.engine import Answers

ENDPOINT = Endpoint("https://acme.example/events", "key-1234", {"pin": "pin-5678"}, ("pin-5678",))
SETTINGS = "eyJwaW4iOiJwaW4tNTY3OCJ9"
CREDENTIALS = "a2V5LTEyMzQ6"
EVENT: dict[str, Any] = {"type": "track", "properties": {"total": 27.0}}


async def send(answer: Response | TransportError | None = None) -> tuple[Request, Http]:
    transport = Answers(*([] if answer is None else [answer]))
    http = Http(transport, idempotency_key="key-1")
    await post(http, Event.read({"event": EVENT}), ENDPOINT)
    (request,) = transport.requests
    return request, http


async def refusal(answer: Response | TransportError) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await send(answer)
    return caught.value


def saying(message: object, status: int = 400) -> Response:
    return Response(status, body=json.dumps({"message": message, "code": 1}).encode())


async def test_a_request_is_the_event_with_the_key_and_the_settings() -> None:
    request, _ = await send()
    assert (request.method, request.url) == ("POST", ENDPOINT.address)
    assert request.body == b'{"type":"track","properties":{"total":27}}'
    headers = dict(request.headers)
    assert headers.pop("User-Agent").startswith("Headgate/")
    assert headers == {
        "Idempotency-Key": "key-1",
        "Content-Type": "application/json",
        "Authorization": f"Basic {CREDENTIALS}",
        "Cache-Control": "no-cache",
        "X-Segment-Settings": SETTINGS,
    }


@pytest.mark.parametrize("status", [200, 202])
async def test_what_is_processed_or_accepted_is_delivered(status: int) -> None:
    await send(Response(status))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Discard),
        (401, Disconnect),
        (403, Disconnect),
        (500, Retry),
        (501, Discard),
        (503, Retry),
    ],
)
async def test_every_refusal_of_the_contract_says_what_the_endpoint_says(
    status: int, outcome: type[DeliveryError]
) -> None:
    error = await refusal(saying("no such workspace", status))
    assert type(error) is outcome
    assert str(error).startswith(f"acme.example answered {status}")
    assert str(error).endswith(" It says: no such workspace")
    assert error.status == status
    assert error.response is not None


async def test_the_wait_that_was_asked_for_is_kept() -> None:
    answer = Response(503, (("Retry-After", "7"),), b'{"message": "busy"}')
    error = await refusal(answer)
    assert isinstance(error, Retry)
    assert error.after == 7


@pytest.mark.parametrize(
    "answer",
    [
        Response(400),
        Response(400, body=b"no JSON"),
        Response(400, body=b"\xff"),
        Response(400, body=b"[" * 2000),
        Response(400, body=b'["message"]'),
        saying({"text": "nested"}),
        saying(7),
        saying(""),
        saying(" \n"),
    ],
)
async def test_without_a_message_the_usual_reason_stands(answer: Response) -> None:
    assert str(await refusal(answer)) == "acme.example answered 400 Bad Request."


async def test_no_answer_says_nothing() -> None:
    error = await refusal(TransportError("late", kind="timeout"))
    assert str(error) == "acme.example gave no answer (timeout)."


@pytest.mark.parametrize("secret", ["key-1234", "pin-5678", CREDENTIALS, SETTINGS, "a2V5LTEyMzQ="])
async def test_a_message_shows_no_secret_even_where_it_is_cut(secret: str) -> None:
    for before in (0, LONGEST - 4):
        reason = str(await refusal(saying("x" * before + f" {secret} is unknown")))
        assert secret[:4] not in reason


async def test_a_message_is_one_short_line() -> None:
    reason = str(await refusal(saying("a\n b\t\x1b[31mc \u2028d" + "e" * 999)))
    message = reason.partition("It says: ")[2]
    assert message.startswith("a b [31mc de")
    assert len(message) == LONGEST + 1
    assert message.isprintable()


async def test_the_record_of_an_attempt_shows_neither_key_nor_settings() -> None:
    _, http = await send()
    sample, _ = sampled(http.exchanges, ())
    assert sample is not None
    assert CREDENTIALS.encode() not in sample
    assert SETTINGS.encode() not in sample


@pytest.mark.parametrize(
    "address",
    ["https://acme.example", "HTTPS://acme.example/x", "http://localhost:8000/", "http://[::1]"],
)
def test_keys_travel_encrypted_or_not_at_all(address: str) -> None:
    assert secure_address(address) == address


@pytest.mark.parametrize(
    "address",
    ["http://acme.example", "http://localhost.example/", "http://127.0.0.1.example", "acme", ""],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        secure_address(address)
