from __future__ import annotations

from typing import Any

import pytest

from headgate.destinations.customerio.entities import dated, entity, of_object, of_person, seconds
from headgate.destinations.customerio.sending import results
from headgate.kit import Discard, ForgottenUser, ItemResult, Response
from tests.unit.destinations.delivering import NOW, Rig, answer, sent

US = Rig("customerio", {"siteId": "site", "apiKey": "key"})
EU = Rig("customerio", {"siteId": "site", "apiKey": "key", "accountRegion": "EU 🇪🇺"})


@pytest.mark.parametrize(
    ("ids", "who"),
    [
        ({"person_id": "u-1"}, {"id": "u-1"}),
        ({"person_id": "cio_03"}, {"cio_id": "03"}),
        ({"person_id": "ada@example.com"}, {"email": "ada@example.com"}),
        ({"person_id": "ada@"}, {"id": "ada@"}),
        ({"person_id": None, "email": "ada@"}, {"email": "ada@"}),
        ({"person_id": None, "anonymous_id": "a-1"}, {"anonymous_id": "a-1"}),
        ({"person_id": "u-1", "email": "e", "anonymous_id": "a-1"}, {"id": "u-1"}),
        ({"person_id": None}, {}),
    ],
)
def test_somebody_is_named_by_the_best_id(ids: dict[str, Any], who: dict[str, str]) -> None:
    assert of_person(**ids) == who


def test_an_object_is_of_the_first_type_unless_told() -> None:
    assert of_object("acme", None) == {"object_id": "acme", "object_type_id": "1"}
    assert of_object("acme", "2")["object_type_id"] == "2"
    assert of_object(None, "2") == {}


def test_an_anonymous_id_beside_another_is_an_attribute() -> None:
    known = entity("person", "event", {"id": "u-1"}, anonymous_id="a-1", name="n")
    assert known["attributes"] == {"anonymous_id": "a-1"}
    unknown = entity("person", "event", {"anonymous_id": "a-1"}, anonymous_id="a-1", name="n")
    assert unknown["attributes"] == {}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-02", 1_767_312_000),
        ("2026-01-02T03:04", 1_767_323_040),
        ("2026-01-02T03:04:05.999Z", 1_767_323_045),
        ("2026-01-02T03:04:05+0100", 1_767_319_445),
        ("1969-12-31T23:59:59.5Z", -1),
        ("2026-02-31", 1_772_496_000),
        ("2026-13-01", "2026-13-01"),
        ("2026-01-02T25:00", "2026-01-02T25:00"),
        ("2026-1-2", "2026-1-2"),
        ("2026-01-02 03:04", "2026-01-02 03:04"),
        ("2026", "2026"),
    ],
)
def test_dates_become_unix_seconds(text: str, written: int | str) -> None:
    assert dated(text, converts=True) == written
    assert dated(text, converts=False) == text


def test_dates_are_found_in_objects_and_left_in_lists() -> None:
    value = {"a": {"b": "2026-01-02"}, "c": ["2026-01-02"], "d": 5, "e": None}
    assert dated(value, converts=True) == {**value, "a": {"b": 1_767_312_000}}
    assert value["a"] == {"b": "2026-01-02"}


@pytest.mark.parametrize(
    ("timestamp", "read"),
    [("2026-01-02T03:04:05Z", 1_767_323_045), ("1767323045", "1767323045"), ("then", "then")],
)
def test_a_timestamp_is_read_if_it_is_a_date(timestamp: str, read: int | str) -> None:
    assert seconds(timestamp) == read


def kinds(given: list[ItemResult]) -> list[type]:
    return [type(each) for each in given]


def test_a_207_names_the_objects_that_were_refused() -> None:
    error = {"batch_index": 1, "field": "name", "reason": "required", "message": "is missing"}
    given = results(answer({"errors": [error]}, 207), 3)
    assert kinds(given) == [Response, Discard, Response]
    assert str(given[1]) == "Customer.io refused this object: name, required, is missing."


@pytest.mark.parametrize(
    "said", [{}, [], {"errors": None}, {"errors": [None, {"batch_index": 9}, {"batch_index": "0"}]}]
)
def test_a_207_that_names_none_refuses_none(said: object) -> None:
    assert kinds(results(answer(said, 207), 2)) == [Response, Response]


@pytest.mark.parametrize(
    ("rig", "host"), [(US, "https://track.customer.io"), (EU, "https://track-eu.customer.io")]
)
async def test_each_region_has_its_host(rig: Rig, host: str) -> None:
    event = {"type": "track", "event": "Mug Bought", "userId": "u-1"}
    _, (one,) = await rig.send("trackEvent", event)
    _, (many,) = await rig.send_all("trackEvent", [event, event])
    (checked,) = await rig.check()
    (forgotten,) = await rig.forget(ForgottenUser("a/b"))
    assert (one.method, one.url) == ("POST", f"{host}/api/v2/entity")
    assert (many.method, many.url) == ("POST", f"{host}/api/v2/batch")
    assert (checked.method, checked.url) == ("GET", f"{host}/auth")
    assert (forgotten.method, forgotten.url) == ("DELETE", f"{host}/api/v1/customers/a%2Fb")
    assert ("Authorization", "Basic c2l0ZTprZXk=") in one.headers


async def test_nobody_is_deleted_without_a_user_id() -> None:
    with pytest.raises(Discard, match="by their user id"):
        await US.forget(ForgottenUser("", "a-1"))


async def test_a_batch_is_one_request_in_the_order_of_the_events() -> None:
    events = [
        {"type": "group", "groupId": "acme", "anonymousId": "a-1"},
        {"type": "group", "groupId": "acme", "userId": "u-1"},
    ]
    _, (request,) = await US.send_all("createUpdateObject", events)
    actions = [each["action"] for each in sent(request)["batch"]]
    assert actions == ["identify_anonymous", "identify"]


async def test_traits_with_fields_of_their_own_are_no_attributes() -> None:
    traits = {"plan": "pro", "createdAt": "2026-01-02", "objectId": "acme", "objectTypeId": "2"}
    _, (request,) = await US.send("createUpdatePerson", {"userId": "u-1", "traits": traits})
    person = sent(request)
    assert person["attributes"] == {
        "plan": "pro",
        "objectId": "acme",
        "created_at": 1_767_312_000,
    }
    assert person["cio_relationships"] == [
        {"identifiers": {"object_type_id": "2", "object_id": "acme"}}
    ]


async def test_a_report_without_a_time_is_of_now() -> None:
    event = {"properties": {"deliveryId": "d-1", "metric": "opened"}}
    _, (request,) = await US.send("reportDeliveryEvent", event)
    assert request.url == "https://track.customer.io/api/v1/metrics"
    assert sent(request) == {"delivery_id": "d-1", "metric": "opened", "timestamp": int(NOW)}
