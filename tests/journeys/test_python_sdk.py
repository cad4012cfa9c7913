"""Segment's own Python library, pointed at Headgate by its host alone."""

from __future__ import annotations

import itertools
import json
import subprocess
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from requests import RequestException
from requests.adapters import HTTPAdapter
from segment.analytics import request as sdk_request
from segment.analytics.client import Client
from segment.analytics.consumer import MAX_MSG_SIZE

import run
from tests.conftest import absent
from tests.harness import python
from tests.harness.proxy import Proxy
from tests.harness.receiver import until
from tests.harness.trouble import DOUBLED, LOST, PASS, SWALLOWED, TROUBLES, Deed, Drawn, InTurn
from tests.journeys.hooks import Hooks
from tests.journeys.python.calls import calls

if TYPE_CHECKING:
    from random import Random

    from requests import PreparedRequest, Response

    from tests.harness.fixtures import Start
    from tests.harness.receiver import Receiver
    from tests.journeys.hooks import Hook

PYTHON = Path(__file__).parent / "python"
HEEDLESS = Path(__file__).parent / "heedless"
SECONDS = 120
MOST = 2
"""So often in a row is a message troubled."""


class Sdk:
    """A client, what it was asked to send, and what it says was not taken."""

    def __init__(self, hook: Hook, proxy: Proxy | None = None, **options: Any) -> None:
        self.made: list[dict[str, Any]] = []
        self._failed: list[Any] = []
        host = hook.url if proxy is None else proxy.url
        self.client = Client(hook.key, host=host, on_error=self._fail, **options)

    def _fail(self, error: Exception, batch: list[Any]) -> None:
        self._failed += [error, *batch]

    def send(self, count: int) -> None:
        for method, arguments in itertools.islice(calls(), count):
            self.call(method, **arguments)

    def call(self, method: str, **arguments: Any) -> None:
        taken, message = getattr(self.client, method)(**arguments)
        assert taken, "the queue of the SDK is full"
        self.made.append(message)

    def insist(self, method: str, **arguments: Any) -> None:
        """As an app does that waits for each answer: the same again until it is taken."""
        once = {"message_id": str(uuid.uuid4()), "timestamp": datetime.now(tz=UTC), **arguments}
        for left in reversed(range(MOST + 1)):
            try:
                self.call(method, **once)
            except (sdk_request.APIError, RequestException):
                assert left, "no answer came that the app could believe"
            else:
                return

    def flushed(self) -> dict[str, dict[str, Any]]:
        """Everything the client believes delivered, by message id."""
        if self.client.consumers:
            self.client.flush()
            self.client.shutdown()
        assert self._failed == []
        plain = json.loads(json.dumps(self.made, cls=sdk_request.DatetimeSerializer))
        return {message["messageId"]: message for message in plain}


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_what_the_sdk_believes_delivered_arrives_once_as_it_was_made(
    hooks: Hooks, gzip: str
) -> None:
    hook = hooks.new()
    sdk = Sdk(hook, gzip=gzip == "gzip")
    sdk.send(600)
    hook.judge(sdk.flushed())


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_the_largest_messages_and_batches_that_the_sdk_makes_are_taken(
    hooks: Hooks, gzip: str
) -> None:
    hook, call = hooks.new(), {"user_id": "u", "event": "E", "timestamp": datetime.now(tz=UTC)}
    _, small = Client(hook.key, send=False).track(**call, properties={"padding": ""})
    padding = "x" * (MAX_MSG_SIZE - len(json.dumps(small, cls=sdk_request.DatetimeSerializer)))
    sdk = Sdk(hook, gzip=gzip == "gzip")
    for _ in range(40):
        sdk.call("track", **call, properties={"padding": padding})
    assert hook.judge(sdk.flushed()).live == 40


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


@pytest.mark.parametrize("gzip", ["plain", "gzip"])
def test_trouble_on_the_way_loses_nothing_and_doubles_nothing(
    hooks: Hooks, rng: Random, gzip: str
) -> None:
    hook = hooks.new()
    with Proxy(hook.url, Drawn(rng, passes=2, most=MOST)) as proxy:
        sdk = Sdk(hook, proxy, gzip=gzip == "gzip", upload_size=25)
        sdk.send(700)
        made = sdk.flushed()
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert hook.judge(made).duplicates > 0
    proxy.tell()


def test_trouble_on_the_way_of_a_client_that_waits_for_each_answer(
    hooks: Hooks, rng: Random
) -> None:
    hook = hooks.new()
    with Proxy(hook.url, Drawn(rng, most=MOST)) as proxy:
        sdk = Sdk(hook, proxy, sync_mode=True)
        for method, arguments in itertools.islice(calls(), 24):
            sdk.insist(method, **arguments)
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert hook.judge(sdk.flushed()).duplicates > 0
    proxy.tell()


@pytest.mark.full
def test_trouble_on_the_way_and_deaths_at_its_end(
    start: Start, receiver: Receiver, rng: Random
) -> None:
    headgate = start("--collect-processes", "2")
    hook = Hooks(headgate, receiver).new()
    with Proxy(hook.url, Drawn(rng, passes=2, most=MOST)) as proxy:
        sdk = Sdk(hook, proxy, upload_size=25)
        for index in (0, 1, 0):
            sdk.send(200)
            until(lambda: len(headgate.status().pids.get("collect", [])) == 2, 20, "both of them")
            time.sleep(rng.random())
            headgate.kill("collect", index)
        made = sdk.flushed()
    proxy.tell()
    assert hook.judge(made).live == 600


@pytest.mark.parametrize(
    ("unforgivable", "says"), [(SWALLOWED, "10 .* not in the log"), (DOUBLED, "never sent")]
)
def test_a_lost_batch_and_a_doubled_one_are_seen(
    hooks: Hooks, unforgivable: Deed, says: str
) -> None:
    hook = hooks.new()
    with Proxy(hook.url, InTurn(PASS, unforgivable)) as proxy:
        sdk = Sdk(hook, proxy, upload_size=10)
        sdk.send(30)
        made = sdk.flushed()
    with pytest.raises(AssertionError, match=says):
        hook.judge(made)


def test_a_server_that_keeps_every_copy_is_seen(start: Start, receiver: Receiver) -> None:
    headgate = start(environ={"PYTHONPATH": str(HEEDLESS)})
    hook = Hooks(headgate, receiver).new()
    with Proxy(hook.url, InTurn(LOST)) as proxy:
        sdk = Sdk(hook, proxy)
        sdk.send(6)
        made = sdk.flushed()
    with pytest.raises(AssertionError, match="live more than once"):
        hook.judge(made)


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


def send(lock: str, hook: Hook, **orders: Any) -> dict[str, dict[str, Any]]:
    """Have the library of a lock send; what it believes delivered, by message id."""
    try:
        environ = python.environ(PYTHON / f"{lock}.lock")
    except python.Unavailable as unavailable:
        absent(str(unavailable))
    done = subprocess.run(
        [run.PYTHON, "-m", "tests.journeys.python.send", json.dumps({**orders, "key": hook.key})],
        env=environ,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    assert told["failed"] == []
    return {message["messageId"]: message for message in told["made"]}


@pytest.mark.full
@pytest.mark.parametrize("gzip", ["plain", "gzip"])
@pytest.mark.parametrize(
    ("lock", "module"),
    [
        ("analytics-python-1", "analytics.client"),
        ("rudder-sdk-python-2", "rudderstack.analytics.client"),
    ],
)
def test_trouble_on_the_way_of_other_libraries(
    hooks: Hooks, rng: Random, lock: str, module: str, gzip: str
) -> None:
    hook, options = hooks.new(), {"gzip": gzip == "gzip", "upload_size": 25}
    with Proxy(hook.url, Drawn(rng, passes=2, most=MOST)) as proxy:
        made = send(lock, hook, module=module, host=proxy.url, events=700, options=options)
    proxy.tell()
    assert proxy.done().keys() >= {trouble.name for trouble in TROUBLES}
    assert hook.judge(made).duplicates > 0
