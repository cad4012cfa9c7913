from __future__ import annotations

import json
from typing import Any

import pytest

from headgate import catalog
from headgate.destinations.braze.profiles import gender
from headgate.destinations.braze.tracking import requests as split
from headgate.kit import Discard, Disconnect, ForgottenUser, Http, Request, Response, Retry
from headgate.kit.connected import Connected
from headgate.kit.fields import Search
from headgate.kit.trial import Trial, attempt, attempt_batch
from tests.unit.kit.engine import Answers

BRAZE = catalog.destination("braze")
SETTINGS = BRAZE.settings.read({"api_key": "secret-key", "app_id": "app"})
HOST = "https://rest.iad-01.braze.com"
EVENT = {"external_id": "u-1", "name": "Mug Bought", "time": "2026-01-01"}


def answer(body: object = None, status: int = 201) -> Response:
    return Response(status, body=json.dumps({} if body is None else body).encode())


def body(request: Request) -> Any:
    return json.loads(request.body)


def mode(name: str) -> dict[str, Any]:
    return {"__segment_internal_sync_mode": name}


async def perform(
    action: str,
    mapping: dict[str, Any],
    *answers: Response,
    events: list[dict[str, Any]] | None = None,
) -> tuple[Trial, list[Request]]:
    transport = Answers(*(answers or (answer(),)))
    connected, its = Connected(BRAZE, SETTINGS), BRAZE.actions[action]
    http = Http(transport, idempotency_key="key-1")
    if events is not None:
        return await attempt_batch(connected, its, events, mapping, http), transport.requests
    return await attempt(connected, its, {}, mapping, http), transport.requests


def kinds(trial: Trial) -> list[type]:
    return [type(each) for each in trial.results]


@pytest.mark.parametrize(
    ("word", "letter"),
    [("Male", "M"), ("w", "F"), ("OTHER", "O"), ("n", "N"), ("prefer not to say", "P"), ("x", "x")],
)
def test_words_for_genders_become_letters(word: str, letter: str) -> None:
    assert gender(word) == letter


def test_entries_are_split_into_requests_that_braze_takes() -> None:
    sizes = [40, 35, 1, 75, 74, 1]
    made: list[tuple[int, list[dict[str, Any]]]] = [
        (place, [{}] * size) for place, size in enumerate(sizes)
    ]
    assert [[place for place, _ in some] for some in split(made)] == [[0, 1], [2], [3], [4, 5]]


async def test_nulls_take_attributes_away_and_absent_ones_stay() -> None:
    mapping: dict[str, Any] = {
        "external_id": "u-1",
        "country": None,
        "dob": None,
        "current_location": {},
        "subscription_groups": [],
        "custom_attributes": {"plan": None, "email": "kept out", "time": 1, "vip": True},
    }
    _, (request,) = await perform("updateUserProfile", mapping)
    assert body(request) == {
        "attributes": [
            {"external_id": "u-1", "country": None, "dob": None, "plan": None, "vip": True}
        ]
    }


async def test_moments_of_profiles_are_in_utc() -> None:
    mapping = {
        "external_id": "u-1",
        "dob": "1990-05-06T23:30:00-02:00",
        "date_of_first_session": 1_700_000_000_000,
        **mode("update"),
    }
    _, (request,) = await perform("updateUserProfile2", mapping)
    assert body(request)["attributes"] == [
        {
            "external_id": "u-1",
            "dob": "1990-05-07",
            "date_of_first_session": "2023-11-14T22:13:20.000Z",
            "_update_existing_only": True,
        }
    ]


@pytest.mark.parametrize("alias", [{"alias_name": "n"}, {"alias_label": "l"}, {}])
async def test_half_an_alias_is_nobody(alias: dict[str, str]) -> None:
    mapping: dict[str, Any] = {"name": "x", "time": "2026-01-01", "user_alias": alias}
    trial, requests = await perform("trackEvent", mapping)
    assert kinds(trial) == [Discard]
    assert requests == []


async def test_a_mode_says_whether_profiles_are_created() -> None:
    for name, said in (("add", False), ("update", True)):
        _, (request,) = await perform("trackEvent2", {**EVENT, **mode(name)})
        assert body(request)["events"][0]["_update_existing_only"] is said
    _, (request,) = await perform("trackEvent", EVENT)
    assert "_update_existing_only" not in body(request)["events"][0]


@pytest.mark.parametrize(
    "action", ["trackEvent2", "updateUserProfile2", "createAlias2", "identifyUser2", "ecommerce"]
)
async def test_modes_that_are_not_offered_end_the_event(action: str) -> None:
    event = {
        **EVENT,
        "alias_name": "n",
        "alias_label": "l",
        "user_alias": {"alias_name": "n", "alias_label": "l"},
        "name": "ecommerce.product_viewed",
        "currency": "EUR",
        "source": "web",
        "products": [],
    }
    trial, requests = await perform(action, {**event, **mode("mirror")})
    assert kinds(trial) == [Discard]
    assert "mirror" in str(trial.results[0])
    assert requests == []


async def test_an_accepted_event_with_an_error_is_refused() -> None:
    refusal = answer({"message": "success", "errors": [{"type": "bad name", "index": 0}]})
    trial, _ = await perform("trackEvent", EVENT, refusal)
    assert str(trial.results[0]) == "Braze refused this event: bad name."


async def test_errors_that_name_nobody_are_nobodys() -> None:
    errors = [{"type": "x", "index": 7}, {"type": "x", "index": "0"}, "x", {"index": -1}]
    trial, _ = await perform("trackEvent", EVENT, answer({"errors": errors}))
    assert kinds(trial) == [Response]
    trial, _ = await perform("trackEvent", EVENT, Response(201, body=b"fine"))
    assert kinds(trial) == [Response]


async def test_a_refused_batch_ends_for_those_at_fault_only() -> None:
    mapping = {**EVENT, "external_id": {"@path": "$.id"}}
    events: list[dict[str, Any]] = [{"id": "1"}, {}, {"id": "3"}]
    refusal = answer({"message": "no", "errors": [{"type": "x", "index": 1}]}, 400)
    trial, (request,) = await perform("trackEvent", mapping, refusal, events=events)
    assert kinds(trial) == [Retry, Discard, Discard]
    assert [each["external_id"] for each in body(request)["events"]] == ["1", "3"]
    trial, _ = await perform("trackEvent", mapping, answer({}, 400), events=events)
    assert kinds(trial) == [Discard, Discard, Discard]


async def test_a_batch_without_anybody_sends_nothing() -> None:
    mapping = {"name": "x", "time": "2026-01-01"}
    trial, requests = await perform("trackEvent", mapping, events=[{}, {}])
    assert kinds(trial) == [Discard, Discard]
    assert requests == []


async def test_faults_of_products_are_those_of_their_order() -> None:
    mapping = {
        "external_id": {"@path": "$.id"},
        "time": "2026-01-01",
        "products": {"@path": "$.products"},
        "properties": {"coupon": "C1", "products": "kept out"},
    }
    product = {"product_id": "p", "price": 5, "colour": "blue", "coupon": "lost"}
    events = [{"id": "1", "products": [product] * 2}, {"id": "2", "products": [product]}]
    refusal = answer({"errors": [{"type": "bad", "index": 2}]})
    trial, (request,) = await perform("trackPurchase", mapping, refusal, events=events)
    assert kinds(trial) == [Response, Discard]
    assert body(request)["purchases"][0] == {
        "external_id": "1",
        "app_id": "app",
        "time": "2026-01-01T00:00:00.000Z",
        "product_id": "p",
        "currency": "USD",
        "price": 5,
        "properties": {"colour": "blue", "coupon": "C1"},
    }


@pytest.mark.parametrize("count", [0, 76])
async def test_orders_hold_1_to_75_products(count: int) -> None:
    products = [{"product_id": "p", "price": 5}] * count
    mapping = {"external_id": "u-1", "time": "2026-01-01", "products": products}
    trial, requests = await perform("trackPurchase", mapping)
    assert kinds(trial) == [Discard]
    assert requests == []


async def test_a_refused_alias_is_an_end() -> None:
    refusal = answer({"message": "success", "errors": [{"type": "alias exists"}]})
    trial, _ = await perform("createAlias", {"alias_name": "n", "alias_label": "l"}, refusal)
    assert str(trial.results[0]) == "Braze refused this: alias exists."


async def test_a_message_that_went_out_is_not_sent_again() -> None:
    mapping = {"campaign_id": "c-1", "broadcast": True}
    trial, _ = await perform("triggerCampaign", mapping, Response(201, body=b"<html>"))
    assert kinds(trial) == [Response]


@pytest.mark.parametrize(
    "who",
    [
        {"broadcast": True, "recipients": [{"external_user_id": "u-1"}]},
        {"broadcast": False, "recipients": []},
        {"broadcast": False},
    ],
)
async def test_a_message_goes_to_all_or_to_some(who: dict[str, Any]) -> None:
    trial, requests = await perform("triggerCampaign", {"campaign_id": "c-1", **who})
    assert kinds(trial) == [Discard]
    assert requests == []


async def test_each_recipient_has_the_priorities() -> None:
    mapping = {
        "canvas_id": "c-1",
        "recipients": [{"email": "a@example.com"}, {"email": "b@example.com"}],
        "prioritization": {"first_priority": "identified"},
    }
    _, (request,) = await perform("triggerCanvas", mapping)
    assert body(request) == {
        "canvas_id": "c-1",
        "recipients": [
            {"email": "a@example.com", "prioritization": ["identified"]},
            {"email": "b@example.com", "prioritization": ["identified"]},
        ],
    }


CATALOG = {"onMappingSave": {"outputs": {"catalog_name": "mugs"}}, **mode("upsert")}


@pytest.mark.parametrize(
    "mapping",
    [
        {**CATALOG, "item_id": "a b", "item": {"name": "Mug"}},
        {**CATALOG, "item_id": "a"},
        {**mode("upsert"), "item_id": "a", "item": {"name": "Mug"}},
    ],
)
async def test_an_item_needs_an_id_fields_and_a_catalog(mapping: dict[str, Any]) -> None:
    trial, requests = await perform("upsertCatalogItem", mapping)
    assert kinds(trial) == [Discard]
    assert requests == []


async def test_the_last_event_about_an_item_counts() -> None:
    mapping = {**CATALOG, "item_id": {"@path": "$.id"}, "item": {"n": {"@path": "$.n"}}}
    events = [{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "a", "n": 3}]
    trial, (request,) = await perform("upsertCatalogItem", mapping, events=events)
    assert kinds(trial) == [Response] * 3
    assert request.url == f"{HOST}/catalogs/mugs/items/"
    assert body(request) == {"items": [{"id": "a", "n": 3}, {"id": "b", "n": 2}]}


async def test_only_a_missing_item_is_deleted_already() -> None:
    mapping = {**CATALOG, **mode("delete"), "item_id": "a"}
    for error, kind in (("item-not-found", Response), ("catalog-not-found", Discard)):
        missing = answer({"errors": [{"id": error, "message": "x"}]}, 404)
        trial, _ = await perform("upsertCatalogItem", mapping, missing)
        assert kinds(trial) == [kind]


async def saved(inputs: dict[str, Any]) -> tuple[object, list[Request]]:
    transport = Answers()
    http = Http(transport, idempotency_key="key-1")
    action = BRAZE.actions["upsertCatalogItem"]
    outputs = await Connected(BRAZE, SETTINGS).save_hook(http, action, "onMappingSave", inputs)
    return outputs, transport.requests


async def test_a_catalog_is_chosen_or_created() -> None:
    chosen = {"operation": "select", "selected_catalog_name": "mugs"}
    assert await saved(chosen) == ({"catalog_name": "mugs"}, [])
    columns = [{"name": "id", "type": "string"}, {"name": "price", "type": "number"}]
    created = {"operation": "create", "created_catalog_name": "pots", "columns": columns}
    outputs, (request,) = await saved(created)
    assert outputs == {"catalog_name": "pots"}
    assert body(request) == {"catalogs": [{"name": "pots", "fields": columns}]}


async def test_products_keep_what_braze_has_no_place_for() -> None:
    product = {
        "product_id": "p",
        "product_name": "Mug",
        "variant_id": "v",
        "price": 5,
        "quantity": 2,
        "colour": "blue",
    }
    mapping = {
        "name": "ecommerce.order_placed",
        "phone": "+442071838750",
        "user_alias": {"alias_name": "n", "alias_label": "l"},
        "time": "2026-01-01T00:00:00Z",
        "order_id": "o-1",
        "cancel_reason": "kept out",
        "total_value": 10,
        "currency": "EUR",
        "source": "web",
        "products": [product],
    }
    _, (request,) = await perform("ecommerce", {**mapping, **mode("add")})
    (event,) = body(request)["events"]
    assert event["_update_existing_only"] is True  # Braze asks for it with an alias
    assert event["properties"] == {
        "currency": "EUR",
        "source": "web",
        "total_value": 10,
        "order_id": "o-1",
        "products": [
            {
                **{k: it for k, it in product.items() if k != "colour"},
                "metadata": {"colour": "blue"},
            }
        ],
    }


@pytest.mark.parametrize(("status", "refusal"), [(400, None), (401, Disconnect), (429, Retry)])
async def test_a_key_is_proved_by_what_braze_refuses(
    status: int, refusal: type[Exception] | None
) -> None:
    http = Http(Answers(answer({}, status)), idempotency_key="key-1")
    check = Connected(BRAZE, SETTINGS).check(http)
    if refusal is None:
        await check
        return
    with pytest.raises(refusal):
        await check


async def test_nobody_is_forgotten_without_a_user_id() -> None:
    transport = Answers()
    http = Http(transport, idempotency_key="key-1")
    with pytest.raises(Discard):
        await Connected(BRAZE, SETTINGS).forget(http, ForgottenUser(anonymous_id="a-1"))
    assert transport.requests == []


@pytest.mark.parametrize(
    ("action", "path", "url"),
    [
        ("triggerCampaign", "campaign_id", "campaigns/list?page=2"),
        ("triggerCanvas", "canvas_id", "canvas/list?page=2"),
    ],
)
async def test_forms_are_helped_page_by_page(action: str, path: str, url: str) -> None:
    found = [{"id": f"c-{number}", "name": "Welcome"} for number in range(100)]
    for count, next_page in ((100, "3"), (99, "")):
        listed = {"campaigns": found[:count], "canvases": found[:count]}
        transport = Answers(answer(listed))
        http = Http(transport, idempotency_key="key-1")
        choices = await Connected(BRAZE, SETTINGS).choices(
            http, BRAZE.actions[action], path, Search(page="2")
        )
        assert transport.requests[0].url == f"{HOST}/{url}"
        assert (len(choices.choices), choices.next_page) == (count, next_page)
