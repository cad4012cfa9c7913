from __future__ import annotations

from typing import Any

import pytest

from headgate.kit import Discard, Response, Retry
from tests.unit.destinations.hubspot_account import NOT_FOUND, answer, body, listed, perform, record


def object_mapping(mode: str, **others: object) -> dict[str, Any]:
    return {
        "object_details": {
            "object_type": {"@path": "$.type"},
            "id_field_name": "email",
            "id_field_value": {"@path": "$.email"},
        },
        "association_sync_mode": "upsert",
        "timestamp": {"@path": "$.at"},
        "__segment_internal_sync_mode": mode,
        **others,
    }


async def test_the_latest_event_counts_and_types_are_written_apart() -> None:
    events = [
        {"type": "contact", "email": "jo@example.com", "at": "2026-01-02", "said": {"a": "new"}},
        {"type": "contact", "email": "jo@example.com", "at": "2026-01-01", "said": {"a": "old"}},
        {"type": "cars", "email": "jo@example.com", "said": {}},
    ]
    known = listed({"name": "a", "type": "string", "fieldType": "text"})
    trial, requests = await perform(
        "upsertObject",
        object_mapping("upsert", properties={"@path": "$.said"}),
        listed(record("1", email="JO@example.com")),
        known,
        listed(record("2", email="jo@example.com")),
        events=events,
    )
    assert [type(each) for each in trial.results] == [Response] * 3
    written = [each for each in requests if each.url.endswith("upsert")]
    assert [each.url.split("/")[-3] for each in written] == ["cars", "contact"]
    assert body(written[1])["inputs"][0]["properties"] == {"a": "new", "email": "jo@example.com"}


async def test_a_sync_mode_leaves_records_alone() -> None:
    events = [{"type": "contact", "email": email} for email in ("a@example.com", "b@example.com")]
    there = record("1", email="a@example.com")
    update, requests = await perform(
        "upsertObject", object_mapping("update"), listed(there), listed(there), events=events
    )
    assert [type(each) for each in update.results] == [Response, Discard]
    assert [each["id"] for each in body(requests[1])["inputs"]] == ["a@example.com"]
    add, requests = await perform(
        "upsertObject",
        object_mapping("add"),
        listed(there),
        listed(record("2", email="b@example.com")),
        events=events,
    )
    assert [type(each) for each in add.results] == [Discard, Response]
    assert body(requests[1])["inputs"][0]["properties"] == {"email": "b@example.com"}


async def test_a_record_that_an_answer_leaves_out_is_tried_again() -> None:
    events = [{"type": "contact", "email": email} for email in ("a@example.com", "b@example.com")]
    answered = listed(record("1", email="b@example.com"))
    trial, _ = await perform("upsertObject", object_mapping("upsert"), answered, events=events)
    assert [type(each) for each in trial.results] == [Retry, Response]


async def test_a_property_of_another_type_ends_its_record() -> None:
    events = [
        {"type": "contact", "email": "a@example.com", "said": {"age": 35}},
        {"type": "contact", "email": "b@example.com", "said": {"age": "old"}},
    ]
    trial, requests = await perform(
        "upsertObject",
        object_mapping("upsert", properties={"@path": "$.said"}),
        listed({"name": "age", "type": "number", "fieldType": "number"}),
        listed(record("1", email="a@example.com")),
        events=events,
    )
    assert [type(each) for each in trial.results] == [Response, Discard]
    assert [each["id"] for each in body(requests[1])["inputs"]] == ["a@example.com"]


async def test_a_failed_tie_is_that_of_its_record_alone() -> None:
    tie = {
        "object_type": "company",
        "association_label": "HUBSPOT_DEFINED:279",
        "id_field_name": "domain",
        "id_field_value": {"@path": "$.domain"},
    }
    events = [
        {"type": "contact", "email": "a@example.com", "domain": "acme.example"},
        {"type": "contact", "email": "b@example.com"},
    ]
    trial, _ = await perform(
        "upsertObject",
        object_mapping("upsert", associations=[tie]),
        listed(record("1", email="a@example.com"), record("2", email="b@example.com")),
        answer(status=503),
        events=events,
    )
    assert [type(each) for each in trial.results] == [Retry, Response]


def event_mapping(mode: str, **properties: object) -> dict[str, Any]:
    return {
        "event_name": "Mug Bought!",
        "record_details": {"object_type": "contact", "email": "jo@example.com"},
        "properties": properties,
        "__segment_internal_sync_mode": mode,
    }


def definition(*properties: object, **others: object) -> Response:
    named = {"name": "mug_bought_", "fullyQualifiedName": "pe7_mug_bought_"}
    return answer({**named, "properties": [*properties], **others})


async def test_values_of_events_are_numbers_where_they_can_be() -> None:
    mapping = event_mapping("update", a="5.25", b="true", c=None, d=[], e=" 0x10 ", f="Infinity")
    known = [{"name": name, "type": "string"} for name in "abdef"]
    _, requests = await perform("customEvent", mapping, definition(*known))
    assert body(requests[-1])["properties"] == {
        "a": "5.25",
        "b": True,
        "d": "[]",
        "e": "16",
        "f": "Infinity",
    }


@pytest.mark.parametrize(
    ("mapping", "answered"),
    [
        (event_mapping("update"), answer(NOT_FOUND, 404)),
        (event_mapping("add", size="large"), definition()),
        (event_mapping("upsert", size="large"), definition({"name": "size", "type": "number"})),
        (event_mapping("upsert", size=5), definition({"name": "size", "type": "enumeration"})),
        (event_mapping("upsert", size=5), definition({"name": "size", "archived": True})),
    ],
)
async def test_an_event_that_does_not_fit_its_definition_ends(
    mapping: dict[str, Any], answered: Response
) -> None:
    trial, requests = await perform("customEvent", mapping, answered)
    assert isinstance(trial.results[0], Discard)
    assert len(requests) == 1


async def test_what_is_defined_twice_at_once_is_tried_again_or_fine() -> None:
    mapping = event_mapping("upsert", size="large")
    trial, _ = await perform("customEvent", mapping, answer(NOT_FOUND, 404), answer(status=409))
    assert isinstance(trial.results[0], Retry)
    trial, requests = await perform(
        "customEvent", mapping, definition(), answer(status=409), answer()
    )
    assert isinstance(trial.results[0], Response)
    assert len(requests) == 3


@pytest.mark.parametrize(
    ("about", "is_enough"),
    [
        ({"object_type": "contact"}, False),
        ({"object_type": "contact", "utk": "t"}, True),
        ({"object_type": "company", "email": "jo@example.com"}, False),
        ({"object_type": "company", "object_id": 7}, True),
    ],
)
async def test_an_event_needs_a_record(*, about: dict[str, Any], is_enough: bool) -> None:
    mapping = {**event_mapping("update"), "record_details": about}
    trial, _ = await perform("customEvent", mapping, definition())
    assert isinstance(trial.results[0], Response) is is_enough
