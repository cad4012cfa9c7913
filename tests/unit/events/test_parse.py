"""Reading events from untrusted bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.events.calls import CALLS, MAX_EVENT
from headgate.events.parse import _RULES, Accepted, Rejected, parse
from headgate.events.samples import sample


def read(event: object, call: str | None = "track") -> Accepted | Rejected:
    return parse(json.dumps(event).encode(), call)


def accepted(event: object, call: str | None = "track") -> Accepted:
    found = read(event, call)
    assert isinstance(found, Accepted), found
    return found


def code(event: object, call: str | None = "track") -> str:
    found = read(event, call)
    assert isinstance(found, Rejected), found
    return found.code


@pytest.mark.parametrize("call", CALLS)
def test_every_sample_is_accepted_as_its_own_call(call: str) -> None:
    assert accepted(sample(call), None).type == call
    assert accepted(sample(call), call).type == call


def test_the_path_decides_the_call() -> None:
    assert accepted({"type": "track", "userId": "u"}, "page").type == "page"


@pytest.mark.parametrize(
    ("value", "text"),
    [("u-1", "u-1"), (5, "5"), (5.0, "5"), (2.5, "2.5"), (2**63, str(2**63)), ("null", "null")],
)
def test_ids_are_texts_and_numbers_become_texts(value: object, text: str) -> None:
    assert accepted({"userId": value, "event": "E"}).user_id == text


def test_null_means_absent() -> None:
    event = {"userId": "u", "anonymousId": None, "event": "E", "properties": None, "context": None}
    assert accepted(event).anonymous_id is None


@pytest.mark.parametrize(
    ("event", "call", "expected"),
    [
        ({"event": "E"}, "track", "no_user_anon_id"),
        ({"event": "E", "userId": None, "anonymousId": ""}, "track", "no_user_anon_id"),
        ({"event": "E", "userId": {}}, "track", "id_not_string"),
        ({"event": "E", "userId": True}, "track", "id_not_string"),
        ({"event": "E", "userId": ["u"]}, "track", "id_not_string"),
        ({"userId": "u"}, "track", "event_not_defined"),
        ({"userId": "u", "event": ""}, "track", "event_not_defined"),
        ({"userId": "u", "event": 5}, "track", "event_not_string"),
        ({"userId": "u", "event": "E", "properties": "x"}, "track", "properties_not_object"),
        ({"userId": "u", "event": "E", "properties": [1]}, "track", "properties_not_object"),
        ({"userId": "u", "traits": 5}, "identify", "traits_not_object"),
        ({"userId": "u", "name": {}}, "page", "name_not_string"),
        ({"userId": "u", "category": 1}, "page", "category_not_string"),
        ({"userId": "u", "event": "E", "context": []}, "track", "bad_request"),
        ({"userId": "u", "event": "E", "integrations": []}, "track", "bad_request"),
        ({"userId": "u", "groupId": ""}, "group", "id_required"),
        ({"userId": "u"}, "alias", "id_required"),
        ({"previousId": "p", "anonymousId": "a"}, "alias", "id_required"),
        ({"previousId": "p"}, "alias", "no_user_anon_id"),
        ({"userId": "u", "type": "delete"}, None, "type_unknown"),
        ({"userId": "u"}, None, "type_unknown"),
        ({"userId": "u", "type": 5}, None, "type_unknown"),
        ({"userId": "u", "event": "E", "messageId": "m" * 101}, "track", "message_id_too_long"),
        ({"userId": "u", "event": "E", "messageId": 7}, "track", "bad_request"),
        ({"userId": "u", "event": "E", "timestamp": "yesterday"}, "track", "bad_timestamp"),
        ({"userId": "u", "event": "E", "timestamp": {}}, "track", "bad_timestamp"),
        (
            {"userId": "u", "event": "E", "timestamp": "2026-02-30T00:00:00Z"},
            "track",
            "bad_timestamp",
        ),
        ([], "track", "bad_request"),
        ("text", "track", "bad_request"),
        (None, "track", "bad_request"),
    ],
)
def test_each_fault_has_its_code(event: object, call: str | None, expected: str) -> None:
    assert code(event, call) == expected


def test_a_message_id_may_have_100_characters_of_any_script() -> None:
    assert accepted({"userId": "u", "event": "E", "messageId": "é🚀" * 50}).message_id == "é🚀" * 50


def test_an_event_may_have_32_kib() -> None:
    event = {"userId": "u", "event": "E", "properties": {"text": ""}}
    room = MAX_EVENT - len(json.dumps(event))
    event["properties"] = {"text": "x" * room}
    accepted(event)
    event["properties"] = {"text": "x" * (room + 1)}
    assert code(event) == "too_large"


NO_JSON = (
    b"",
    b" ",
    b"\0",
    b"{",
    b'{"userId":"u"',
    b"NaN",
    b'{"userId":NaN}',
    b"{'a':1}",
    b"\xef\xbb\xbf{}",
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 100_000,
)


@pytest.mark.parametrize("raw", NO_JSON)
def test_what_is_no_json_is_a_bad_request_and_nothing_worse(raw: bytes) -> None:
    found = parse(raw, "track")
    assert isinstance(found, Rejected)
    assert found.code in {"bad_request", "too_large"}


def test_times_of_the_client_are_read() -> None:
    found = accepted(
        {
            "userId": "u",
            "event": "E",
            "timestamp": "2026-11-22T07:20:32.663+01:00",
            "sentAt": "2026-11-22T06:20:33Z",
        }
    )
    assert found.original_timestamp == 1795328432663
    assert found.sent_at == 1795328433000


def test_original_timestamp_serves_where_there_is_no_timestamp() -> None:
    event = {"userId": "u", "event": "E", "originalTimestamp": "2026-11-22T06:20:33Z"}
    assert accepted(event).original_timestamp == 1795328433000


def test_direct_asks_for_the_senders_address() -> None:
    event = {"userId": "u", "event": "E", "context": {"direct": True}}
    assert accepted(event).direct
    assert not accepted({**event, "context": {"direct": "yes"}}).direct


_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5), st.just({}), st.just([]),
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_RULES, _values)))
def test_the_fast_reading_refuses_what_the_rules_refuse(event: dict[str, Any]) -> None:
    """One decode of typed fields and the table of rules are two statements of one thing."""
    found = read({"userId": "u", "event": "E", **event})
    broken = [
        rule_code
        for field, (types, _, rule_code) in _RULES.items()
        if type({"userId": "u", "event": "E", **event}.get(field)) not in types
    ]
    if broken:
        assert isinstance(found, Rejected)
        assert found.code == broken[0]
    elif isinstance(found, Rejected):
        semantic = {"no_user_anon_id", "event_not_defined", "bad_timestamp", "type_unknown"}
        assert found.code in semantic
