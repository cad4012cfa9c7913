from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.destinations.mixpanel.profiles import group_profile, increments, profile
from headgate.kit import Discard, Disconnect, ForgottenUser, Request, Response
from headgate.kit.errors import InvalidSettings
from tests.unit.destinations.running import NOW, Runner, answer, form, sent

SETTINGS = {"projectToken": "token-1", "apiSecret": "secret-1"}
MIXPANEL = Runner("mixpanel", SETTINGS)
EUROPE = Runner(
    "mixpanel", {**SETTINGS, "apiRegion": "EU 🇪🇺", "strictMode": "0", "sourceName": "web"}
)


def data(request: Request) -> Any:
    return json.loads(form(request)["data"])


async def properties(**values: Any) -> dict[str, Any]:
    (request,) = await MIXPANEL.perform("trackEvent", {"event": "x", **values})
    ((event),) = sent(request)
    assert event["event"] == "x"
    found: dict[str, Any] = event["properties"]
    return found


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("US 🇺🇸", "api.mixpanel.com"),
        ("EU 🇪🇺", "api-eu.mixpanel.com"),
        ("IN 🇮🇳", "api-in.mixpanel.com"),
    ],
)
async def test_each_region_has_its_host(region: str, host: str) -> None:
    runner = Runner("mixpanel", {**SETTINGS, "apiRegion": region})
    (request,) = await runner.perform("trackEvent", {"event": "x"})
    assert request.url == f"https://{host}/import?strict=1"
    assert ("Authorization", "Basic c2VjcmV0LTE6") in request.headers


def test_an_unknown_region_is_refused_when_it_is_set() -> None:
    with pytest.raises(InvalidSettings, match="Data residency"):
        Runner("mixpanel", {**SETTINGS, "apiRegion": "US"})


async def test_what_is_not_mapped_has_an_answer_all_the_same() -> None:
    found = await properties()
    assert found.pop("$insert_id")
    assert found == {"time": int(NOW * 1000), "distinct_id": "", "$source": "segment"}


async def test_without_an_insert_id_one_is_made_of_the_message_id() -> None:
    made = []
    for message in ("m-1", "m-1", "m-2", "\ud800"):
        event = {"messageId": message}
        (request,) = await MIXPANEL.perform("trackEvent", {"event": "x"}, event=event)
        made.append(sent(request)[0]["properties"]["$insert_id"])
    assert made[0] == made[1]
    assert len(set(made)) == 3
    assert all(each.isalnum() and len(each) <= 36 for each in made)


async def test_events_of_a_batch_never_share_a_made_insert_id() -> None:
    _, (request,) = await MIXPANEL.batch("trackEvent", [{"event": "x"}] * 3)
    assert len({each["properties"]["$insert_id"] for each in sent(request)}) == 3


async def test_own_properties_count_for_more_except_where_mixpanel_reserves_them() -> None:
    own = {"time": 1, "distinct_id": "d", "$insert_id": "i", "$os": "mine", "nothing": None}
    found = await properties(event_properties=own, os_name="iOS", insert_id="m-1", user_id="u-1")
    assert (found["$os"], found["nothing"]) == ("mine", None)
    assert (found["$insert_id"], found["distinct_id"]) == ("m-1", "")
    assert found["time"] == int(NOW * 1000)


async def test_the_way_by_iterable_is_told() -> None:
    context = {"integration": {"name": "Iterable"}}
    assert (await properties(context=context))["$source"] == "Iterable"
    assert (await properties(context={"integration": "Iterable"}))["$source"] == "segment"


async def test_source_and_library_are_named_as_segment_does() -> None:
    (request,) = await EUROPE.perform("trackEvent", {"event": "x", "library_name": "analytics.js"})
    found = sent(request)[0]["properties"]
    assert found["segment_source_name"] == "web"
    assert found["mp_lib"] == "Segment Actions: analytics.js"
    assert request.url.endswith("?strict=0")


ORDER = {
    "event": "Order Completed",
    "time": "2026-01-01T00:00:00Z",
    "insert_id": "m-1",
    "event_properties": {"total": 9, "order_id": "o-1"},
    "products": [{"name": "Mug", "price": 5, "own": "kept"}, {"name": "Plate"}],
}


async def test_an_order_is_followed_by_its_products_if_they_are_wanted() -> None:
    (request,) = await MIXPANEL.perform("trackPurchase", ORDER)
    assert len(sent(request)) == 1
    wanted = {**ORDER, "generatePurchaseEventPerProduct": True}
    (request,) = await MIXPANEL.perform("trackPurchase", wanted)
    order, mug, plate = [each["properties"] for each in sent(request)]
    assert [each["time"] - order["time"] for each in (mug, plate)] == [-1, -2]
    assert [each["$insert_id"] for each in (order, mug, plate)] == ["m-1", "0m-1", "1m-1"]
    assert (mug["name"], mug["price"], mug["own"]) == ("Mug", 5, "kept")
    assert (mug["order_id"], "total" in mug) == ("o-1", False)


def refusal(*places: int) -> Response:
    records = [{"index": place, "message": "no good"} for place in places]
    return answer({"code": 400, "failed_records": records}, 400)


async def test_a_batch_tells_of_each_event() -> None:
    results, _ = await MIXPANEL.batch("trackEvent", [{"event": "x"}] * 3, refusal(1))
    assert [type(result) for result in results] == [Response, Discard, Response]
    assert str(results[1]) == "Mixpanel refused this event: no good."


async def test_a_purchase_fails_with_any_of_its_events() -> None:
    orders = [{**ORDER, "generatePurchaseEventPerProduct": True}] * 3
    results, _ = await MIXPANEL.batch("trackPurchase", orders, refusal(4, 6))
    assert [type(result) for result in results] == [Response, Discard, Discard]


async def test_a_batch_of_too_many_events_is_divided() -> None:
    products = [{"name": str(number)} for number in range(1500)]
    order = {**ORDER, "generatePurchaseEventPerProduct": True, "products": products}
    results, requests = await MIXPANEL.batch(
        "trackPurchase", [order] * 2, answer({}), refusal(1001)
    )
    assert [len(sent(each)) for each in requests] == [2000, 1002]
    assert [type(result) for result in results] == [Response, Discard]


async def test_a_single_refused_event_is_discarded_with_the_reason() -> None:
    with pytest.raises(Discard, match="no good"):
        await MIXPANEL.perform("trackEvent", {"event": "x"}, refusal(0))


@pytest.mark.parametrize("unread", [Response(400), answer([], 400), answer({"code": 400}, 400)])
async def test_a_refusal_that_names_no_event_is_about_all(unread: Response) -> None:
    results, _ = await MIXPANEL.batch("trackEvent", [{"event": "x"}] * 2, unread)
    assert [str(result) for result in results] == ["api.mixpanel.com answered 400 Bad Request."] * 2


async def test_refused_credentials_are_about_all() -> None:
    results, _ = await MIXPANEL.batch("trackEvent", [{"event": "x"}] * 2, Response(401))
    assert [type(result) for result in results] == [Disconnect, Disconnect]


async def test_a_person_is_joined_and_then_described() -> None:
    values = {"user_id": "u", "anonymous_id": "a", "ip": "1.2.3.4", "traits": {"plan": "pro"}}
    joined, described = await MIXPANEL.perform("identifyUser", values)
    assert joined.url == "https://api.mixpanel.com/track"
    ids = {"$identified_id": "u", "$anon_id": "a", "token": "token-1"}
    assert data(joined) == {"event": "$identify", "properties": ids}
    assert described.url == "https://api.mixpanel.com/engage"
    assert data(described) == {
        "$token": "token-1",
        "$distinct_id": "u",
        "$ip": "1.2.3.4",
        "$set": {"plan": "pro"},
    }


@pytest.mark.parametrize(
    ("action", "values", "sentence"),
    [
        ("identifyUser", {"user_id": "u"}, "nothing to send"),
        ("identifyUser", {"traits": {"a": 1}}, "neither a user ID nor"),
        ("groupIdentifyUser", {"group_id": "g"}, "no group properties"),
        ("alias", {"alias": "u"}, "needs both"),
        ("alias", {"distinct_id": "u"}, "needs both"),
        ("incrementProperties", {"user_id": "u", "increment": {}}, "nothing to add"),
        ("incrementProperties", {"increment": {"a": 1}}, "neither a user ID nor"),
    ],
)
async def test_what_mixpanel_could_do_nothing_with_is_discarded(
    action: str, values: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Discard, match=sentence):
        await MIXPANEL.perform(action, values)


async def test_the_answer_0_is_a_refusal() -> None:
    values = {"distinct_id": "a", "alias": "b"}
    await MIXPANEL.perform("alias", values, Response(200, body=b"1"))
    with pytest.raises(Discard, match="answered 0"):
        await MIXPANEL.perform("alias", values, Response(200, body=b"0\n"))


async def test_a_group_is_told_by_its_own_key() -> None:
    values = {"group_id": "g", "group_key": "plan", "traits": {"plan": "gold", "name": "ACME"}}
    (request,) = await MIXPANEL.perform("groupIdentifyUser", values)
    assert data(request)["$group_key"] == "plan"
    assert data(request)["$group_id"] == "gold"
    assert data(request)["$set"] == {"plan": "gold", "$name": "ACME"}


def test_traits_go_by_mixpanels_names() -> None:
    traits = {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "created": None,
        "createdAt": "2025",
        "email": None,
        "plan": "pro",
    }
    assert profile(traits) == {
        "plan": "pro",
        "$email": None,
        "$first_name": "Ada",
        "$last_name": "Lovelace",
        "$created": "2025",
        "$name": "Ada Lovelace",
    }
    assert profile({"name": "Ada", "firstName": "A", "lastName": "L"})["$name"] == "Ada"
    assert "$name" not in profile({"firstName": "Ada"})
    assert group_profile({"email": "x", "created_at": "c"}) == {"email": "x", "$created": "c"}


@pytest.mark.parametrize(
    ("value", "number"), [(5, 5), (-1.5, -1.5), ("5", 5), (" -2.5e1 ", -25), ("", 0), (".5", 0.5)]
)
def test_numbers_to_add_may_be_texts(value: object, number: float) -> None:
    assert increments({"a": value}) == {"a": number}


@pytest.mark.parametrize("value", ["x", "1_000", "nan", "Infinity", True, None, [1], {"a": 1}])
def test_what_is_no_number_is_not_added(value: object) -> None:
    with pytest.raises(Discard, match="'a' is no number"):
        increments({"b": 1, "a": value})


def test_mixpanel_adds_to_twenty_properties_at_most() -> None:
    assert len(increments({f"p{number}": 1 for number in range(20)})) == 20
    with pytest.raises(Discard, match="20 properties"):
        increments({f"p{number}": 1 for number in range(21)})


async def test_people_are_deleted_with_the_token_for_it() -> None:
    with pytest.raises(Discard, match="token for deletions"):
        await MIXPANEL.forget(ForgottenUser("u", "a"))
    runner = Runner("mixpanel", {**SETTINGS, "apiRegion": "EU 🇪🇺", "gdpr_token": "gdpr-1"})
    request = await runner.forget(ForgottenUser("u", "a"))
    assert request.host == "eu.mixpanel.com"
    assert request.url.endswith("/data-deletions/v3.0/?token=token-1")
    assert sent(request) == {"distinct_ids": ["u", "a"], "compliance_type": "GDPR"}
    assert ("Authorization", "Bearer gdpr-1") in request.headers


async def test_the_check_asks_whether_secret_and_token_belong_together() -> None:
    request = await MIXPANEL.check()
    assert sent(request) == {"api_secret": "secret-1", "project_token": "token-1"}
