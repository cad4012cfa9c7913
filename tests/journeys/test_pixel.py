"""The pixel: events in the address of a picture, which is shown whatever happens."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
import pytest

from tests.harness.sending import request
from tests.journeys.fields import OF_THE_SERVER
from tests.journeys.replay import CALLS, Line

if TYPE_CHECKING:
    from tests.harness.sending import Answer
    from tests.journeys.hooks import Hooks

EVENT = {
    "userId": "u-1",
    "event": "Email Opened",
    "messageId": "pixel-1",
    "properties": {"subject": "Grüße & 🚀", "campaign": {"name": "May"}},
    "context": {"ip": "203.0.113.9"},
}


def pixels(key: str) -> list[str]:
    """The same event in the ways of writing it, the last one as parameters with dotted names."""
    said = msgspec.json.encode({**EVENT, "writeKey": key})
    plain, safe = base64.b64encode(said).decode(), base64.urlsafe_b64encode(said).decode()
    properties = {
        "properties.subject": "Grüße & 🚀",
        "properties.campaign.name": "May",
        "context.ip": "203.0.113.9",
    }
    ids = {"userId": "u-1", "event": "Email Opened", "messageId": "pixel-1", "writeKey": key}
    return [
        urlencode({"data": plain}),
        f"data={safe.rstrip('=')}",
        urlencode({**ids, **properties}),
    ]


def asked(target: str) -> bytes:
    headers = [("User-Agent", "Mail/1.0"), ("Accept", "image/*"), ("Content-Length", "0")]
    return request("GET", target, headers)


def check_picture(answer: Answer) -> None:
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.body.startswith(b"GIF89a")
    assert "no-store" in answer.headers["cache-control"]


def test_a_pixel_is_an_event_however_it_is_written(hooks: Hooks) -> None:
    hook = hooks.new()
    with Line(hook.url) as line:
        for query in pixels(hook.key):
            check_picture(line.send(asked(f"/v1/pixel/track?{query}")))
    assert [each.verdict for each in hook.kept()] == ["live", "duplicate", "duplicate"]
    for each in hook.kept():
        assert each.event is not None
        context = {"ip": "203.0.113.9", "userAgent": "Mail/1.0"}
        ours = {"type": "track", "context": context, "integrations": {}}
        kept = {name: said for name, said in each.event.items() if name not in OF_THE_SERVER}
        assert kept == {**EVENT, **ours}


@pytest.mark.parametrize("call", CALLS)
def test_each_call_has_a_pixel_that_knows_where_it_was_opened(hooks: Hooks, call: str) -> None:
    hook = hooks.new()
    said = {"writeKey": hook.key, "userId": "u-1", "previousId": "a-1", "groupId": "g-1"}
    with Line(hook.url) as line:
        check_picture(line.send(asked(f"/v1/pixel/{call}?{urlencode({**said, 'event': 'E'})}")))
    (kept,) = hook.kept()
    assert kept.event is not None
    assert (kept.type, kept.event["userId"]) == (call, "u-1")
    assert kept.event["context"] == {"ip": "127.0.0.1", "userAgent": "Mail/1.0"}
    assert kept.event["messageId"]


@pytest.mark.parametrize("query", ["", "data=%00", "data=bm8ganNvbg", "writeKey=nobody&userId=u"])
def test_a_pixel_shows_its_picture_even_if_nothing_can_be_kept(hooks: Hooks, query: str) -> None:
    hook = hooks.new()
    with Line(hook.url) as line:
        check_picture(line.send(asked(f"/v1/pixel/track?{query}")))
    assert hook.kept() == []
