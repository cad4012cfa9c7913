"""The originals make the requests that were recorded, and say what goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec
import pytest

from tests.agreement.comparing import Request, compare
from tests.agreement.originals import Failure, Question, Response

if TYPE_CHECKING:
    from tests.agreement.originals import Answer, Originals

pytestmark = pytest.mark.node

RECORDED = Path(__file__).parent / "cases" / "requests.jsonl"
SLACK = Question(
    destination="slack",
    action="postToChannel",
    event={"type": "track", "event": "Mug Bought"},
    mapping={"url": "https://hooks.slack.com/services/T/B/x", "text": {"@path": "$.event"}},
)


class Case(msgspec.Struct, frozen=True):
    """A question, the requests that the original made for it and the message of its error."""

    id: str
    question: Question
    requests: list[Request]
    error: str | None = None


def cases() -> list[Case]:
    return msgspec.json.Decoder(Case).decode_lines(RECORDED.read_bytes())


def ask(originals: Originals, **changes: Any) -> Answer:
    (answer,) = originals.ask(msgspec.structs.replace(SLACK, **changes))
    return answer


def test_they_make_the_requests_that_were_recorded(originals: Originals) -> None:
    recorded = cases()
    answers = originals.ask(*(case.question for case in recorded))
    assert len(recorded) > 20
    for case, answer in zip(recorded, answers, strict=True):
        assert answer.requests == case.requests, case.id
        assert (answer.error and answer.error.message) == case.error, case.id


def test_a_changed_event_changes_the_request_and_it_is_noticed(originals: Originals) -> None:
    changed = ask(originals, event={"type": "track", "event": "Mug Broken"})
    found = compare(ask(originals).requests, changed.requests)
    assert [str(each) for each in found] == ['body.text: "Mug Bought" ≠ "Mug Broken"']


def test_a_payload_that_does_not_fit_is_an_error_without_a_request(originals: Originals) -> None:
    answer = ask(originals, mapping={"url": "https://hooks.slack.com/services/T/B/x"})
    message = "The root value is missing the required field 'text'."
    assert answer == type(answer)([], error=Failure("AggregateAjvError", message, 400))


def test_what_the_destination_itself_refuses_is_an_error(originals: Originals) -> None:
    answer = ask(originals, mapping={"url": "https://elsewhere.example/x", "text": "x"})
    assert answer.error == Failure("IntegrationError", "Invalid Slack URL", 400, "Bad Request")


def test_a_response_that_is_an_error_is_reported_with_its_status(originals: Originals) -> None:
    answer = ask(originals, responses=[Response(500, "down")])
    assert len(answer.requests) == 1
    assert answer.error == Failure("HTTPError", "Internal Server Error", 500)


def test_the_body_of_a_response_is_what_the_destination_reads(originals: Originals) -> None:
    answer = ask(originals, responses=[Response(body={"ok": True})])
    assert answer.result[-1] == {"data": {"ok": True}, "output": "Action Executed"}


def test_later_requests_are_given_later_responses(originals: Originals) -> None:
    (answer,) = originals.ask(
        Question(
            destination="hubspot",
            action="upsertContact",
            event={"type": "identify"},
            mapping={"email": "jo@example.com"},
            auth={"accessToken": "token"},
            responses=[Response(404), Response(201, {"id": "5"})],
        )
    )
    assert [request.method for request in answer.requests] == ["PATCH", "POST"]
    assert answer.result[-1]["data"] == {"id": "5"}


def test_every_event_of_a_batch_has_its_status(originals: Originals) -> None:
    (answer,) = originals.ask(
        Question(
            destination="webhook",
            action="send",
            events=[{"type": "track", "event": "a"}, {"type": "track", "event": {"not": "text"}}],
            mapping={"url": {"@template": "https://{{event}}.example/"}, "method": "POST"},
        )
    )
    assert [request.url for request in answer.requests] == ["https://a.example/"]
    assert [each["status"] for each in answer.result] == [200, 400]


def test_nothing_is_remembered_from_one_question_to_the_next(originals: Originals) -> None:
    question = Question(
        destination="hubspot",
        action="customEvent",
        event={"type": "track"},
        mapping={
            "event_name": "bought",
            "record_details": {"object_type": "contact", "email": "jo@example.com"},
            "__segment_internal_sync_mode": "upsert",
        },
        auth={"accessToken": "token"},
        subscription_metadata={"actionConfigId": "one"},
        responses=[Response(body={"name": "bought", "fullyQualifiedName": "pe1_bought"})],
    )
    first, second = originals.ask(question, question)
    assert [request.method for request in first.requests] == ["GET", "POST"]
    assert second == first


def test_an_account_is_checked_and_a_person_deleted(originals: Originals) -> None:
    settings = {"apiKey": "key", "secretKey": "secret", "endpoint": "europe"}
    check, deletion = originals.ask(
        Question(destination="amplitude", call="testAuthentication", settings=settings),
        Question(
            destination="amplitude", call="onDelete", settings=settings, event={"userId": "u"}
        ),
    )
    address = "https://analytics.eu.amplitude.com/api/2"
    assert [check.requests[0].url, deletion.requests[0].url] == [
        f"{address}/usersearch?user=testUser@example.com",
        f"{address}/deletions/users",
    ]


def test_the_clock_stands_still(originals: Originals) -> None:
    event = {"type": "track"}
    tracked, grouped = originals.ask(
        Question(destination="mixpanel", action="trackEvent", event=event, mapping={"event": "x"}),
        Question(
            destination="amplitude",
            action="groupIdentifyUser",
            event=event,
            mapping={"user_id": "u", "group_type": "t", "group_value": "v"},
        ),
    )
    now = 1_767_323_045_678  # 2026-01-02T03:04:05.678Z
    assert f'"time":{now}' in tracked.requests[0].body
    assert f'"time":{now}' in unquote(grouped.requests[0].body)


def test_nothing_is_random(originals: Originals) -> None:
    question = Question(
        destination="klaviyo",
        action="orderCompleted",
        event={"type": "track"},
        mapping={
            "profile": {"email": "jo@example.com"},
            "properties": {},
            "products": [{"name": "Mug"}],
        },
        responses=[Response(202)],
    )
    first, second = originals.ask(question, question)
    assert len(first.requests) == 2
    assert '"unique_id"' in first.requests[1].body
    assert second == first


def test_a_definition_has_its_fields_presets_and_triggers(originals: Originals) -> None:
    definition = originals.definition("amplitude")
    assert definition["slug"] == "actions-amplitude"
    assert definition["authentication"]["fields"]["apiKey"]["type"] == "password"
    assert definition["actions"]["mapUser"]["defaultSubscription"] == 'type = "alias"'
    assert definition["actions"]["mapUser"]["perform"] is True
    assert definition["presets"][0]["partnerAction"] == "logEventV2"
