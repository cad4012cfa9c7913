"""The delivery overview and the delivery metrics are the numbers of the log and the ledgers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.clock import iso
from headgate.control.nouns.destinations import entry_of
from headgate.ledger.port import OTHER, REPLAY_LANES
from headgate.route.source import SCHEMA_BLOCKED
from tests.unit.api.asking import NOW
from tests.unit.api.counting import BEGIN, DAY, HOUR, MINUTE, Counting, counts, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.api.asking import Answer

OF_SOURCE = ("successfully-received", "failed-on-ingest", "filtered-at-source")
OF_DESTINATION = ("filtered-at-destination", "failed-delivery", "successful-delivery")
TODAY = window(BEGIN, BEGIN + DAY)


@pytest.fixture
def known(tmp_path: Path) -> Counting:
    """Two hours of today in which something of everything happens, and neighbours of all of it."""
    known = Counting(tmp_path)
    for at, n in (
        (BEGIN - 1, 1000),
        (BEGIN, 3),
        (BEGIN + 2 * HOUR - 1, 10),
        (BEGIN + 2 * HOUR, 20),
    ):
        known.receive(at, n, again=2)
        known.receive(at, 500, known.app)
        known.refuse(at, "too_large", n)
        known.refuse(at, "bad_request", 2 * n)
        known.refuse(at, "too_large", 500, known.app)
    for at, n in ((BEGIN - MINUTE, 1000), (BEGIN, 1), (BEGIN + HOUR, 2)):
        known.end(at, n, "filtered", SCHEMA_BLOCKED, name="Secret")
        known.end(at, 2 * n, "suppressed", "suppressed", type="", name="")
        known.end(at, 3 * n, "filtered", "no_matching_subscription", type="page", name="")
        known.end(at, 4 * n, "filtered", "consent")
        known.end(at, 5 * n, "dead_lettered", "http_400")
        known.end(at, 6 * n, "dead_lettered", "retries_exhausted_http_503", name="Refunded")
        known.end(at, 7 * n, "delivered")
        known.end(at, 8 * n, "delivered", name="Refunded")
    return known


def step(known: Counting, name: str, token: str | None = None, **query: str) -> Answer:
    of = {"destinationConfigId": known.hook.id} if name in OF_DESTINATION else {}
    given = {"sourceId": known.shop.id, **of, **TODAY, **query}
    return known.get(f"/delivery-overview/{name}", token, **given)


def totals(answer: Answer, *names: str) -> dict[Any, int]:
    return {
        tuple(each.get(name) for name in names): each["total"] for each in answer.data["dataset"]
    }


EXPECTED = {
    "successfully-received": (33, {0: 3, 1: 10, 2: 20}),
    "failed-on-ingest": (99, {0: 9, 1: 30, 2: 60}),
    "filtered-at-source": (9, {0: 3, 1: 6}),
    "filtered-at-destination": (21, {0: 7, 1: 14}),
    "failed-delivery": (33, {0: 11, 1: 22}),
    "successful-delivery": (45, {0: 15, 1: 30}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_each_step_has_its_sum_and_its_hours(known: Counting, name: str) -> None:
    total, hours = EXPECTED[name]
    data = step(known, name).data
    assert data["total"] == total
    (only,) = data["dataset"]
    assert only == {
        "total": total,
        "series": [{"time": iso(BEGIN + at * HOUR), "count": n} for at, n in hours.items()],
    }
    assert data["pagination"]["totalEntries"] == 1


@pytest.mark.parametrize("name", EXPECTED)
def test_a_step_of_another_time_counts_what_was_then(known: Counting, name: str) -> None:
    before = step(known, name, **window(BEGIN - DAY, BEGIN, "DAY")).data
    assert (
        before["total"]
        == {
            "successfully-received": 1000,
            "failed-on-ingest": 3000,
            "filtered-at-source": 3000,
            "filtered-at-destination": 7000,
            "failed-delivery": 11000,
            "successful-delivery": 15000,
        }[name]
    )
    assert counts(before["dataset"][0]["series"]) == {iso(BEGIN - DAY): before["total"]}
    nothing = step(known, name, **window(BEGIN + 3 * HOUR, BEGIN + 7 * HOUR, "MINUTE")).data
    assert (nothing["total"], nothing["dataset"]) == (0, [{"total": 0, "series": []}])


def test_counts_are_told_apart_by_what_is_kept(known: Counting) -> None:
    assert totals(step(known, "failed-on-ingest", groupBy="discardReason"), "discardReason") == {
        ("bad_request",): 66,
        ("too_large",): 33,
    }
    assert totals(step(known, "filtered-at-source", groupBy="discardReason"), "discardReason") == {
        (SCHEMA_BLOCKED,): 3,
        ("suppressed",): 6,
    }
    assert totals(
        step(known, "filtered-at-destination", groupBy="eventType,discardReason"),
        "eventType",
        "discardReason",
    ) == {("page", "no_matching_subscription"): 9, ("track", "consent"): 12}
    assert totals(step(known, "filtered-at-destination", groupBy="eventName"), "eventName") == {
        (None,): 9,
        ("Paid",): 12,
    }
    assert totals(
        step(known, "successful-delivery", **{"groupBy[0]": "eventName"}), "eventName"
    ) == {("Paid",): 21, ("Refunded",): 24}


@pytest.mark.parametrize(
    "query",
    [
        {"filter": '{"eventName": ["Refunded"], "discardReason": []}'},
        {"filter[eventName][0]": "Refunded"},
        {"filter[eventName]": "Refunded"},
        {"filter.eventName": "Refunded"},
    ],
)
def test_counts_are_of_what_is_asked_for(known: Counting, query: dict[str, str]) -> None:
    known.end(BEGIN, 5, "dead_lettered", "http_400", name="Refunded")
    if "discardReason" in query.get("filter", ""):
        assert step(known, "failed-delivery", **query).data["total"] == 0
        return
    found = step(known, "failed-delivery", groupBy="discardReason", **query)
    assert found.data["total"] == 23
    assert totals(found, "discardReason") == {
        ("http_400",): 5,
        ("retries_exhausted_http_503",): 18,
    }


@pytest.mark.parametrize(
    ("name", "unkept"),
    [
        ("successfully-received", "eventName"),
        ("successfully-received", "discardReason"),
        ("failed-on-ingest", "eventType"),
        ("filtered-at-source", "appVersion"),
        ("filtered-at-destination", "subscriptionId"),
        ("failed-delivery", "audienceId"),
        ("successful-delivery", "discardReason"),
        ("successful-delivery", "colour"),
    ],
)
def test_what_is_not_kept_is_refused_and_nothing_is_made_up(
    known: Counting, name: str, unkept: str
) -> None:
    grouped = step(known, name, groupBy=unkept)
    assert (grouped.status, grouped.fields) == (422, ["groupBy"])
    filtered = step(known, name, filter=msgspec.json.encode({unkept: ["x"]}).decode())
    assert (filtered.status, filtered.fields) == (422, [f"filter.{unkept}"])


def test_names_that_are_not_told_apart_are_not_asked_for(known: Counting) -> None:
    asked = {"filter.eventName": "Paid"}
    assert step(known, "successful-delivery", **asked).data["total"] == 21
    known.end(BEGIN, 1, "delivered", name=OTHER)
    refused = step(known, "successful-delivery", **asked)
    assert (refused.status, refused.fields) == (422, ["filter.eventName"])
    grouped = step(known, "successful-delivery", groupBy="eventName")
    assert totals(grouped, "eventName")[OTHER,] == 1
    known.end(BEGIN, 1, "delivered", name="x" * 100)
    refused = step(known, "failed-delivery", **{"filter.eventName": "x" * 101})
    assert (refused.status, refused.fields) == (422, ["filter.eventName"])


def test_a_source_filters_once_what_each_of_its_connections_counts(known: Counting) -> None:
    known.lane(90)
    known.lane(REPLAY_LANES + 1, "replay")
    known.lane(91, workspace=known.asking.other.id)
    for lane in (90, 91, REPLAY_LANES + 1):
        known.end(BEGIN, 5 if lane == 90 else 500, "filtered", SCHEMA_BLOCKED, lane=lane)
    assert step(known, "filtered-at-source").data["total"] == 9
    known.end(BEGIN + HOUR, 5, "filtered", SCHEMA_BLOCKED, lane=90, name="Later")
    found = step(known, "filtered-at-source", groupBy="eventName")
    assert totals(found, "eventName") == {("Later",): 5, ("Paid",): 5}


def test_groups_come_page_by_page(known: Counting) -> None:
    for index in range(5):
        known.end(BEGIN, index + 1, "delivered", name=f"name {index}")
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = {"pagination[count]": "3", **({"pagination[cursor]": cursor} if cursor else {})}
        data = step(known, "successful-delivery", groupBy="eventName", **page).data
        assert (data["total"], data["pagination"]["totalEntries"]) == (60, 7)
        seen += [each["eventName"] for each in data["dataset"]]
        cursor = data["pagination"].get("next", "")
        if not cursor:
            break
    assert seen == ["Paid", "Refunded", *(f"name {index}" for index in range(5))]


@pytest.mark.parametrize("name", [*OF_SOURCE, *OF_DESTINATION])
def test_nobody_sees_steps_of_another_workspace(known: Counting, name: str) -> None:
    foreign = step(known, name, sourceId=known.theirs.id)
    unknown = step(known, name, sourceId="src_nobody")
    assert foreign.status == unknown.status == 404
    assert step(known, name, known.asking.foreign).status == 404
    if name in OF_DESTINATION:
        assert step(known, name, destinationConfigId="con_nobody").status == 404
        mixed = step(known, name, sourceId=known.app.id)
        assert (mixed.status, mixed.fields) == (422, ["sourceId"])
    for missing in ("sourceId", "startTime", "endTime", "granularity"):
        refused = step(known, name, **{missing: ""})
        assert (refused.status, refused.fields) == (422, [missing])


def test_whoever_may_not_see_a_source_sees_none_of_its_numbers(known: Counting) -> None:
    from headgate.store.records import Resource

    none = known.asking.token("function_admin")
    one = known.asking.token("source_read_only", resources=[Resource("SOURCE", known.app.id)])
    for name in (*OF_SOURCE, *OF_DESTINATION):
        assert step(known, name, none).status == 404
        assert step(known, name, one).status == 404
    assert step(known, "successfully-received", one, sourceId=known.app.id).data["total"] == 1500


def test_what_the_log_has_forgotten_is_not_counted_as_nothing(known: Counting) -> None:
    known.trim(BEGIN + HOUR)
    for name in ("successfully-received", "failed-on-ingest"):
        refused = step(known, name)
        assert (refused.status, refused.fields) == (422, ["startTime"])
        later = step(known, name, **window(BEGIN + 2 * HOUR, BEGIN + 3 * HOUR))
        assert later.data["total"] == {"successfully-received": 20, "failed-on-ingest": 60}[name]
    assert step(known, "successful-delivery").data["total"] == 45


def summary(known: Counting, **query: str) -> Answer:
    path = f"/destinations/{known.hook.id}/delivery-metrics"
    given = {"sourceId": known.shop.id, **TODAY, **query}
    return known.get(path, **{key: each for key, each in given.items() if each})


def test_delivery_metrics_sum_up_what_became_of_deliveries(known: Counting) -> None:
    told = summary(known).data["deliveryMetricsSummary"]
    entry = entry_of("webhook", "cloud")
    assert entry is not None
    assert told == {
        "sourceId": known.shop.id,
        "destinationMetadataId": entry.id,
        "metrics": [
            {"metricName": "successes", "total": 45},
            {
                "metricName": "discarded",
                "total": 15,
                "breakdown": [{"metricName": "http_400", "value": 15}],
            },
            {
                "metricName": "expired",
                "total": 18,
                "breakdown": [{"metricName": "retries_exhausted_http_503", "value": 18}],
            },
        ],
    }


def test_delivery_metrics_are_of_the_last_hour_unless_it_is_said(known: Counting) -> None:
    known.end(NOW - 50 * MINUTE, 3, "delivered")
    known.end(NOW - 70 * MINUTE, 100, "delivered")
    told = summary(known, startTime="", endTime="", granularity="").data["deliveryMetricsSummary"]
    assert told["metrics"][0] == {"metricName": "successes", "total": 3}


def test_delivery_metrics_of_what_is_not_there_are_missing(known: Counting) -> None:
    path = f"/destinations/{known.hook.id}/delivery-metrics"
    assert summary(known, sourceId=known.theirs.id).status == 404
    assert known.get(path, **TODAY).fields == ["sourceId"]
    of = {"sourceId": known.theirs.id, **TODAY}
    assert known.get(path, known.asking.foreign, **of).status == 404
    other = known.get(path, sourceId=known.app.id, **TODAY)
    assert (other.status, other.fields) == (422, ["sourceId"])
