from __future__ import annotations

from typing import Any

import pytest

from headgate.destinations.google_analytics_4.actions import event_name
from headgate.destinations.google_analytics_4.checks import check
from headgate.destinations.google_analytics_4.hits import microseconds
from headgate.kit import Discard
from headgate.kit.errors import InvalidSettings
from tests.unit.destinations.delivering import Rig, refusal, sent

WEB = Rig("google_analytics_4", {"measurementId": "G-1", "apiSecret": "a&b"})
APP = Rig("google_analytics_4", {"firebaseAppId": "1:2:ios:3", "apiSecret": "s"})
MOBILE = {"data_stream_type": "Mobile App", "app_instance_id": "i-1"}
LOGIN = {"type": "track", "event": "Signed In", "userId": "u-1"}
MUG = {"item_id": "p1"}


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678_000),
        ("1767323045678000", 1_767_323_045_678_000),
        (" 12.9 ", 12),
    ],
)
def test_a_time_is_a_date_or_microseconds(told: str, read: int) -> None:
    assert microseconds(told) == read


def test_a_time_that_is_no_date_is_refused() -> None:
    with pytest.raises(Discard, match="'then' is no date"):
        microseconds("then")


@pytest.mark.parametrize(
    ("text", "name"),
    [(" Mug Bought ", "Mug_Bought"), ("a\t b", "a__b"), ("Größe", "Größe"), ("x" * 40, "x" * 40)],
)
def test_blanks_in_names_become_underscores(text: str, name: str) -> None:
    assert event_name(text, lower=False) == name
    assert event_name(text, lower=True) == name.lower()


@pytest.mark.parametrize("text", ["", "  ", "1st", "_x", "a-b", "x" * 41])
def test_names_that_google_would_drop_are_refused(text: str) -> None:
    with pytest.raises(Discard, match="Google takes no event called"):
        event_name(text, lower=False)


@pytest.mark.parametrize(
    "params",
    [
        {"items": [MUG], "currency": "usd"},
        {"items": [{"item_name": "", "currency": "EUR"}]},
        {"items": [{**MUG, "currency": "EUR"}], "value": 0},
        {"value": 5, "currency": "GBP"},
        {"search_term": "mug"},
    ],
)
def test_what_google_takes_passes(params: dict[str, Any]) -> None:
    check(params, needs_currency=True, needs_items=False)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"currency": "XXZ"}, "'XXZ' is no currency"),
        ({"items": [{**MUG, "currency": "XXZ"}]}, "'XXZ' is no currency"),
        ({"items": [MUG, {"price": 5}], "currency": "USD"}, "needs a name or an ID"),
        ({"value": 5}, "A value needs a currency"),
        ({"items": [MUG, {**MUG, "currency": "EUR"}]}, "The event or its first product"),
        ({"items": []}, "The event or its first product"),
        ({"items": [], "currency": "USD"}, "needs one product or more"),
    ],
)
def test_what_google_would_drop_is_refused(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Discard, match=sentence):
        check(params, needs_currency=True, needs_items=True)


def test_most_events_need_neither_currency_nor_items() -> None:
    check({"items": [], "value": 5}, needs_currency=False, needs_items=False)


async def test_the_stream_is_named_in_the_address() -> None:
    _, (web,) = await WEB.send("login", LOGIN)
    _, (app,) = await APP.send("login", LOGIN, MOBILE)
    collect = "https://www.google-analytics.com/mp/collect"
    assert web.url == f"{collect}?api_secret=a%26b&measurement_id=G-1"
    assert app.url == f"{collect}?api_secret=s&firebase_app_id=1:2:ios:3"
    assert sent(web) == {
        "client_id": "u-1",
        "events": [{"name": "login", "params": {"engagement_time_msec": 1}}],
    }
    assert sent(app)["app_instance_id"] == "i-1"


async def test_events_may_be_collected_in_the_eu() -> None:
    _, (request,) = await WEB._replace(settings={**WEB.settings, "region": "EU"}).send(
        "login", LOGIN
    )
    assert request.host == "region1.google-analytics.com"


@pytest.mark.parametrize(
    ("rig", "mapping", "sentence"),
    [
        (APP, {}, "need a measurement ID"),
        (WEB, MOBILE, "need a Firebase app ID"),
        (WEB, {"client_id": None}, "need a client ID"),
        (APP, {**MOBILE, "app_instance_id": None}, "need the field Firebase app instance ID"),
        (WEB, {"params": {"a": None}}, "The event parameter a is null"),
        (WEB, {"params": {"a": {"b": 1}}}, "The event parameter a is an object"),
        (WEB, {"params": {"a": [1]}}, "The event parameter a is a list"),
        (WEB, {"user_properties": {"a": [1]}}, "The user property a is a list"),
    ],
)
async def test_an_event_that_would_be_lost_is_refused(
    rig: Rig, mapping: dict[str, Any], sentence: str
) -> None:
    trial, requests = await rig.send("login", LOGIN, mapping)
    assert sentence in refusal(trial)
    assert requests == []


async def test_parameters_come_before_fields_and_consent_is_told() -> None:
    mapping = {
        "method": "mail",
        "params": {"method": "google", "items": [{"a": 1}]},
        "user_properties": {"plan": "pro", "none": None},
        "ad_user_data_consent": "DENIED",
    }
    _, (request,) = await WEB.send("login", LOGIN, mapping)
    body = sent(request)
    assert body["events"][0]["params"] == {
        "method": "google",
        "items": [{"a": 1}],
        "engagement_time_msec": 1,
    }
    assert body["user_properties"] == {"plan": {"value": "pro"}, "none": {"value": None}}
    assert body["consent"] == {"ad_user_data": "DENIED"}


async def test_a_product_keeps_members_that_google_has_no_name_for() -> None:
    items = [{"item_id": "p1", "price": "5.5", "engraved": True, "index": None}]
    _, (request,) = await WEB.send("addToCart", LOGIN, {"items": items})
    params = sent(request)["events"][0]["params"]
    assert params["items"] == [{"item_id": "p1", "price": 5.5, "engraved": True}]


async def test_products_are_listed_even_if_there_are_none() -> None:
    mapping = {"currency": "USD", "transaction_id": "o-1", "items": None}
    _, (request,) = await WEB.send("refund", LOGIN, mapping)
    assert sent(request)["events"][0]["params"]["items"] == []


def test_one_of_the_streams_must_be_named() -> None:
    with pytest.raises(InvalidSettings, match="measurementId"):
        Rig("google_analytics_4", {"apiSecret": "s"}).connected()
