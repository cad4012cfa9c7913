"""The volume of events is what the log took in, by source and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.clock import iso
from headgate.store.records import Resource
from tests.unit.api.asking import NOW
from tests.unit.api.counting import BEGIN, DAY, HOUR, MINUTE, Counting, counts, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.api.asking import Answer

TODAY = window(BEGIN, BEGIN + DAY)


@pytest.fixture
def known(tmp_path: Path) -> Counting:
    known = Counting(tmp_path)
    for at, n in ((BEGIN - 1, 1000), (BEGIN, 3), (BEGIN + HOUR, 4), (BEGIN + HOUR + 1, 5)):
        known.receive(at, n, again=2)
        known.receive(at, 10 * n, known.app)
        known.receive(at, 7, known.theirs)
        known.refuse(at, "too_large", 9)
    return known


def volume(known: Counting, token: str | None = None, **query: str) -> Answer:
    return known.get("/events/volume", token, **{**TODAY, **query})


def test_all_sources_are_counted_together(known: Counting) -> None:
    data = volume(known).data
    assert data["path"] == "/events/volume"
    assert data["query"] == {"workspaceId": known.asking.workspace.id, **TODAY}
    (only,) = data["result"]
    assert only == {
        "total": 132,
        "series": [
            {"time": iso(BEGIN), "count": 33},
            {"time": iso(BEGIN + HOUR), "count": 99},
        ],
    }
    days = volume(known, **window(BEGIN - DAY, BEGIN + DAY, "DAY")).data["result"]
    assert [each["total"] for each in days] == [11132]


def test_times_are_widened_to_whole_periods_and_that_is_told(known: Counting) -> None:
    data = volume(known, **window(BEGIN + HOUR + 10, BEGIN + HOUR + 20)).data
    assert data["query"]["startTime"] == iso(BEGIN + HOUR)
    assert data["query"]["endTime"] == iso(BEGIN + 2 * HOUR)
    assert data["result"][0]["total"] == 99
    minute = window(BEGIN + HOUR, BEGIN + HOUR + MINUTE, "MINUTE")
    assert counts(volume(known, **minute).data["result"][0]["series"]) == {iso(BEGIN + HOUR): 99}


def test_sources_are_counted_each(known: Counting) -> None:
    data = volume(known, groupBy="source").data
    assert data["query"]["groupBy"] == ["source"]
    assert [(each["source"]["slug"], each["total"]) for each in data["result"]] == [
        ("shop", 12),
        ("app", 120),
    ]
    assert data["result"][0]["source"] == {"id": known.shop.id, "slug": "shop", "name": "shop"}
    assert data["pagination"]["totalEntries"] == 2
    first = volume(known, groupBy="source", **{"pagination.count": "1"}).data
    assert [each["total"] for each in first["result"]] == [12]
    cursor = {"pagination.count": "1", "pagination.cursor": first["pagination"]["next"]}
    second = volume(known, groupBy="source", **cursor).data
    assert [each["total"] for each in second["result"]] == [120]
    only = volume(known, groupBy="source", sourceId=known.app.id).data
    assert [each["total"] for each in only["result"]] == [120]
    assert only["query"]["sourceId"] == [known.app.id]


@pytest.mark.parametrize("name", ["eventName", "eventType", "appVersion"])
def test_what_is_not_counted_is_refused(known: Counting, name: str) -> None:
    grouped = volume(known, groupBy=f"source,{name}")
    assert (grouped.status, grouped.fields) == (422, ["groupBy"])
    for spelling in (name, f"{name}[0]"):
        filtered = volume(known, **{spelling: "x"})
        assert (filtered.status, filtered.fields) == (422, [name])


def test_only_sources_that_the_actor_may_see_are_counted(known: Counting) -> None:
    one = known.asking.token("source_read_only", resources=[Resource("SOURCE", known.app.id)])
    assert volume(known, one).data["result"][0]["total"] == 120
    assert volume(known, one, sourceId=known.shop.id).status == 404
    assert volume(known, sourceId=known.theirs.id).status == 404
    assert volume(known, known.asking.foreign).data["result"][0]["total"] == 21
    assert volume(known, known.asking.token("function_admin")).status == 403


def test_what_the_log_has_forgotten_is_not_counted_as_nothing(known: Counting) -> None:
    assert volume(known).data["result"][0]["total"] == 132
    known.trim(BEGIN + HOUR)
    refused = volume(known)
    assert (refused.status, refused.fields) == (422, ["startTime"])
    known.receive(NOW - 5, 6)
    since = window(NOW - HOUR, NOW)
    assert volume(known, **since).data["result"][0]["total"] == 6
    known.trim(NOW)
    nothing = volume(known, **since)
    assert (nothing.status, nothing.fields) == (422, ["startTime"])
