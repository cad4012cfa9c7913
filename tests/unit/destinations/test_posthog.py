from __future__ import annotations

from typing import Any

import pytest

from headgate.kit import Discard, ForgottenUser
from tests.unit.destinations.running import Runner, sent

SETTINGS = {"api_key": "phc_1", "project_id": "7"}
POSTHOG = Runner("posthog", SETTINGS)
EVENT = {
    "event_type": "track",
    "event_name": "Trip Booked",
    "distinct_id": "u-1",
    "anonymous_event_capture": False,
}


async def event(**values: Any) -> dict[str, Any]:
    (request,) = await POSTHOG.perform("event", {**EVENT, **values})
    (found,) = sent(request)["batch"]
    given: dict[str, Any] = found
    return given


async def test_an_event_goes_out_as_a_batch_of_one() -> None:
    (request,) = await POSTHOG.perform("event", EVENT)
    assert request.url == "https://us.i.posthog.com/batch/"
    properties = {"distinct_id": "u-1", "$process_person_profile": False}
    batch = [{"event": "Trip Booked", "properties": properties}]
    assert sent(request) == {"api_key": "phc_1", "batch": batch}


async def test_many_events_go_out_in_one_request() -> None:
    results, (request,) = await POSTHOG.batch("event", [EVENT, {**EVENT, "distinct_id": "u-2"}])
    assert [each["properties"]["distinct_id"] for each in sent(request)["batch"]] == ["u-1", "u-2"]
    assert len(results) == 2


async def test_views_are_posthogs_own_events() -> None:
    page = await event(event_type="page", current_url="https://a.example/")
    assert page["event"] == "$pageview"
    assert page["properties"]["$current_url"] == "https://a.example/"
    screen = await event(event_type="screen", screen_name="Home", current_url="https://a.example/")
    assert screen["event"] == "$screen"
    assert screen["properties"]["$screen_name"] == "Home"
    assert "$current_url" not in screen["properties"]


@pytest.mark.parametrize(
    ("kind", "field"), [("page", "current_url"), ("screen", "screen_name"), ("view", "Event type")]
)
async def test_a_view_says_of_what(kind: str, field: str) -> None:
    with pytest.raises(Discard, match=field):
        await event(event_type=kind)


async def test_mapped_properties_are_kept_unless_a_field_sets_them() -> None:
    mapped = {"$current_url": "https://own", "$ip": "1.2.3.4", "distinct_id": "other", "a": None}
    assert (await event(properties=mapped))["properties"] == {
        "$current_url": "https://own",
        "$ip": "1.2.3.4",
        "distinct_id": "u-1",
        "a": None,
        "$process_person_profile": False,
    }
    assert (await event(properties=mapped, ip_address="5.6.7.8"))["properties"]["$ip"] == "5.6.7.8"


@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8::1"])
async def test_addresses_of_both_kinds_are_taken(address: str) -> None:
    assert (await event(ip_address=address))["properties"]["$ip"] == address


async def test_what_is_no_address_is_refused() -> None:
    assert "$ip" not in (await event(ip_address=None))["properties"]
    with pytest.raises(Discard, match="IP address"):
        await event(ip_address="here")


async def test_timestamps_are_in_utc() -> None:
    found = await event(timestamp="2026-01-02T04:04:05.678+01:00")
    assert found["timestamp"] == "2026-01-02T03:04:05.678Z"


async def test_settings_go_out_with_events() -> None:
    settings = {**SETTINGS, "historical_migration": True, "geoip_disable": True}
    (request,) = await Runner("posthog", settings).perform("event", EVENT)
    assert sent(request)["historical_migration"] is True
    assert sent(request)["batch"][0]["properties"]["$geoip_disable"] is True


@pytest.mark.parametrize(
    ("action", "values", "name", "properties"),
    [
        ("identify", {"properties": {"plan": "pro"}}, "$identify", {"$set": {"plan": "pro"}}),
        (
            "group",
            {"group_type": "company", "group_key": "g", "properties": {"plan": "gold"}},
            "$groupidentify",
            {"$group_type": "company", "$group_key": "g", "$group_set": {"plan": "gold"}},
        ),
        ("alias", {"alias": "a-1"}, "$create_alias", {"alias": "a-1"}),
    ],
)
async def test_people_and_groups_are_told_of_by_events(
    action: str, values: dict[str, Any], name: str, properties: dict[str, Any]
) -> None:
    given = {**values, "distinct_id": "u-1", "ip_address": "1.2.3.4"}
    (request,) = await POSTHOG.perform(action, given)
    assert request.url == "https://us.i.posthog.com/i/v0/e/"
    assert sent(request) == {
        "event": name,
        "api_key": "phc_1",
        "distinct_id": "u-1",
        "properties": {**properties, "$ip": "1.2.3.4"},
    }


@pytest.mark.parametrize(
    ("endpoint", "events", "app"),
    [
        ("https://eu.i.posthog.com", "https://eu.i.posthog.com", "https://eu.posthog.com"),
        ("https://ph.example.com/", "https://ph.example.com", "https://ph.example.com"),
    ],
)
async def test_each_region_has_its_addresses(endpoint: str, events: str, app: str) -> None:
    settings = {**SETTINGS, "endpoint": endpoint, "personal_api_key": "phx_1"}
    runner = Runner("posthog", settings)
    (request,) = await runner.perform("event", EVENT)
    assert request.url == f"{events}/batch/"
    assert (await runner.check()).url == f"{events}/flags/?v=2"
    deletion = await runner.forget(ForgottenUser("u-1", "a-1"))
    assert deletion.url == f"{app}/api/projects/7/persons/bulk_delete/"
    assert sent(deletion)["distinct_ids"] == ["u-1", "a-1"]
    assert ("Authorization", "Bearer phx_1") in deletion.headers


async def test_nobody_is_deleted_without_a_personal_key() -> None:
    with pytest.raises(Discard, match="personal API key"):
        await POSTHOG.forget(ForgottenUser("u-1"))
