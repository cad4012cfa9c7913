"""What clients of today and of years ago put on the wire, sent again byte for byte."""

from __future__ import annotations

import gzip
from datetime import UTC
from email.utils import parsedate_to_datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.harness.checks import Checked
from tests.harness.fixtures import tell
from tests.journeys.fields import moment
from tests.journeys.replay import KEY, Line, Record, events, records
from tests.journeys.written_clients import (
    AS_JSON,
    AS_TEXT,
    JSON,
    PAGE,
    apps,
    authorized,
    calls,
    event,
    get,
    pages,
    post,
    preflight,
    servers,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.harness.sending import Answer
    from tests.journeys.hooks import Hook, Hooks

FILES = ("/analytics.js/", "/analytics-next/")
"""Where browsers get their library: its files are judged in a browser, see test_browser_*.py."""


def check_preflight(record: Record, answer: Answer) -> None:
    """A browser sends what it asked for only if every header of the answer allows it."""
    allowed = answer.headers
    asked = set((record.header("access-control-request-headers") or "").split(","))
    assert answer.status in {200, 204}
    assert allowed["access-control-allow-origin"] == record.header("origin")
    assert allowed["access-control-allow-credentials"] == "true"
    assert record.header("access-control-request-method") in listed(
        allowed["access-control-allow-methods"]
    )
    assert asked <= listed(allowed["access-control-allow-headers"].lower())
    assert int(allowed["access-control-max-age"]) >= 600


def listed(value: str) -> set[str]:
    return {each.strip() for each in value.split(",")}


def check_taken(record: Record, answer: Answer) -> None:
    """Exactly this pleases every client, see the answers that they were measured with."""
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == JSON
    assert answer.json == {"success": True}
    assert answer.headers["content-length"] == str(len(answer.body))
    origin = record.header("origin")
    if origin is not None:
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "retry-after" in answer.headers["access-control-expose-headers"].lower()


def check_settings(record: Record, answer: Answer) -> None:
    """They lead the library back to where it asked, whatever it called this server."""
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, JSON)
    packed = answer.headers.get("content-encoding") == "gzip"
    said = msgspec.json.decode(gzip.decompress(answer.body) if packed else answer.body)
    own = said["integrations"]["Segment.io"]
    assert (own["apiKey"], own["apiHost"]) == (KEY, f"{record.header('host')}/v1")
    assert said["metrics"]["host"] == own["apiHost"]
    assert answer.headers["access-control-allow-origin"] == (record.header("origin") or "*")


def check_no_token(_: Record, answer: Answer) -> None:
    """These assertions are of another time: a refusal that both libraries understand."""
    assert (answer.status, answer.headers["content-type"]) == (401, JSON)
    assert answer.json["error"] == "invalid_client"
    assert parsedate_to_datetime(answer.headers["date"]).tzinfo is UTC


def check_answer(record: Record, answer: Answer) -> list[dict[str, Any]]:
    """The answer is what its client needs; the events that came with the request."""
    checks = {"/v1/projects/": check_settings, "/token": check_no_token}
    found = [check for path, check in checks.items() if record.target.startswith(path)]
    if record.method == "OPTIONS":
        found = [check_preflight]
    for check in found or [check_taken]:
        check(record, answer)
    return [] if found else list(events(record))


def replayed(
    hook: Hook, replays: list[tuple[str, Record]], rng: Random | None = None
) -> list[dict[str, Any]]:
    """The events of all requests, each client's sent on one connection as it kept one.

    With `rng`, they come in pieces.
    """
    sent: list[dict[str, Any]] = []
    for client, group in groupby(replays, key=lambda each: each[0]):
        with Line(hook.url, rng) as line:
            for _, record in group:
                sent += check_answer(record, line.send(record.raw()))
            assert line.dialled == 1, client
    return sent


def check_stored(hook: Hook, sent: list[dict[str, Any]]) -> Checked:
    """The first copy of each event is live, with the `sentAt` of its client; the others are not."""
    firsts = {event["messageId"]: event for event in reversed(sent)}
    checked = hook.judge(firsts)
    assert checked.duplicates == len(sent) - len(firsts)
    for line in hook.kept():
        first = firsts[line.messageId or ""]
        assert line.type == first["type"]
        if line.verdict == "live" and line.event and first["sentAt"]:
            assert moment(line.event["sentAt"]) == moment(first["sentAt"])
    return checked


def test_recorded_requests_are_taken_as_they_are(hooks: Hooks, rng: Random) -> None:
    """Twice, the second time in pieces: a lost answer makes clients send the same once more."""
    hook = hooks.new(KEY)
    ours = [each for each in records() if not each[1].target.startswith(FILES)]
    sent = replayed(hook, ours) + replayed(hook, ours, rng)
    assert check_stored(hook, sent).live > 100
    tell(f"{2 * len(ours)} requests with {len(sent)} events")


@pytest.mark.parametrize("clients", [servers, apps, pages, calls])
def test_requests_of_clients_that_no_recording_has(
    clients: Callable[[str], list[tuple[str, Record]]], hooks: Hooks, rng: Random
) -> None:
    hook = hooks.new()
    written = clients(hook.key)
    sent = replayed(hook, written) + replayed(hook, written, rng)
    assert check_stored(hook, sent).duplicates == len(sent) // 2


def test_a_call_without_an_id_gets_one_and_is_new_each_time(hooks: Hooks) -> None:
    hook = hooks.new()
    call = post("/v1/track", event("track", messageId=None), authorized(hook.key))
    with Line(hook.url) as line:
        for _ in range(2):
            check_taken(call, line.send(call.raw()))
    kept = hook.kept()
    assert [each.verdict for each in kept] == ["live", "live"]
    assert len({each.messageId for each in kept} - {None, ""}) == 2


def test_metrics_of_libraries_are_taken_and_leave_no_trace(hooks: Hooks) -> None:
    """`/m` knows no write key; a browser that is not answered sends an error to its console."""
    hook = hooks.new()
    tags = {"library": "analytics.js", "library_version": "next-1.84.3"}
    series = [{"type": "Counter", "metric": "analytics_js.invoke", "value": 1, "tags": tags}]
    metrics = post("/v1/m", {"series": series}, {**AS_TEXT, **PAGE})
    before = hook.headgate.log_stat()
    with Line(hook.url) as line:
        check_taken(metrics, line.send(metrics.raw()))
        swift = post("/v1/m", {"series": series}, AS_JSON)
        check_taken(swift, line.send(swift.raw()))
    assert hook.headgate.log_stat() == before


def test_rudderstack_sends_only_after_it_was_told_of_its_source(hooks: Hooks) -> None:
    hook = hooks.new()
    target = f"/sourceConfig/?p=npm&v=3.34.1&build=modern&writeKey={hook.key}"
    asks = preflight(target, "authorization", "GET")
    reads = get(target, {**authorized(hook.key), **PAGE})
    with Line(hook.url) as line:
        check_preflight(asks, line.send(asks.raw()))
        answer = line.send(reads.raw())
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, JSON)
    assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]
    told = answer.json["source"]
    assert (told["writeKey"], told["enabled"], told["destinations"]) == (hook.key, True, [])
    assert told["config"]["statsCollection"]["errors"]["enabled"] is False
