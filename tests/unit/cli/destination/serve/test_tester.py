from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from headgate.cli.destination.serve.asked import Asked
from headgate.cli.destination.serve.customer import Customers
from headgate.cli.destination.serve.tester import mapping_of, samples, tried
from headgate.kit import Response
from tests.unit.cli.destination.serve.acme import made
from tests.unit.kit.engine import Answers

EVENT = {"type": "identify", "traits": {"email": "ada@example.com", "name": "Ada"}}
ACME = made()
MAPPING = mapping_of(ACME.actions["save"])


async def trial(payload: Any = EVENT, *answers: Response, **given: Any) -> dict[str, Any]:
    customers = Customers(ACME, {"apiKey": "key-1"}, lambda: Answers(*answers))
    asked = Asked(payload=payload, **{"mapping": MAPPING, "send": bool(answers), **given})
    return await tried(customers, ACME.actions["save"], asked)


async def test_a_trial_shows_every_step() -> None:
    shown = await trial(EVENT, Response(201))
    assert shown["triggers"]["matches"] == [True]
    assert shown["values"][0]["email"] == "ada@example.com"
    assert shown["results"][0]["outcome"] == "delivered"
    assert shown["exchanges"][0]["response"]["statusCode"] == 201
    assert shown["sent"] is True


async def test_the_mapping_is_the_one_in_the_editor_alone() -> None:
    shown = await trial(mapping={"name": "x"})
    assert shown["values"] == ({"name": "x"},) or shown["values"] == [{"name": "x"}]
    assert shown["results"][0]["where"] == "payload"


async def test_why_a_trigger_does_not_match_is_told() -> None:
    shown = await trial({**EVENT, "type": "track"})
    assert shown["triggers"]["matches"] == [False]
    assert "identify" in shown["triggers"]["why"]
    edited = await trial(trigger='type = "page"')
    assert edited["triggers"]["matches"] == [False]
    broken = await trial(trigger="type = ")
    assert "character" in broken["triggers"]["error"]


async def test_an_imported_subscription_is_tried_in_its_own_language() -> None:
    sly = {"email": {"@template": "{{{sly}}}"}, "name": "x"}
    event = {**EVENT, "sly": "{{userId}}@example.com", "userId": "u-1"}
    trigger = 'type = "track" or type = "identify" and userId = "u-1"'
    strict = await trial(event, mapping=sly, trigger=trigger)
    compatible = await trial(event, mapping=sly, trigger=trigger, fql="compatible")
    assert strict["triggers"]["matches"] == [True]
    assert compatible["triggers"]["matches"] == [False]
    assert strict["values"][0]["email"] == "{{userId}}@example.com"
    assert compatible["values"][0]["email"] == "u-1@example.com"


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"settings": {"apiKey": ""}}, "settings"),
        ({"payload": [1]}, "event"),
        ({"payload": {"traits": {"email": "a@b.co", "name": "Nobody"}}}, "code"),
    ],
)
async def test_a_failure_names_the_pane_where_it_is_mended(
    given: dict[str, Any], where: str
) -> None:
    shown = await trial(**given)
    assert shown["failure"]["where"] == where
    assert shown["failure"]["message"]


@pytest.mark.parametrize(
    ("given", "where", "outcome"),
    [
        ({"mapping": {"email": {"@nothing": 1}}}, "mapping", "discard"),
        ({"payload": [EVENT], "mapping": {"email": {"@nothing": 1}}}, "mapping", "discard"),
        ({"payload": {"type": "identify"}}, "payload", "discard"),
        ({"payload": {"traits": {"email": "a@b.co", "name": "Unwanted"}}}, "payload", "discard"),
    ],
)
async def test_an_event_that_ends_says_where(
    given: dict[str, Any], where: str, outcome: str
) -> None:
    (result,) = (await trial(**given))["results"]
    assert (result["where"], result["outcome"]) == (where, outcome)
    assert result["message"]


@pytest.mark.parametrize(
    ("status", "outcome"), [(503, "retry"), (403, "disconnect"), (404, "discard")]
)
async def test_what_the_engine_would_do_is_told(status: int, outcome: str) -> None:
    answer = Response(status, (("Retry-After", "7"),))
    (result,) = (await trial(EVENT, answer))["results"]
    assert (result["outcome"], result["where"], result["status"]) == (outcome, "request", status)
    assert result["after"] == (7 if outcome == "retry" else None)


async def test_the_payload_shows_while_settings_are_missing() -> None:
    shown = await trial(settings={"apiKey": ""})
    assert shown["values"][0]["name"] == "Ada"


async def test_secret_fields_of_a_payload_are_masked() -> None:
    shown = await trial(mapping={**MAPPING, "pin": "pin-1234"})
    assert shown["values"][0]["pin"] == "***"
    assert "pin-1234" not in str(shown)


def test_samples_are_complete_events_and_a_batch() -> None:
    made_samples = samples(datetime(2026, 5, 1, tzinfo=UTC))
    assert made_samples["track"]["timestamp"] == "2026-05-01T00:00:00.000Z"
    assert {event["type"] for event in map(first, made_samples.values())} == {
        "identify",
        "track",
        "page",
        "screen",
        "group",
        "alias",
    }
    ids = [event["messageId"] for event in made_samples["3 tracks in a batch"]]
    assert len(set(ids)) == 3


def first(sample: Any) -> Any:
    return sample[0] if isinstance(sample, list) else sample
