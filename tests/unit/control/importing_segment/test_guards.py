from __future__ import annotations

from typing import Any

import pytest

from tests.harness.segment import WEBHOOK, filter_of, subscription
from tests.unit.control.importing_segment.made import connection, left_out, made, webhook

KEPT_BACK = "the tracking plan of its source kept back what it did not know"


def test_filters_keep_what_they_do() -> None:
    sample = {"type": "SAMPLE", "percent": 0.25, "path": "userId", "fields": None}
    properties = {"type": "DROP_PROPERTIES", "fields": {"context": ["ip"]}, "percent": 0}
    filters = [
        filter_of("f1", description="why"),
        filter_of("f2", actions=[sample, properties], enabled=False, **{"if": "all"}),
    ]
    found = made(webhook(filters={"d1": filters}))
    assert connection(found)["filters"] == [
        {
            "id": "f1",
            "title": "Filter f1",
            "description": "why",
            "if": 'event = "Secret"',
            "actions": [{"type": "DROP"}],
            "enabled": True,
        },
        {
            "id": "f2",
            "title": "Filter f2",
            "if": "all",
            "actions": [
                {"type": "SAMPLE", "percent": 0.25, "path": "userId"},
                {"type": "DROP_PROPERTIES", "fields": {"context": ["ip"]}},
            ],
            "enabled": False,
        },
    ]
    assert connection(found)["enabled"]


@pytest.mark.parametrize("enabled", [True, False])
def test_a_connection_is_off_when_a_filter_that_was_on_cannot_come_along(enabled: bool) -> None:  # noqa: FBT001
    bad = filter_of("f2", enabled=enabled, **{"if": "event ~ 1"})
    found = made(webhook(filters={"d1": [filter_of("f1"), bad]}))
    assert [each["title"] for each in connection(found)["filters"]] == ["Filter f1"]
    assert left_out(found) == [("filter", "Filter f2")]
    assert connection(found)["enabled"] is not enabled
    assert [off.connection for off in found.report.switched_off] == ["website-webhook"] * enabled


def test_titles_of_filters_are_told_apart_and_there_are_ten_of_them() -> None:
    filters = [filter_of(f"f{n}", title="T" * 70) for n in range(12)]
    found = made(webhook(filters={"d1": filters}))
    titles = [each["title"] for each in connection(found)["filters"]]
    assert (len(set(titles)), max(map(len, titles))) == (10, 64)
    assert [what for what, _ in left_out(found)] == ["filter", "filter"]
    assert not connection(found)["enabled"]


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (
            {"transformations": [{"id": "t", "name": "Hash", "sourceId": "s1", "enabled": True}]},
            "transformation 'Hash' changed what it got",
        ),
        (
            {
                "transformations": [
                    {
                        "id": "t",
                        "name": "Hash",
                        "sourceId": "s1",
                        "enabled": True,
                        "destinationMetadataId": WEBHOOK["id"],
                    }
                ]
            },
            "transformation 'Hash' changed what it got",
        ),
        (
            {"instances": [{"id": "i", "name": "Mask", "integrationId": "d1", "enabled": True}]},
            "insert function 'Mask' changed what it got",
        ),
        (
            {"schemas": {"s1": {"track": {"allowUnplannedEvents": False}}}},
            f"{KEPT_BACK}: track.allowUnplannedEvents",
        ),
        (
            {"schemas": {"s1": {"identify": {"commonEventOnViolations": "OMIT_TRAITS"}}}},
            f"{KEPT_BACK}: identify.commonEventOnViolations",
        ),
        (
            {"unread": [{"what": "filters", "of": "d1", "why": "403"}]},
            "its filters could not be read: 403",
        ),
    ],
)
def test_a_connection_is_off_when_it_would_get_more_than_at_segment(
    says: dict[str, Any], reason: str
) -> None:
    found = made(webhook(subscription("a"), **says))
    assert not connection(found)["enabled"]
    (off,) = found.report.switched_off
    assert off.why == (reason,)


@pytest.mark.parametrize(
    "says",
    [
        {"transformations": [{"id": "t", "name": "H", "sourceId": "s1", "enabled": False}]},
        {"transformations": [{"id": "t", "name": "H", "sourceId": "s2", "enabled": True}]},
        {"instances": [{"id": "i", "integrationId": "d2", "enabled": True}]},
        {"instances": [{"id": "i", "integrationId": "d1", "enabled": False}]},
        {"schemas": {"s1": {"track": {"allowUnplannedEvents": True}}}},
        {"schemas": {"s1": {"track": {"commonEventOnViolations": "ALLOW"}}}},
        {"schemas": {"s2": {"track": {"allowUnplannedEvents": False}}}},
        {"plans": [{"id": "p", "name": "Plan"}]},
    ],
)
def test_control_what_keeps_nothing_from_a_connection_leaves_it_on(says: dict[str, Any]) -> None:
    found = made(webhook(subscription("a"), **says))
    assert connection(found)["enabled"]
    assert found.report.switched_off == ()
