"""The debugger's lists: the last events of a source, page by page, and what was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.observing.personal import shown
from tests.unit.api.asking import NOW
from tests.unit.api.console.flowing import EMAIL, Flowed, Flowing

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Flowed:
    return Flowing(tmp_path).home


def events(home: Flowed, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = home.ask("GET", f"/sources/{home.source.id}/events", **query).data
    return found


def test_the_last_events_come_newest_first_and_page_by_page(home: Flowed) -> None:
    more = home.receive(*({"event": f"Later {n}"} for n in range(7)))
    expected = [str(each) for each in reversed([*home.positions, *more])]
    assert [each["position"] for each in events(home)["events"]] == expected
    got: list[str] = []
    query = {"pagination[count]": "3"}
    while True:
        page = events(home, **query)
        assert len(page["events"]) <= 3
        got += [each["position"] for each in page["events"]]
        if "next" not in page["pagination"]:
            break
        query["pagination[cursor]"] = page["pagination"]["next"]
    assert got == expected


def test_a_page_stays_where_it_is_while_events_come(home: Flowed) -> None:
    first = events(home, **{"pagination[count]": "2"})
    home.receive({"event": "Between"})
    query = {"pagination[count]": "2", "pagination[cursor]": first["pagination"]["next"]}
    second = [each["position"] for each in events(home, **query)["events"]]
    assert second == [str(home.positions[1]), str(home.positions[0])]


def test_a_message_that_came_twice_is_shown_once(home: Flowed) -> None:
    again = home.receive({"messageId": home.message})
    assert str(again[0]) not in [each["position"] for each in events(home)["events"]]


def test_other_sources_are_not_among_them(home: Flowed) -> None:
    home.all.elsewhere.receive({"event": "Theirs"})
    assert [each["name"] for each in events(home)["events"]] == [
        "Seen 2",
        "Seen 1",
        "Seen 0",
        "Order home",
    ]


def test_whoever_may_not_see_people_sees_the_shape_of_events(home: Flowed) -> None:
    answer = home.person("member").call("GET", f"/app/api/sources/{home.source.id}/events")
    newest = answer.data["events"][0]
    assert newest["is_veiled"]
    assert newest["name"] == "Seen 2"
    assert newest["event"]["userId"] == f"text of {len(EMAIL)}"
    assert newest["event"]["properties"] == {
        "email": f"text of {len(EMAIL)}",
        "revenue": "number",
        "is_new": True,
    }
    assert newest["event"]["context"] == {"ip": "text of 11", "library": {"name": "tests"}}
    both = home.person("member", "pii_access")
    answer = both.call("GET", f"/app/api/sources/{home.source.id}/events")
    assert answer.data["events"][0]["event"]["userId"] == EMAIL, "the control"


def test_a_veil_leaves_what_an_event_says_of_itself() -> None:
    event = {
        "type": "page",
        "name": "Home",
        "messageId": "m",
        "integrations": {"All": True, "Tool": {"client": "c-1"}},
        "traits": [{"a": None, "b": ["x", 1]}],
        "context": "odd",
    }
    assert shown(event) == {
        **event,
        "integrations": {"All": True, "Tool": {"client": "text of 3"}},
        "traits": [{"a": None, "b": ["text of 1", "number"]}],
        "context": "text of 3",
    }


def test_refusals_are_counted_by_minute_and_code(home: Flowed) -> None:
    home.refuse("bad_request", 3)
    home.refuse("too_large", 1)
    home.all.elsewhere.refuse("too_large", 500)
    path = f"/sources/{home.source.id}/refusals"
    found = home.ask("GET", path).data["refusals"]
    assert {(each["code"], each["count"]) for each in found} == {
        ("bad_request", 5),
        ("too_large", 1),
    }
    home.all.api.clock.now = NOW + 2 * 3_600_000
    assert home.ask("GET", path).data["refusals"] == []
    since = "2026-09-21T14:00:00Z"
    assert len(home.ask("GET", path, since=since).data["refusals"]) == 2
