"""The event as it is delivered."""

from __future__ import annotations

import json
from typing import Any

from headgate.events.complete import complete
from headgate.log.port import Record

RECEIVED, HAPPENED = 1795332033000, 1795332032663


def record(event: dict[str, Any], **changes: Any) -> Record:
    values: dict[str, Any] = {
        "source": 1,
        "received_at": RECEIVED,
        "message_id": "m-1",
        "type": "track",
        "user_id": "u",
        "anonymous_id": None,
        "timestamp": HAPPENED,
        "ip": None,
        "defaults": -1,
        "original": json.dumps(event).encode(),
    }
    return Record(**{**values, **changes})


def test_the_server_owns_its_fields() -> None:
    forged = {
        "userId": "u",
        "event": "E",
        "type": "identify",
        "messageId": "forged",
        "receivedAt": "1999-01-01T00:00:00Z",
        "projectId": "another",
        "writeKey": "wk_secret",
        "timestamp": "2026-11-22T07:00:00Z",
    }
    event = complete(record(forged), None, "src_1")
    assert event == {
        "userId": "u",
        "event": "E",
        "type": "track",
        "messageId": "m-1",
        "receivedAt": "2026-11-22T07:20:33.000Z",
        "projectId": "src_1",
        "timestamp": "2026-11-22T07:20:32.663Z",
        "originalTimestamp": "2026-11-22T07:00:00Z",
        "context": {},
        "integrations": {},
    }


def test_what_a_batch_says_for_all_fills_what_an_event_does_not_say() -> None:
    defaults = {
        "context": {"ip": "203.0.113.9", "locale": "de"},
        "integrations": {"All": False},
        "sentAt": "2026-11-22T07:20:33Z",
    }
    own = {"context": {"locale": "en"}, "integrations": {"Hook": True}}
    event = complete(record(own), json.dumps(defaults).encode(), "src_1")
    assert event["context"] == {"ip": "203.0.113.9", "locale": "en"}
    assert event["integrations"] == {"All": False, "Hook": True}
    assert event["sentAt"] == "2026-11-22T07:20:33Z"


def test_nulls_at_the_top_are_absent_and_deeper_ones_stay() -> None:
    event = complete(record({"anonymousId": None, "properties": {"a": None}}), None, "src_1")
    assert "anonymousId" not in event
    assert event["properties"] == {"a": None}


def test_ids_are_the_texts_that_were_stored() -> None:
    event = complete(record({"userId": 5}, user_id="5", anonymous_id="a"), None, "src_1")
    assert (event["userId"], event["anonymousId"]) == ("5", "a")


def test_the_address_fills_the_context_but_never_replaces_what_the_app_set() -> None:
    address = "203.0.113.7"
    assert complete(record({}, ip=address), None, "s")["context"] == {"ip": address}
    own = {"context": {"ip": "0.0.0.0"}}  # noqa: S104 - what apps send to hide an address
    assert complete(record(own, ip=address), None, "s")["context"] == own["context"]
