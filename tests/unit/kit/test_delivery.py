"""What an action may know beside its payload (kit-behaviour 4.1)."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.kit.delivery import delivery
from headgate.kit.membership import membership


def computed(type_: str, value: object, key: str = "vip", kind: str = "audience") -> dict[str, Any]:
    personas = {"computation_class": kind, "computation_key": key}
    where = {"track": "properties", "identify": "traits"}.get(type_, "properties")
    return {"type": type_, "context": {"personas": personas}, where: {"vip": value}}


@pytest.mark.parametrize(
    ("event", "mode", "expected"),
    [
        (computed("track", value=True), None, True),
        (computed("identify", value=False), None, False),
        (computed("identify", value=True, kind="journey_step"), None, True),
        (computed("identify", "yes"), "add", None),
        (computed("page", value=True), None, None),
        (computed("track", value=True, kind="trait"), None, None),
        (computed("track", value=True, key=""), None, None),
        ({"type": "track", "event": "new"}, "add", True),
        ({"type": "track", "event": "new"}, "update", None),
        ({"type": "track", "event": "updated"}, "upsert", True),
        ({"type": "track", "event": "deleted"}, "mirror", False),
        ({"type": "track", "event": "deleted"}, "delete", False),
        ({"type": "track", "event": "new"}, None, None),
        ({"type": "identify", "event": "new"}, "add", None),
        ({"type": "track", "event": "new", "context": {"personas": 5}}, "add", True),
        ({}, None, None),
        # Any browser can send these; each was a TypeError that ended its event.
        ({"context": {"personas": {"computation_class": ["audience"]}}}, None, None),
        ({"context": {"personas": {"computation_class": {"a": 1}}}}, "add", None),
        ({**computed("track", value=True), "type": ["track"]}, "add", None),
        ({"type": "track", "event": ["new"]}, "add", None),
        ({"type": "track", "event": 10**5000}, "add", None),
    ],
)
def test_an_event_may_tell_whether_its_user_belongs(
    event: dict[str, Any],
    mode: str | None,
    expected: object,
) -> None:
    assert membership(event, mode) is expected


MAPPING: Any = {
    "email": {"@path": "$.email"},
    "__segment_internal_sync_mode": "upsert",
    "__segment_internal_matching_key": "email",
    "onMappingSave": {"outputs": {"id": "a-1"}},
    "retlOnMappingSave": "broken",
}


def test_hidden_members_of_a_mapping_are_told_to_the_action() -> None:
    event = {"type": "track", "context": {"personas": {"audience_settings": {"list": 7}}}}
    told = delivery(event, MAPPING, subscription="s-1", has_sync_modes=True)
    assert (told.sync_mode, told.matching_key, told.subscription) == ("upsert", "email", "s-1")
    assert told.saved == {"onMappingSave": {"id": "a-1"}, "retlOnMappingSave": {}}
    assert told.audience == {"list": 7}
    assert told.event is event


@pytest.mark.parametrize(
    ("mapping", "has_modes"),
    [(MAPPING, False), ({"__segment_internal_sync_mode": "x"}, True), ("text", True), ({}, True)],
)
def test_a_sync_mode_counts_only_where_the_action_has_some(mapping: Any, has_modes: Any) -> None:
    assert delivery({}, mapping, has_sync_modes=has_modes).sync_mode is None
