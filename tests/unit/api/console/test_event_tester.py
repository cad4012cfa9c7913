"""The event tester shows each step, sends for real, and writes down that somebody did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.api.connected import trail
from tests.unit.api.console.flowing import SECRET, SENT, Flowed, Flowing

if TYPE_CHECKING:
    from tests.unit.api.asking import Answer

TRACK = {"type": "track", "event": "Order", "userId": "u-1", "messageId": "m-1"}
BULLETS = "\N{BULLET}" * 8


@pytest.fixture(scope="module")
def flowing(tmp_path_factory: pytest.TempPathFactory) -> Flowing:
    return Flowing(tmp_path_factory.mktemp("tester"))


@pytest.fixture
def home(flowing: Flowing) -> Flowed:
    flowing.sent.clear()
    return flowing.home


def tried(home: Flowed, event: Any = TRACK, **more: Any) -> Answer:
    path = f"/connections/{home.connection.id}/test"
    return home.ask("POST", path, {"event": event, **more})


def steps(answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer.data["test"]["steps"]
    return found


def test_what_matches_is_sent_as_it_would_be_delivered(home: Flowed) -> None:
    answer = tried(home)
    (step,) = steps(answer)
    assert step["is_wanted"]
    assert step["explanation"]["matches"]
    assert step["payload"]["url"] == "https://hooks.example/"
    assert (step["sent"]["outcome"], step["sent"]["status"]) == (SENT.outcome, SENT.status)
    (sent,) = home.all.sent
    assert sent.event["event"] == "Order"
    assert sent.event["projectId"] == home.source.id
    assert [each.id for each in sent.connection.subscriptions] == [home.ids["subscriptionId"]]
    assert SECRET not in str(answer.json), "its secrets stay sealed until they are needed"
    assert "@sealed" in str(sent.connection.settings)


def test_one_line_of_the_audit_trail_says_that_it_was_sent(home: Flowed) -> None:
    before = trail(home.all.api)
    tried(home)
    assert trail(home.all.api)[len(before) :] == [
        ("Test Event Sent", "DESTINATION", home.connection.id)
    ]


def test_what_does_not_match_is_not_sent_and_says_why(home: Flowed) -> None:
    (step,) = steps(tried(home, {"type": "page", "userId": "u"}))
    assert not step["is_wanted"]
    assert step["explanation"]["sentence"].startswith("It does not match: `type")
    assert step["sent"] is None
    assert home.all.sent == []


def test_a_rule_that_keeps_an_event_back_is_named(home: Flowed) -> None:
    answer = tried(home, {**TRACK, "integrations": {"All": False}})
    assert answer.data["test"]["rule"] == "integrations_object"
    assert [each["sent"] for each in steps(answer)] == [None]


def test_an_event_that_collection_would_refuse_is_refused(home: Flowed) -> None:
    answer = tried(home, {"type": "track", "userId": "u"})
    assert (answer.status, answer.fields) == (422, ["event"])
    assert "event_not_defined" in str(answer.json)
    assert home.all.sent == []


def test_a_draft_is_tried_before_it_is_there(home: Flowed) -> None:
    draft = {
        "action": "send",
        "name": "New",
        "trigger": 'type = "page"',
        "mapping": {"url": "https://draft.example/", "data": {"@path": "$.name"}},
    }
    page = {"type": "page", "name": "Home", "userId": "u"}
    (step,) = steps(tried(home, page, draft=draft))
    assert (step["name"], step["subscription"]) == ("New", "proposed")
    assert step["payload"]["url"] == "https://draft.example/"
    assert step["problem"] == "Data must be an object but it was a string."
    wrong = tried(home, page, draft={**draft, "trigger": "type ="})
    assert (wrong.status, wrong.fields) == (422, ["trigger"])


def test_a_draft_keeps_the_secrets_that_it_shows_masked(home: Flowed) -> None:
    """Only a field that is declared secret counts: this address is none, and is taken as it is."""
    draft = {"id": home.ids["subscriptionId"], "action": "send", "trigger": 'type = "track"'}
    masked = {**draft, "mapping": {"url": f"{BULLETS}ple/"}}
    (step,) = steps(tried(home, draft=masked))
    assert step["subscription"] == home.ids["subscriptionId"]
    assert step["payload"]["url"] == f"{BULLETS}ple/"
    unknown = tried(home, draft={**draft, "id": "sub_none", "mapping": {}})
    assert unknown.status == 404


def switched(home: Flowed, path: str, *, enabled: bool) -> None:
    assert home.all.api.call("PATCH", path, {"input": {"enabled": enabled}}).status == 200


def test_one_subscription_is_tried_also_when_it_is_off(home: Flowed) -> None:
    path = f"/destinations/{home.connection.id}/subscriptions/{home.ids['subscriptionId']}"
    switched(home, path, enabled=False)
    assert steps(tried(home)) == []
    (step,) = steps(tried(home, subscription=home.ids["subscriptionId"]))
    assert step["sent"]["outcome"] == "delivered"
    assert tried(home, subscription="sub_none").status == 404
    switched(home, path, enabled=True)


def test_a_mapping_that_an_event_leads_astray_is_told(home: Flowed) -> None:
    swelling = {"@template": "{{properties.long}}" * 40}
    draft = {"action": "send", "trigger": 'type = "track"', "mapping": {"url": swelling}}
    event = {**TRACK, "properties": {"long": "x" * 30_000}}
    (step,) = steps(tried(home, event, draft=draft))
    assert step["problem"].startswith("mapping_error: ")
    assert step["payload"] is None
