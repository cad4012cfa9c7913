"""Previews tell what would be, and send nothing."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.store.trail import Trail
from tests.unit.api.console.flowing import EMAIL, MAPPING, Flowed, Flowing

TRACK = {"type": "track", "event": "Order", "properties": {"n": 3}}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Flowed:
    return Flowing(tmp_path_factory.mktemp("previews")).home


def mapped(home: Flowed, mapping: dict[str, Any], **more: Any) -> Any:
    body = {"destination": "webhook", "action": "send", "mapping": mapping, "event": TRACK}
    return home.ask("POST", "/mappings/preview", {**body, **more}).data["mapped"]


def test_a_trigger_says_why_it_matches_or_not(home: Flowed) -> None:
    body = {"trigger": 'event = "Order" and properties.n > 5', "event": TRACK}
    told = home.ask("POST", "/triggers/preview", body).data["explanation"]
    assert not told["matches"]
    assert [each["text"] for each in told["clauses"]] == ["properties.n > 5"]
    assert told["clauses"][0]["found"] == [{"place": "properties.n", "value": "3"}]
    wrong = home.ask("POST", "/triggers/preview", {**body, "trigger": "event ="})
    assert (wrong.status, wrong.fields) == (422, ["trigger"])


def test_a_mapping_gives_its_value_or_its_faults(home: Flowed) -> None:
    good = mapped(home, {"url": "https://x.example/", "data": {"n": {"@path": "$.properties.n"}}})
    assert good == {"value": {"url": "https://x.example/", "data": {"n": 3}}, "problems": []}
    unfit = mapped(home, {"data": {"@path": "$.event"}})
    assert unfit["value"] == {"data": "Order"}
    assert "url" in unfit["problems"][0]["message"].lower()
    wrong = mapped(home, {"url": {"@nope": 1}})
    assert wrong["value"] is None
    assert wrong["problems"][0]["path"] == "/url"


def test_a_mapping_shows_no_secrets_of_headers(home: Flowed) -> None:
    given = {"url": "https://u:p@x.example/?key=1", "headers": {"Authorization": "Bearer abc"}}
    told = mapped(home, given)["value"]
    assert told["headers"] == {"Authorization": "***"}
    assert told["url"] == "https://x.example/?***"


@pytest.mark.parametrize(
    ("more", "field"), [({"destination": "none"}, "destination"), ({"action": "none"}, "action")]
)
def test_what_the_catalogue_does_not_have_is_told(
    home: Flowed, more: dict[str, str], field: str
) -> None:
    body = {"destination": "webhook", "action": "send", "mapping": {}, "event": TRACK, **more}
    answer = home.ask("POST", "/mappings/preview", body)
    assert (answer.status, answer.fields) == (422, [field])


def test_a_subscription_is_compared_over_the_events_that_came(home: Flowed) -> None:
    draft = {
        "name": "Orders",
        "action": "send",
        "trigger": 'contains(event, "Order")',
        "mapping": {**MAPPING, "url": "https://other.example/"},
    }
    path = f"/connections/{home.connection.id}/preview"
    told = home.ask("POST", path, {"subscription": draft, "last": 3}).data["preview"]
    assert (told["events"], told["replaces"]) == (3, True)
    assert (told["sent_before"], told["sent_after"], told["no_longer_sent"]) == (3, 0, 3)
    all_of_them = home.ask("POST", path, {"subscription": draft}).data["preview"]
    assert (all_of_them["sent_after"], all_of_them["changed"]) == (1, 1)
    (changed,) = all_of_them["examples"]["changed"]
    assert '+  "url": "https://other.example/"' in changed["diff"]
    assert EMAIL in str(all_of_them)


def test_whoever_may_not_see_people_sees_where_payloads_differ(home: Flowed) -> None:
    draft = {
        "name": "Orders",
        "action": "send",
        "trigger": 'contains(event, "Order")',
        "mapping": {"url": "https://other.example/", "data": {"a": {"@path": "$.properties"}}},
    }
    path = f"/app/api/connections/{home.connection.id}/preview"
    answer = home.person("member").call("POST", path, {"subscription": draft})
    (changed,) = answer.data["preview"]["examples"]["changed"]
    assert EMAIL not in str(answer.json)
    assert '"email": "text of ' in changed["diff"]


def test_nothing_was_sent_and_nothing_written_down(home: Flowed) -> None:
    with home.all.api.store.read() as transaction:
        before = Trail(transaction, home.workspace).count()
    mapped(home, {})
    home.ask("POST", "/triggers/preview", {"trigger": 'type = "track"', "event": TRACK})
    with home.all.api.store.read() as transaction:
        assert Trail(transaction, home.workspace).count() == before
    assert home.all.sent == []
