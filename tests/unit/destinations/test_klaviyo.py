from __future__ import annotations

import re
from typing import Any

import pytest

from headgate.destinations.klaviyo.connection import having, klaviyo
from headgate.destinations.klaviyo.events import Order, ordered_products
from headgate.destinations.klaviyo.lists import Chosen, choose, lists
from headgate.destinations.klaviyo.phones import COUNTRIES, e164
from headgate.destinations.klaviyo.removal import asked
from headgate.kit import (
    AudienceRequest,
    Discard,
    ForgottenUser,
    Http,
    Request,
    Response,
    Retry,
    Search,
)
from headgate.kit.trial import Trial
from tests.unit.destinations.delivering import Rig, answer, http, refusal, sent
from tests.unit.kit.engine import Answers

RIG = Rig("klaviyo", {"api_key": "key"})
API = "https://a.klaviyo.com/api"
ADA = {"type": "identify", "userId": "u-1", "traits": {"email": "ada@example.com"}}
P1 = answer({"data": {"type": "profile", "id": "P1"}}, 201)
EXISTS = answer({"errors": [{"meta": {"duplicate_profile_id": "P7"}}]}, 409)
NONE = answer({"data": []})


def calls(requests: list[Request]) -> list[str]:
    return [f"{request.method} {request.url.removeprefix(API)}" for request in requests]


@pytest.mark.parametrize(
    ("phone", "country", "written"),
    [
        ("+442071838750", None, "+442071838750"),
        ("+1", "GB", None),
        ("020 7183 8750", "GB", "+442071838750"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+44 20 7183 8750", "GB", "+442071838750"),
        ("020 7183 8750", "US", None),
        ("020 7183 8750", None, None),
        ("+44 20 7183 8750", "US", None),
        ("call me", "GB", None),
        ("12", "AQ", None),
    ],
)
def test_phone_numbers_are_written_as_e164(
    phone: str, country: str | None, written: str | None
) -> None:
    if written is not None:
        assert e164(phone, country) == written
    else:
        with pytest.raises(Discard, match="cannot be written as E"):
            e164(phone, country)


def test_countries_are_offered_by_code() -> None:
    assert len(COUNTRIES) == len(set(COUNTRIES))
    assert all(re.fullmatch("[A-Z]{2}", code) for code in COUNTRIES)


@pytest.mark.parametrize(
    ("values", "query"),
    [
        (["a+b@c.de"], "any(email,[%22a%2Bb@c.de%22])"),
        (["a", "ü&"], "any(email,[%22a%22,%22%C3%BC%26%22])"),
        (['"'], "any(email,[%22%5C%22%22])"),
    ],
)
def test_identifiers_are_escaped_in_queries(values: list[str], query: str) -> None:
    assert having("email", values) == f"{API}/profiles/?filter={query}"


def test_as_many_profiles_are_asked_for_as_one_answer_lists() -> None:
    people = [{"email": f"{n}@example.com"} for n in range(101)]
    first, second = asked([{"external_id": "u-1"}, *people])[1:]
    assert (len(first[1]), second) == (100, ("email", ["100@example.com"]))
    assert having(*first).endswith("&page[size]=100")
    assert "page" not in having(*second)


async def test_a_profile_that_exists_is_changed_and_joins_the_list() -> None:
    _, requests = await RIG.send("upsertProfile", ADA, {"list_id": "L1"}, EXISTS, P1)
    assert calls(requests) == [
        "POST /profiles/",
        "PATCH /profiles/P7",
        "POST /lists/L1/relationships/profiles/",
    ]
    assert sent(requests[1])["data"]["id"] == "P7"
    assert sent(requests[2]) == {"data": [{"type": "profile", "id": "P7"}]}


@pytest.mark.parametrize(
    ("mapping", "joined"),
    [
        ({"list_id": "L1"}, "L1"),
        ({"list_id": "L1", "override_list_id": "L2"}, "L2"),
        ({"list_id": "L1", "retlOnMappingSave": {"outputs": {"id": "L3"}}}, "L3"),
    ],
)
async def test_the_saved_list_comes_before_that_of_the_event(
    mapping: dict[str, Any], joined: str
) -> None:
    _, requests = await RIG.send("upsertProfile", ADA, mapping, P1)
    assert calls(requests)[-1] == f"POST /lists/{joined}/relationships/profiles/"
    _, (job,) = await RIG.send_all("upsertProfile", [ADA, ADA], mapping)
    assert sent(job)["data"]["relationships"]["lists"]["data"][0]["id"] == joined


@pytest.mark.parametrize("other", [Response(409), answer({"errors": [{}]}, 409), Response(400)])
async def test_another_refusal_is_none_of_a_duplicate(other: Response) -> None:
    trial, requests = await RIG.send("upsertProfile", ADA, None, other)
    assert "a.klaviyo.com answered 4" in refusal(trial)
    assert len(requests) == 1


async def test_no_list_is_joined_by_a_profile_that_was_not_made() -> None:
    mapping = {"email": "ada@example.com", "list_id": "L1"}
    trial, requests = await RIG.send("addProfileToList", ADA, mapping, Response(500))
    assert isinstance(trial.results[0], Retry)
    assert calls(requests) == ["POST /profiles/"]


async def test_what_routes_a_profile_is_no_attribute_of_it() -> None:
    mapping = {
        "phone_number": "020 7183 8750",
        "country_code": "GB",
        "list_id": "L1",
        "location": {"city": None, "zip": "SW1Y", "planet": "Earth"},
    }
    _, requests = await RIG.send("upsertProfile", ADA, mapping, P1)
    assert sent(requests[0])["data"]["attributes"] == {
        "email": "ada@example.com",
        "phone_number": "+442071838750",
        "location": {"city": None, "zip": "SW1Y"},
    }


async def test_in_a_batch_each_that_cannot_be_converted_ends_alone() -> None:
    nobody = {"type": "identify", "traits": {}}
    trial, (request,) = await RIG.send_all("upsertProfile", [nobody, ADA])
    first, second = trial.results
    assert "Klaviyo needs an e-mail" in str(first)
    assert isinstance(second, Response)
    assert len(sent(request)["data"]["attributes"]["profiles"]["data"]) == 1


async def test_a_batch_of_nobody_sends_nothing() -> None:
    trial, requests = await RIG.send_all("upsertProfile", [{"type": "identify"}] * 2)
    assert all(isinstance(result, Discard) for result in trial.results)
    assert requests == []


async def test_profiles_are_looked_for_by_every_identifier_and_removed_once() -> None:
    mapping = {"list_id": "L/1", "external_id": "u-1", "email": "ada@example.com"}
    found = answer({"data": [{"id": "P1"}, {"id": "P2"}]})
    _, requests = await RIG.send("removeProfile", ADA, mapping, found)
    assert calls(requests) == [
        "GET /profiles/?filter=any(external_id,[%22u-1%22])",
        "GET /profiles/?filter=any(email,[%22ada@example.com%22])",
        "DELETE /lists/L%2F1/relationships/profiles/",
    ]
    assert [each["id"] for each in sent(requests[2])["data"]] == ["P1", "P2"]


async def test_a_removal_of_nobody_is_told() -> None:
    trial, requests = await RIG.send("removeProfile", ADA, {"list_id": "L1"}, NONE)
    assert "No profile has these identifiers" in refusal(trial)
    assert len(requests) == 1


def order(**values: Any) -> Order:
    return Order.read({"profile": {"email": "ada@example.com"}, "properties": {}, **values})


def test_the_events_of_products_count_once_however_often_they_are_sent() -> None:
    both = {"products": [{"sku": "a"}, {"sku": "b"}], "properties": {"sku": "x", "total": 5}}
    first, second = ordered_products(order(**both), "m-1")
    assert (first["unique_id"], second["unique_id"]) == ("m-1:0", "m-1:1")
    assert first["properties"] == {"sku": "a", "total": 5}
    assert ordered_products(order(), "m-1") == []


async def test_the_products_of_an_order_follow_it_when_it_was_accepted() -> None:
    mapping = {
        "profile": {"email": "ada@example.com"},
        "properties": {"products": [1]},
        "products": [{"sku": "a"}],
    }
    _, requests = await RIG.send("orderCompleted", ADA, mapping, Response(202))
    names = [sent(r)["data"]["attributes"]["metric"]["data"]["attributes"] for r in requests]
    assert names == [{"name": "Order Completed"}, {"name": "Ordered Product"}]
    trial, requests = await RIG.send("orderCompleted", ADA, mapping, Response(503))
    assert isinstance(trial.results[0], Retry)
    assert len(requests) == 1


TRACKED = {"type": "track", "event": "Mug Bought", "userId": "u-1", "properties": {}}


async def test_a_profile_keeps_its_own_members_and_no_country() -> None:
    profile = {"email": None, "external_id": "u-1", "country_code": "GB", "plan": None, "n": 1}
    _, (request,) = await RIG.send("trackEvent", TRACKED, {"profile": profile})
    who = sent(request)["data"]["attributes"]["profile"]["data"]["attributes"]
    assert who == {"external_id": "u-1", "plan": None, "n": 1}


async def test_an_event_of_nobody_is_refused() -> None:
    trial, _ = await RIG.send("trackEvent", TRACKED, {"profile": {"plan": "pro"}})
    assert "an anonymous ID in the profile" in refusal(trial)


async def blamed(*pointers: str) -> Trial:
    errors = [{"detail": "too old", "source": {"pointer": pointer}} for pointer in pointers]
    trial, _ = await RIG.send_all(
        "trackEvent", [TRACKED] * 3, None, answer({"errors": errors}, 400)
    )
    return trial


async def test_a_refused_event_ends_and_the_others_are_sent_again() -> None:
    trial = await blamed("/data/attributes/events-bulk-create/data/1/attributes/time")
    kinds = [type(result) for result in trial.results]
    assert kinds == [Retry, Discard, Retry]
    assert str(trial.results[1]) == "Klaviyo refused this event: too old"


async def test_a_refusal_that_blames_none_is_that_of_all() -> None:
    assert {type(result) for result in (await blamed("/data")).results} == {Discard}


async def test_subscriptions_go_out_by_hundreds_of_the_same_source() -> None:
    person = {**TRACKED, "context": {"traits": {"email": "ada@example.com"}}}
    events = [{**person, "source": "shop"}] * 101 + [{**person, "source": "bar"}]
    mapping = {"custom_source": {"@path": "$.source"}}
    _, requests = await RIG.send_all("subscribeProfile", events, mapping)
    jobs = [sent(request)["data"]["attributes"] for request in requests]
    assert [(job["custom_source"], len(job["profiles"]["data"])) for job in jobs] == [
        ("shop", 100),
        ("shop", 1),
        ("bar", 1),
    ]


async def test_one_failed_job_is_not_that_of_the_others() -> None:
    person = {**TRACKED, "context": {"traits": {"email": "ada@example.com"}}}
    trial, _ = await RIG.send_all(
        "unsubscribeProfile", [person] * 101, None, Response(202), Response(503)
    )
    assert [type(result) for result in trial.results] == [Response] * 100 + [Retry]


async def test_the_time_of_consent_is_told_of_the_past_alone() -> None:
    person = {
        **TRACKED,
        "timestamp": "2026-01-02T03:04:05Z",
        "context": {"traits": {"email": "ada@example.com"}},
    }
    for is_historical in (True, False):
        _, (request,) = await RIG.send(
            "subscribeProfile", person, {"historical_import": is_historical}
        )
        (profile,) = sent(request)["data"]["attributes"]["profiles"]["data"]
        marketing = profile["attributes"]["subscriptions"]["email"]["marketing"]
        assert ("consented_at" in marketing) is is_historical


async def test_people_are_deleted_by_the_id_that_klaviyo_gave_them() -> None:
    requests = await RIG.forget(ForgottenUser("u-1"), answer({"data": [{"id": "P1"}]}))
    assert calls(requests) == [
        "GET /profiles/?filter=any(external_id,[%22u-1%22])",
        "POST /data-privacy-deletion-jobs/",
    ]
    profile = sent(requests[1])["data"]["attributes"]["profile"]["data"]
    assert profile == {"type": "profile", "id": "P1"}
    assert len(await RIG.forget(ForgottenUser("u-2"), NONE)) == 1


def connected(*answers: Response) -> tuple[Http, Answers]:
    transport = Answers(*answers)
    return http(transport), transport


async def test_lists_are_offered_page_by_page() -> None:
    page = {
        "data": [{"id": "L1", "attributes": {"name": "News"}}],
        "links": {"next": f"{API}/lists/?page%5Bcursor%5D=abc"},
    }
    client, transport = connected(answer(page), NONE)
    settings = RIG.connected().settings
    offered = await lists(client, settings, Search())
    assert [(each.value, each.label) for each in offered.choices] == [("L1", "News")]
    last = await lists(client, settings, Search(page=offered.next_page))
    assert (list(last.choices), last.next_page) == ([], "")
    assert transport.requests[1].url == f"{API}/lists/?page%5Bcursor%5D=abc"


async def test_the_list_of_an_audience_is_made_or_given() -> None:
    kept = klaviyo.audiences
    assert kept is not None
    assert kept.create is not None
    assert kept.get is not None
    settings, named = RIG.connected().settings, kept.settings.read({"listId": "L1"})
    client, transport = connected(answer({"data": {"id": "L9"}}))
    plain = kept.settings.read({})
    assert await kept.create(client, AudienceRequest("Buyers"), settings, named) == "L1"
    assert await kept.create(client, AudienceRequest("Buyers"), settings, plain) == "L9"
    assert await kept.get(client, AudienceRequest(external_id="L9"), settings, plain) == "L9"
    assert calls(transport.requests) == ["POST /lists", "GET /lists/L9"]
    with pytest.raises(Discard, match="A list needs a name"):
        await kept.create(client, AudienceRequest(), settings, plain)
    with pytest.raises(Discard, match="gave the list L9 for L1"):
        await kept.get(client, AudienceRequest(), settings, named)


async def test_a_list_is_chosen_or_made_for_a_mapping() -> None:
    news = answer({"data": {"id": "L1", "attributes": {"name": "News"}}})
    client, transport = connected(news)
    found = await choose(client, Chosen(list_identifier="L1"))
    made = await choose(client, Chosen(list_name="News"))
    assert (found.id, found.name) == (made.id, made.name) == ("L1", "News")
    assert calls(transport.requests) == ["GET /lists/L1", "POST /lists"]
    with pytest.raises(Discard, match="Choose a list"):
        await choose(client, Chosen())
