"""What `POST /v1/validate` says."""

from __future__ import annotations

import json

from headgate.collect.answers import REQUEST_TOO_LARGE, error
from headgate.collect.validate import refusal, verdict
from headgate.events.parse import parse

GOOD = b'{"type":"track","event":"E","userId":"u"}'


def test_good_events_are_valid() -> None:
    answer = verdict([parse(GOOD, None)] * 3)
    assert answer.status == 200
    assert json.loads(answer.body) == {
        "success": True,
        "valid": True,
        "accepted": 3,
        "rejected": [],
    }


def test_each_bad_event_is_named_by_its_place_and_reason() -> None:
    told = json.loads(verdict([parse(GOOD, None), parse(b"{}", None), parse(b"x", None)]).body)
    assert (told["success"], told["valid"], told["accepted"]) == (True, False, 1)
    assert [(each["index"], each["code"]) for each in told["rejected"]] == [
        (1, "type_unknown"),
        (2, "bad_request"),
    ]
    assert all(each["message"] for each in told["rejected"])


def test_a_body_that_is_no_use_at_all_is_a_finding_too() -> None:
    for refused in (error(400, "empty_batch", "The batch has no events."), REQUEST_TOO_LARGE):
        answer = refusal(refused)
        assert answer.status == 200
        told = json.loads(answer.body)
        assert (told["success"], told["valid"], told["accepted"]) == (True, False, 0)
        assert [(each["index"], each["code"]) for each in told["rejected"]] == [
            (None, refused.code)
        ]
