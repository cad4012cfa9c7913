from __future__ import annotations

from typing import Any

import pytest

from headgate.destinations.hubspot.behaviour import event_name
from headgate.destinations.hubspot.kinds import Kind, kind
from headgate.destinations.hubspot.values import flattened, typed
from headgate.kit import Discard, Http, Response, Retry
from headgate.kit.connected import Connected
from headgate.kit.fields import Search
from tests.unit.destinations.hubspot_account import (
    HUBSPOT,
    NOT_FOUND,
    answer,
    body,
    listed,
    perform,
    record,
)
from tests.unit.kit.engine import Answers


def test_properties_are_flattened() -> None:
    said = {"l": [1, {"a": 1}, None, "x"], "o": {"b": [1]}, "s": "\u00a0x ", "n": 1.5, "z": None}
    assert flattened(said) == {"l": '1;{"a":1};null;x', "o": '{"b":[1]}', "s": "x", "n": 1.5}


def test_properties_are_typed_and_named() -> None:
    said = {"First Name": " Jo ", "VIP": "TRUE", "l": [1], "n": 2, "none": None}
    assert typed(said) == {"first_name": "Jo", "vip": True, "l": "[1]", "n": 2}
    with pytest.raises(Discard, match="begins with a letter"):
        typed({"1st": 1})


@pytest.mark.parametrize(
    ("value", "its"),
    [
        (True, Kind.BOOLEAN),
        (5, Kind.NUMBER),
        ("5", Kind.TEXT),
        ("2026-01-01", Kind.DATE),
        ("2026-13-01", Kind.TEXT),
        ("2026-01-01T00:00Z", Kind.MOMENT),
        ("2026-01-01 00:00:00", Kind.MOMENT),
        ("2026-01-01T00:00:00.123+01:00", Kind.MOMENT),
    ],
)
def test_values_have_kinds(value: object, its: Kind) -> None:
    assert kind(value) is its


def test_names_of_behavioral_events_are_internal_ones() -> None:
    assert event_name("pe8_Two  Words.here", None) == "pe8_two_words_here"
    assert event_name("PE77_x", "77") == "pe77_x"
    for name, portal in (("pe8_x", "77"), ("x", None), ("pe_x", None)):
        with pytest.raises(Discard, match="must begin with pe"):
            event_name(name, portal)


async def test_a_behavioral_event_is_about_somebody() -> None:
    trial, requests = await perform("sendCustomBehavioralEvent", {"eventName": "pe7_x"})
    assert isinstance(trial.results[0], Discard)
    assert requests == []


async def test_a_contact_created_meanwhile_is_tried_again() -> None:
    mapping = {"email": "jo@example.com"}
    trial, _ = await perform("upsertContact", mapping, answer(NOT_FOUND, 404), answer(status=409))
    assert isinstance(trial.results[0], Retry)


async def test_an_answer_without_properties_is_no_failure() -> None:
    mapping = {"email": "jo@example.com", "lifecyclestage": "lead"}
    trial, requests = await perform("upsertContact", mapping, answer())
    assert isinstance(trial.results[0], Response)
    assert len(requests) == 1


async def test_events_of_one_address_are_merged_whatever_its_case() -> None:
    mapping = {
        "email": {"@path": "$.email"},
        "city": {"@path": "$.city"},
        "zip": {"@path": "$.zip"},
    }
    events = [
        {"email": "Jo@Example.com", "city": "Rome", "zip": "1"},
        {"email": "jo@example.com", "city": " London "},
    ]
    trial, requests = await perform(
        "upsertContact",
        mapping,
        listed(record("1", email="jo@example.com")),
        listed(record("1")),
        events=events,
    )
    assert [type(each) for each in trial.results] == [Response, Response]
    assert body(requests[0])["inputs"] == [{"id": "jo@example.com"}]
    assert body(requests[1])["inputs"] == [
        {"id": "1", "properties": {"city": "London", "zip": "1"}}
    ]


async def test_a_fault_that_names_no_contact_of_ours_is_that_of_all() -> None:
    fault = {"status": "error", "category": "VALIDATION_ERROR", "message": "bad"}
    trial, _ = await perform(
        "upsertContact",
        {"email": {"@path": "$.email"}},
        listed(numErrors=1, errors=[fault]),
        events=[{"email": "jo@example.com"}, {"email": "al@example.com"}],
    )
    assert [str(each) for each in trial.results] == ["HubSpot refused this record: bad."] * 2


COMPANY = {"groupid": "g/7", "createNewCompany": True, "associateContact": False}


async def test_the_property_of_ids_is_created_and_the_company_tried_again() -> None:
    fault = '[{"name":"segment_group_id","error":"PROPERTY_DOESNT_EXIST"}]'
    missing = answer({"message": f"Property values were not valid: {fault}"}, 400)
    trial, requests = await perform("upsertCompany", COMPANY, missing, answer(status=409))
    assert isinstance(trial.results[0], Retry)
    assert [each.url.split("/crm/v3/")[1] for each in requests] == [
        "objects/companies/g%2F7?idProperty=segment_group_id",
        "properties/companies",
    ]


@pytest.mark.parametrize("message", ["Property values were not valid: [", "down", None])
async def test_another_fault_of_a_company_is_its_end(message: str | None) -> None:
    trial, requests = await perform("upsertCompany", COMPANY, answer({"message": message}, 400))
    assert isinstance(trial.results[0], Discard)
    assert len(requests) == 1


async def test_the_contact_of_a_company_is_found_in_the_event() -> None:
    mapping = {**COMPANY, "associateContact": True}
    event = {"context": {"traits": {"email": "jo@example.com"}}}
    _, requests = await perform("upsertCompany", mapping, answer({"id": "5"}), event=event)
    assert requests[0].url.endswith("/contacts/jo@example.com?idProperty=email")
    assert requests[2].url.endswith("/companies/5/associations/contacts/5/company_to_contact")
    trial, requests = await perform("upsertCompany", mapping)
    assert isinstance(trial.results[0], Discard)
    assert requests == []


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ({"properties": {"segment_group_id": "x"}}, []),
        ({"createNewCompany": False}, [answer(NOT_FOUND, 404)]),
        (
            {"companysearchfields": {"domain": "x"}},
            [answer(NOT_FOUND, 404), listed({"id": "1"}, {"id": "2"}, total=2)],
        ),
        (
            {"companysearchfields": {"nope": "x"}},
            [answer(NOT_FOUND, 404), answer({"message": "bad"}, 400)],
        ),
    ],
)
async def test_a_company_that_cannot_be_written_ends(
    change: dict[str, Any], answers: list[Response]
) -> None:
    trial, requests = await perform("upsertCompany", {**COMPANY, **change}, *answers)
    assert isinstance(trial.results[0], Discard)
    assert len(requests) == len(answers)


async def test_a_record_is_written_though_its_tie_is_not_clear() -> None:
    mapping = {
        "objectType": "cars",
        "properties": {"vin": "1"},
        "toObjectType": "contact",
        "associationLabel": "HUBSPOT_DEFINED:279",
        "searchFieldsToAssociateCustomObjects": {"email": "x"},
    }
    found = listed({"id": "5"}, {"id": "6"}, total=2)
    trial, requests = await perform("upsertCustomObjectRecord", mapping, found, answer())
    assert "several" in str(trial.results[0])
    assert body(requests[1]) == {"properties": {"vin": "1"}, "associations": []}
    trial, requests = await perform(
        "upsertCustomObjectRecord", {**mapping, "associationLabel": "279"}
    )
    assert isinstance(trial.results[0], Discard)
    assert requests == []


SUGGESTED = [
    ("sendCustomBehavioralEvent", "eventName", {}, ["pe7_a"]),
    ("customEvent", "event_name", {}, ["a"]),
    (
        "customEvent",
        "record_details.object_type",
        {},
        ["contact", "company", "deal", "ticket", "pe7_a"],
    ),
    (
        "upsertCustomObjectRecord",
        "associationLabel",
        {"objectType": "a", "toObjectType": "b"},
        ["C:1"],
    ),
    ("upsertCustomObjectRecord", "associationLabel", {}, []),
    ("upsertObject", "properties.__keys__", {"object_details": {"object_type": "a"}}, ["a"]),
    ("upsertObject", "sensitive_properties.__keys__", {}, []),
    ("customEvent", "properties.__keys__", {"event_name": "a"}, ["b"]),
    ("customEvent", "properties.__keys__", {}, []),
    (
        "upsertObject",
        "object_details.id_field_name",
        {"object_details": {"object_type": "a"}},
        ["a"],
    ),
    (
        "upsertObject",
        "object_details.property_group",
        {"object_details": {"object_type": "a"}},
        ["a"],
    ),
    ("upsertObject", "object_details.property_group", {}, []),
]


@pytest.mark.parametrize(("action", "path", "payload", "values"), SUGGESTED)
async def test_forms_are_helped(
    action: str, path: str, payload: dict[str, Any], values: list[str]
) -> None:
    found = {
        "name": "a",
        "fullyQualifiedName": "pe7_a",
        "labels": {"plural": "As"},
        "hasUniqueValue": True,
        "category": "C",
        "typeId": 1,
    }
    connected = Connected(HUBSPOT, HUBSPOT.settings.read({}))
    http = Http(Answers(listed(found, properties=[{"name": "b"}])), idempotency_key="key-1")
    choices = await connected.choices(http, HUBSPOT.actions[action], path, Search(payload=payload))
    assert [choice.value for choice in choices.choices] == values


@pytest.mark.parametrize("hit", [{}, {"id": None}, "7", None])
async def test_a_hit_of_a_search_that_names_no_record_is_asked_for_again(hit: object) -> None:
    """It was a KeyError, which ended the event."""
    mapping = {**COMPANY, "companysearchfields": {"domain": "x"}}
    trial, requests = await perform("upsertCompany", mapping, answer(NOT_FOUND, 404), listed(hit))
    (result,) = trial.results
    assert isinstance(result, Retry)
    assert result.status is None
    assert requests[-1].url.endswith("/companies/search")
