from __future__ import annotations

import json
from typing import Any

import pytest

from headgate.destinations.amplitude import properties
from headgate.destinations.amplitude.fields import Sale
from headgate.kit import Discard, ForgottenUser, Response, Retry
from tests.unit.destinations.running import NOW, Runner, answer, form, sent

SETTINGS = {"apiKey": "key-1", "secretKey": "secret-1"}
AMPLITUDE = Runner("amplitude", SETTINGS)
EUROPE = Runner("amplitude", {**SETTINGS, "endpoint": "europe"})
WHO = {"event_type": "Trip Booked", "user_id": "user-1"}
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1"
)


async def events(action: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    (request,) = await AMPLITUDE.perform(action, values)
    logged: list[dict[str, Any]] = sent(request)["events"]
    return logged


async def event(action: str, **values: Any) -> dict[str, Any]:
    (logged,) = await events(action, {**WHO, **values})
    return {name: value for name, value in logged.items() if name not in {*WHO, "library"}}


@pytest.mark.parametrize(
    ("runner", "values", "url"),
    [
        (AMPLITUDE, {}, "https://api2.amplitude.com/2/httpapi"),
        (EUROPE, {}, "https://api.eu.amplitude.com/2/httpapi"),
        (AMPLITUDE, {"use_batch_endpoint": True}, "https://api2.amplitude.com/batch"),
        (EUROPE, {"use_batch_endpoint": True}, "https://api.eu.amplitude.com/batch"),
    ],
)
async def test_each_region_and_kind_of_upload_has_its_address(
    runner: Runner, values: dict[str, Any], url: str
) -> None:
    (request,) = await runner.perform("logEventV2", {**WHO, **values})
    assert request.url == url


@pytest.mark.parametrize(
    ("runner", "host"), [(AMPLITUDE, "api.amplitude.com"), (EUROPE, "api.eu.amplitude.com")]
)
async def test_ids_of_one_person_go_to_another_address(runner: Runner, host: str) -> None:
    (request,) = await runner.perform("mapUser", {"user_id": "old", "global_user_id": "new"})
    assert request.url == f"https://{host}/usermap"
    assert json.loads(form(request)["mapping"]) == [{"user_id": "old", "global_user_id": "new"}]


@pytest.mark.parametrize(
    ("platform", "library", "spelled"),
    [
        ("IOS", None, "iOS"),
        ("my ios Android ios", None, "my iOS Android ios"),
        ("ANDROID", "analytics.js", "Android"),
        (None, "analytics.js", "Web"),
        ("", "analytics.js", "Web"),
        (None, "other", None),
    ],
)
def test_platforms_are_spelled_as_amplitude_does(
    platform: str | None, library: str | None, spelled: str | None
) -> None:
    assert properties.platform(platform, library) == spelled


@pytest.mark.parametrize(
    ("begun", "milliseconds"),
    [
        ("1700000000000", 1_700_000_000_000),
        ("12345", 12_345),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("", None),
        (None, None),
    ],
)
def test_sessions_are_milliseconds(begun: str | None, milliseconds: int | None) -> None:
    assert properties.session(begun) == milliseconds


async def test_a_session_that_is_no_moment_is_refused() -> None:
    with pytest.raises(Discard, match="Session ID"):
        await event("logEventV2", session_id="nonsense")


async def test_null_is_sent_where_it_may_be_mapped() -> None:
    (logged,) = await events("logEventV2", {"event_type": "x", "user_id": None, "device_id": "d"})
    assert logged == {"event_type": "x", "user_id": None, "device_id": "d", "library": "segment"}


async def test_the_user_agent_tells_the_device() -> None:
    found = await event(
        "logEventV2", userAgent=IPHONE, userAgentParsing=True, includeRawUserAgent=True
    )
    assert found == {
        "os_name": "iOS",
        "os_version": "16",
        "device_manufacturer": "Apple",
        "device_model": "iPhone",
        "device_type": "mobile",
        "user_agent": IPHONE,
    }


async def test_hints_and_mapped_fields_know_better_than_the_user_agent() -> None:
    hints = {"model": "iPhone 14", "platformVersion": "16.5.1"}
    found = await event(
        "logEventV2", userAgent=IPHONE, userAgentParsing=True, userAgentData=hints, os_name="iPadOS"
    )
    assert (found["os_name"], found["os_version"]) == ("iPadOS", "16.5.1")
    assert found["device_model"] == "iPhone 14"


async def test_a_user_agent_is_only_read_when_it_is_wanted() -> None:
    assert await event("logEventV2", userAgent=IPHONE) == {}


async def test_campaign_and_referrer_become_properties_and_initial_ones() -> None:
    own = {"$set": {"utm_source": "own"}, "referrer": "left out", "plan": "pro"}
    found = await event(
        "logEvent", utm_properties={"utm_source": "s"}, referrer="https://r", user_properties=own
    )
    assert found["user_properties"] == {
        "$set": {"utm_source": "own", "referrer": "https://r"},
        "$setOnce": {"initial_utm_source": "s", "initial_referrer": "https://r"},
        "plan": "pro",
    }


async def test_in_identifications_campaign_and_referrer_count_for_more() -> None:
    own = {"$set": {"utm_source": "own"}}
    values = {"user_id": "u", "utm_properties": {"utm_source": "s"}, "user_properties": own}
    (request,) = await AMPLITUDE.perform("identifyUser", values)
    said = json.loads(form(request)["identification"])
    assert said["user_properties"]["$set"] == {"utm_source": "s"}
    assert said["library"] == "segment"


async def test_operations_join_the_properties_unless_they_are_empty() -> None:
    found = await event(
        "logEventV2",
        user_properties={"a": 1},
        setOnce={"initial_referrer": ""},
        setAlways={"own": 2},
        add={"trips": 1},
    )
    assert found["user_properties"] == {"a": 1, "$set": {"own": 2}, "$add": {"trips": 1}}


@pytest.mark.parametrize(
    ("sale", "counted"),
    [
        (Sale(price=2.5, quantity=3), {"revenue": 7.5, "quantity": 3, "price": 2.5}),
        (Sale(revenue=5.5, quantity=3), {"revenue": 5.5, "quantity": 3}),
        (Sale(price=0, quantity=3, revenue=9), {}),
        (Sale(price=4), {}),
        (Sale(revenue=1, revenue_type="tax"), {"revenue": 1, "revenueType": "tax"}),
    ],
)
def test_revenue_is_price_times_quantity_where_both_are_known(
    sale: Sale, counted: dict[str, Any]
) -> None:
    expected = {"revenueType": "Purchase", **counted} if counted else {}
    assert properties.revenue(sale) == expected


ORDER = {
    **WHO,
    "revenue": 24.5,
    "insert_id": "m-1",
    "products": [{"price": 5, "quantity": 2, "own": "kept"}, {"revenue": 14.5}],
}


async def test_an_order_is_followed_by_its_products() -> None:
    order, *products = await events("logPurchase", ORDER)
    assert (order["revenue"], order["insert_id"]) == (24.5, "m-1")
    assert [each["event_type"] for each in products] == ["Product Purchased"] * 2
    assert [each["insert_id"] for each in products] == ["m-1-2", "m-1-3"]
    assert products[0]["event_properties"] == {"price": 5, "quantity": 2, "own": "kept"}
    assert not any("revenue" in each for each in products)


async def test_revenue_can_be_counted_by_product() -> None:
    logged = await events("logPurchase", {**ORDER, "trackRevenuePerProduct": True})
    assert [each.get("revenue") for each in logged] == [None, 10, 14.5]


async def test_a_person_joins_a_group_before_the_group_gets_its_properties() -> None:
    values = {"user_id": "u", "group_type": "company", "group_value": "ACME", "min_id_length": 1}
    member, group = await AMPLITUDE.perform(
        "groupIdentifyUser", {**values, "group_properties": {"plan": "gold"}}
    )
    (said,) = json.loads(form(member)["identification"])
    assert said["groups"] == said["user_properties"] == {"company": "ACME"}
    assert said["time"] == int(NOW * 1000)
    assert json.loads(form(group)["identification"])[0]["group_properties"] == {"plan": "gold"}
    assert json.loads(form(group)["options"]) == {"min_id_length": 1}


async def test_a_group_needs_no_member() -> None:
    (request,) = await AMPLITUDE.perform(
        "groupIdentifyUser", {"group_type": "company", "group_value": "ACME"}
    )
    assert request.url.endswith("/groupidentify")
    assert "options" not in form(request)


async def test_refused_events_leave_a_batch_and_the_others_come_again() -> None:
    refusal = {
        "code": 400,
        "events_with_invalid_fields": {"time": [0]},
        "events_with_missing_fields": {"event_type": [2]},
        "silenced_events": [3],
    }
    results, requests = await AMPLITUDE.batch("logEventV2", [WHO] * 5, answer(refusal, 400))
    assert len(requests) == 1
    assert [type(result) for result in results] == [Discard, Retry, Discard, Discard, Retry]
    assert [str(results[index]) for index in (0, 2, 3)] == [
        "Amplitude refused this event: an invalid time.",
        "Amplitude refused this event: no event_type.",
        "Amplitude refused this event: its device is silenced.",
    ]


@pytest.mark.parametrize("refusal", [Response(400), answer([1], 400), answer({"code": 400}, 400)])
async def test_a_refusal_that_names_no_event_is_about_all(refusal: Response) -> None:
    results, _ = await AMPLITUDE.batch("logEvent", [WHO] * 2, refusal)
    assert [type(result) for result in results] == [Discard, Discard]


async def test_people_are_deleted_by_their_user_id() -> None:
    request = await EUROPE.forget(ForgottenUser("user-1", "anonymous-1"))
    assert request.url == "https://analytics.eu.amplitude.com/api/2/deletions/users"
    assert sent(request) == {"user_ids": ["user-1"], "requester": "headgate"}
    with pytest.raises(Discard, match="user ID"):
        await AMPLITUDE.forget(ForgottenUser(anonymous_id="anonymous-1"))


async def test_the_check_uses_both_keys() -> None:
    request = await AMPLITUDE.check()
    assert request.url == "https://amplitude.com/api/2/usersearch?user=testUser@example.com"
    assert ("Authorization", "Basic a2V5LTE6c2VjcmV0LTE=") in request.headers
