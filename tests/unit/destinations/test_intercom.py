from __future__ import annotations

import json
from typing import Any

import pytest

from headgate import catalog
from headgate.destinations.intercom.events import cents
from headgate.kit import Discard, ForgottenUser, Http, Request, Response, Retry
from headgate.kit.connected import Connected
from headgate.kit.trial import attempt
from tests.unit.kit.engine import Answers

INTERCOM = catalog.destination("intercom")
NOBODY = {"total_count": 0, "data": []}
SOMEBODY = {"total_count": 1, "data": [{"id": "con-1"}]}
SEVERAL = {"total_count": 2, "data": [{"id": "con-1"}, {"id": "con-2"}]}


def answer(body: object, status: int = 200) -> Response:
    return Response(status, body=json.dumps(body).encode())


async def perform(
    action: str, mapping: dict[str, Any], *answers: Response, region: str = "us"
) -> tuple[object, list[Request]]:
    transport = Answers(*answers)
    connected = Connected(INTERCOM, INTERCOM.settings.read({"region": region}))
    http = Http(transport, idempotency_key="key-1")
    trial = await attempt(connected, INTERCOM.actions[action], {}, mapping, http)
    return trial.results[0], transport.requests


def body(request: Request) -> Any:
    return json.loads(request.body)


@pytest.mark.parametrize(
    ("amount", "hundredths"),
    [(19.99, 1999), (12.34, 1234), (0, 0), (1.005, 101), (-5.5, -550), (1e15, 10**17)],
)
def test_amounts_become_whole_hundredths(amount: float, hundredths: int) -> None:
    assert cents(amount) == hundredths
    assert isinstance(cents(amount), int)


@pytest.mark.parametrize(
    ("region", "host"),
    [("us", "api.intercom.io"), ("eu", "api.eu.intercom.io"), ("au", "api.au.intercom.io")],
)
async def test_each_region_has_its_host(region: str, host: str) -> None:
    _, (request,) = await perform("identifyContact", {"role": "lead"}, region=region)
    assert request.host == host


@pytest.mark.parametrize("found", [NOBODY, SEVERAL])
async def test_what_is_not_one_contact_becomes_a_new_one(found: object) -> None:
    mapping = {"role": "user", "external_id": "u-1", "email": "jo@example.com"}
    _, requests = await perform("identifyContact", mapping, answer(found), answer({}))
    assert [(each.method, each.url) for each in requests] == [
        ("POST", "https://api.intercom.io/contacts/search"),
        ("POST", "https://api.intercom.io/contacts"),
    ]
    assert body(requests[0])["query"]["field"] == "external_id"


async def test_moments_are_sent_in_whole_seconds() -> None:
    mapping = {
        "role": "lead",
        "signed_up_at": "2026-01-01T10:20:30.900Z",
        "last_seen_at": 1_700_000_000_000,
    }
    _, (request,) = await perform("identifyContact", mapping)
    assert body(request) == {
        "role": "lead",
        "signed_up_at": 1_767_262_830,
        "last_seen_at": 1_700_000_000,
    }


async def test_a_contact_that_the_search_does_not_know_yet_is_tried_again() -> None:
    mapping = {"role": "user", "external_id": "u-1"}
    result, _ = await perform("identifyContact", mapping, answer(NOBODY), answer({}, 409))
    assert isinstance(result, Retry)
    assert result.status is None  # the engine would give up soon


async def test_a_conflict_of_an_update_is_none_of_time() -> None:
    mapping = {"role": "user", "external_id": "u-1"}
    result, _ = await perform("identifyContact", mapping, answer(SOMEBODY), answer({}, 409))
    assert isinstance(result, Discard)


async def test_a_contact_id_needs_no_search() -> None:
    mapping = {"company_id": "g-7", "contact_id": "con/9", "external_id": "u-1"}
    _, requests = await perform("groupIdentifyContact", mapping, answer({"id": "comp-1"}))
    assert [each.url for each in requests] == [
        "https://api.intercom.io/companies",
        "https://api.intercom.io/contacts/con%2F9/companies",
    ]
    assert body(requests[0]) == {"company_id": "g-7"}


async def test_a_company_whose_id_did_not_come_is_tried_again() -> None:
    mapping = {"company_id": "g-7", "contact_id": "con-9"}
    result, requests = await perform("groupIdentifyContact", mapping, answer({}))
    assert isinstance(result, Retry)
    assert len(requests) == 1


async def test_metadata_keeps_what_has_no_place_of_its_own() -> None:
    mapping = {
        "event_name": "Mug Bought",
        "created_at": "2026-01-01",
        "user_id": "u-1",
        "currency": "EUR",
        "metadata": {"email": "x", "revenue": 1, "currency": "x", "size": None},
    }
    _, (request,) = await perform("trackEvent", mapping)
    assert body(request) == {
        "event_name": "Mug Bought",
        "created_at": 1_767_225_600,
        "user_id": "u-1",
        "metadata": {"size": None},
    }


async def test_revenue_of_nothing_is_a_price() -> None:
    mapping = {"event_name": "x", "created_at": 1, "user_id": "u-1", "revenue": 0}
    _, (request,) = await perform("trackEvent", mapping)
    assert body(request)["metadata"] == {"price": {"amount": 0, "currency": "USD"}}


@pytest.mark.parametrize("found", [NOBODY, SEVERAL])
async def test_an_event_of_an_unknown_address_ends(found: object) -> None:
    mapping = {"event_name": "x", "created_at": 1, "email": "jo@example.com"}
    result, requests = await perform("trackEvent", mapping, answer(found))
    assert isinstance(result, Discard)
    assert len(requests) == 1


async def test_nobody_is_forgotten_without_a_user_id_or_among_several() -> None:
    connected = Connected(INTERCOM, INTERCOM.settings.read({}))
    transport = Answers(answer(SEVERAL))
    for user in (ForgottenUser(anonymous_id="a-1"), ForgottenUser("u-1")):
        with pytest.raises(Discard):
            await connected.forget(Http(transport, idempotency_key="key-1"), user)
    assert [each.method for each in transport.requests] == ["POST"]
