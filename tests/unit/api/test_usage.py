"""Usage adds up, day by day, what came in since a month began; what is not counted is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headgate.clock import iso
from headgate.store.records import Resource
from tests.unit.api.asking import NOW
from tests.unit.api.counting import BEGIN, DAY, Counting

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.api.asking import Answer

FIRST = BEGIN - 2 * DAY


@pytest.fixture
def known(tmp_path: Path) -> Counting:
    known = Counting(tmp_path)
    for at, n in ((FIRST - 1, 1000), (FIRST, 3), (BEGIN - 1, 4), (NOW - 1, 5)):
        known.receive(at, n, again=2)
        known.receive(at, 10 * n, known.app)
        known.receive(at, 7, known.theirs)
    return known


def usage(known: Counting, path: str, token: str | None = None, **query: str) -> Answer:
    return known.get(f"/usage/{path}", token, **{"period": iso(FIRST)[:10], **query})


def test_a_workspace_adds_up_day_by_day(known: Counting) -> None:
    data = usage(known, "api-calls/daily").data
    assert data["dailyWorkspaceAPICallsUsage"] == [
        {"apiCalls": "33", "timestamp": iso(FIRST)},
        {"apiCalls": "77", "timestamp": iso(FIRST + DAY)},
        {"apiCalls": "132", "timestamp": iso(BEGIN)},
    ]
    assert data["pagination"]["totalEntries"] == 3
    foreign = usage(known, "api-calls/daily", known.asking.foreign).data
    assert foreign["dailyWorkspaceAPICallsUsage"][-1]["apiCalls"] == "21"
    before = usage(known, "api-calls/daily", period=iso(FIRST - DAY)).data
    assert before["dailyWorkspaceAPICallsUsage"][0]["apiCalls"] == "11000"


def test_each_source_adds_up_and_pages_follow_each_other(known: Counting) -> None:
    told: list[tuple[str, str, str]] = []
    cursor = ""
    for _ in range(5):
        page = {"pagination[count]": "4", **({"pagination[cursor]": cursor} if cursor else {})}
        data = usage(known, "api-calls/sources/daily", **page).data
        told += [
            (each["timestamp"], each["sourceId"], each["apiCalls"])
            for each in data["dailyPerSourceAPICallsUsage"]
        ]
        cursor = data["pagination"].get("next", "")
        if not cursor:
            break
    shop, app = known.shop.id, known.app.id
    assert told == [
        (iso(FIRST), shop, "3"),
        (iso(FIRST), app, "30"),
        (iso(FIRST + DAY), shop, "7"),
        (iso(FIRST + DAY), app, "70"),
        (iso(BEGIN), shop, "12"),
        (iso(BEGIN), app, "120"),
    ]
    one = known.asking.token("source_read_only", resources=[Resource("SOURCE", shop)])
    seen = usage(known, "api-calls/sources/daily", one).data["dailyPerSourceAPICallsUsage"]
    assert {each["sourceId"] for each in seen} == {shop}


def test_a_month_ends_where_the_next_one_begins(known: Counting) -> None:
    long_ago = usage(known, "api-calls/daily", period="2026-01-31").data
    days = [each["timestamp"][:10] for each in long_ago["dailyWorkspaceAPICallsUsage"]]
    assert (len(days), days[0], days[-1]) == (29, "2026-01-31", "2026-02-28")
    december = usage(known, "api-calls/daily", period="2025-12-15").data
    days = [each["timestamp"][:10] for each in december["dailyWorkspaceAPICallsUsage"]]
    assert (len(days), days[-1]) == (31, "2026-01-14")
    ahead = usage(known, "api-calls/daily", period=iso(BEGIN + DAY)).data
    assert ahead["dailyWorkspaceAPICallsUsage"] == []


@pytest.mark.parametrize("path", ["api-calls/daily", "api-calls/sources/daily"])
def test_what_cannot_be_told_is_refused(known: Counting, path: str) -> None:
    for period in ("", "soon", "2026-13-01", "1066-10-14"):
        refused = usage(known, path, period=period)
        assert (refused.status, refused.fields) == (422, ["period"])
    known.trim(BEGIN - 1)
    refused = usage(known, path)
    assert (refused.status, refused.fields) == (422, ["period"])
    assert usage(known, path, period=iso(BEGIN)).status == 200


def test_roles_without_sources_see_no_usage_of_sources(known: Counting) -> None:
    other = known.asking.token("function_admin")
    assert usage(known, "api-calls/sources/daily", other).status == 403
    assert usage(known, "api-calls/daily", other).status == 200


@pytest.mark.parametrize("path", ["mtu/daily", "mtu/sources/daily"])
def test_tracked_users_are_not_counted_and_not_made_up(known: Counting, path: str) -> None:
    assert usage(known, path).status == 501
