"""Segment's own Python library, pointed at Headgate by its host alone."""

from __future__ import annotations

import itertools
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from requests.adapters import HTTPAdapter
from segment.analytics import request as sdk_request
from segment.analytics.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest, Response

    from tests.journeys.hooks import Hook, Hooks

WANTED = {"All": True, "Nope": False}


class Sdk:
    """A client, what it was asked to send, and what it says was not taken."""

    def __init__(self, hook: Hook, **options: Any) -> None:
        self.made: list[dict[str, Any]] = []
        self._failed: list[Any] = []
        self.client = Client(hook.key, host=hook.url, on_error=self._fail, **options)

    def _fail(self, error: Exception, batch: list[Any]) -> None:
        self._failed += [error, *batch]

    def send(self, count: int) -> None:
        for method, arguments in itertools.islice(calls(), count):
            self.call(method, **arguments)

    def call(self, method: str, **arguments: Any) -> None:
        taken, message = getattr(self.client, method)(**arguments)
        assert taken, "the queue of the SDK is full"
        self.made.append(message)

    def flushed(self) -> dict[str, dict[str, Any]]:
        """Everything the client believes delivered, by message id."""
        if self.client.consumers:
            self.client.flush()
            self.client.shutdown()
        assert self._failed == []
        plain = json.loads(json.dumps(self.made, cls=sdk_request.DatetimeSerializer))
        return {message["messageId"]: message for message in plain}


def calls() -> Iterator[tuple[str, dict[str, Any]]]:
    """The six calls in turn: with one id and with two, ids that are numbers, times long past."""
    for number in itertools.count(1):
        user = {"user_id": number, "integrations": WANTED, "context": {"ip": "203.0.113.7"}}
        yield "identify", {**user, "traits": {"email": "ünï@example.com", "n": {"a": [1, None]}}}
        properties = {"revenue": 12.5, "most": 2**53 - 1, "on": datetime.now(tz=UTC)}
        yield "track", {**user, "event": "Order 🚀", "properties": properties}
        yield "page", {"anonymous_id": f"a-{number}", "name": "Home", "category": "Docs"}
        yield "screen", {"user_id": f"u-{number}", "name": "Main", "properties": {"build": 7}}
        past = datetime.now(tz=UTC) - timedelta(days=1)
        yield "group", {"user_id": "u", "group_id": 42, "timestamp": past}
        yield "alias", {"previous_id": f"a-{number}", "user_id": f"u-{number}"}


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_what_the_sdk_believes_delivered_arrives_once_as_it_was_made(
    hooks: Hooks, gzip: str
) -> None:
    hook = hooks.new()
    sdk = Sdk(hook, gzip=gzip == "gzip")
    sdk.send(600)
    hook.judge(sdk.flushed())


def test_several_clients_at_once_share_a_source(hooks: Hooks) -> None:
    hook = hooks.new()
    clients = [Sdk(hook, gzip=size % 2 == 0, upload_size=size) for size in range(7, 12)]
    threads = [threading.Thread(target=client.send, args=(120,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = {name: message for client in clients for name, message in client.flushed().items()}
    assert len(made) == 600
    hook.judge(made)


def test_a_client_that_waits_for_each_answer(hooks: Hooks) -> None:
    hook = hooks.new()
    sdk = Sdk(hook, sync_mode=True)
    sdk.send(24)
    hook.judge(sdk.flushed())


class Older(HTTPAdapter):
    """Sends what the library made as its older versions did: with the write key in one place."""

    def __init__(self, kept: str) -> None:
        super().__init__()
        self._kept = kept

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        if self._kept == "body":
            del request.headers["Authorization"]
        else:
            assert isinstance(request.body, str)
            body = json.loads(request.body)
            del body["writeKey"]
            request.prepare_body(json.dumps(body), None)
        return super().send(request, *arguments, **options)


@pytest.mark.parametrize("kept", ["body", "header"])
def test_older_versions_say_the_write_key_in_one_place_only(
    hooks: Hooks, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook, session = hooks.new(), sdk_request.sessions.Session()
    session.mount("http://", Older(kept))
    monkeypatch.setattr(sdk_request, "_session", session)
    sdk = Sdk(hook)
    sdk.send(60)
    hook.judge(sdk.flushed())


def test_a_message_that_is_made_three_times_counts_once(hooks: Hooks) -> None:
    hook = hooks.new()
    sdk = Sdk(hook)
    for _ in range(3):
        sdk.call("track", user_id="u", event="Paid", message_id="the-same", timestamp=hook.since)
    assert hook.judge(sdk.flushed()).duplicates == 2
