"""Clients that get access tokens with their private keys, and sources that take nothing else."""

from __future__ import annotations

import http.client
import http.server
import itertools
import json
import shutil
import subprocess
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from segment.analytics import oauth_manager
from segment.analytics.client import Client

from tests.conftest import absent
from tests.harness import node
from tests.harness.assertions import claims, key_pair, raw_form
from tests.harness.declarations import declaration, source
from tests.harness.fixtures import judged, tell
from tests.harness.receiver import until
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NODE = Path(__file__).parent / "node"
FORM, BATCH = "application/x-www-form-urlencoded", "/v1/batch"
LIFETIME = 2


class Answered(NamedTuple):
    status: int
    body: dict[str, Any]


def post(url: str, body: bytes, **headers: str) -> Answered:
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return Answered(answer.status, json.load(answer))
    except HTTPError as error:
        with error:
            return Answered(error.code, json.load(error))


class App:
    """An OAuth app with a source of its own, in a Headgate that others share."""

    def __init__(self, headgate: Headgate, number: int) -> None:
        self.headgate, self.url = headgate, headgate.ready.collect
        self.slug, self.key, self.source = f"app-{number}", f"wk_oauth_{number}", f"taking-{number}"
        self._ids = map("{}-{}".format, itertools.repeat(self.source), itertools.count(1))
        self.apply()

    def apply(self, *, required: bool = True, **changes: Any) -> None:
        """With `changes` to the app."""
        keys = [{"id": "k1", "pem": key_pair().public}]
        app = {"slug": self.slug, "keys": keys, **changes}
        oauth = {"apps": [self.slug], "required": required}
        declared = declaration(sources=[source(self.source, self.key, oauth=oauth)])
        self.headgate.apply({**declared, "oauth_apps": [app]})

    def new_id(self) -> str:
        return next(self._ids)

    def assertion(self, audience: str | None = None) -> str:
        return key_pair().sign(claims(self.slug, audience or self.url))

    def token(self, assertion: str | None = None) -> Answered:
        form = raw_form(assertion or self.assertion())
        return post(f"{self.url}/token", form, **{"Content-Type": FORM})

    def send(self, message_id: str, token: str | None = None) -> Answered:
        event = {"writeKey": self.key, "userId": "u", "event": "e", "messageId": message_id}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return post(f"{self.url}/v1/track", json.dumps(event).encode(), **headers)

    def kept(self) -> list[str]:
        """The ids in the log, as often as they are in it."""
        lines = self.headgate.log_cat(everything=True)
        return [str(line.messageId) for line in lines if line.source == self.source]


class Relay:
    """Passes requests on and writes down how they ended; says that tokens live for an hour.

    So a client goes on with a token that has expired, as it does when its machine has slept.
    """

    def __init__(self, upstream: str) -> None:
        self.seen: list[tuple[str, int]] = []
        place, seen = urlsplit(upstream).netloc, self.seen

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                connection = http.client.HTTPConnection(place, timeout=10)
                connection.request("POST", self.path, body, dict(self.headers))
                answer = connection.getresponse()
                raw = answer.read()
                connection.close()
                seen.append((self.path, answer.status))
                if self.path == "/token" and answer.status == 200:
                    raw = json.dumps(json.loads(raw) | {"expires_in": 3600}).encode()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() != "content-length":
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                """Keep what the tests print readable."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def during(self, deed: Callable[[], str | None]) -> tuple[list[tuple[str, int]], str | None]:
        """What was seen while something was done, and what that returned."""
        start = len(self.seen)
        result = deed()
        return self.seen[start:], result

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Sdk(Protocol):
    """A library of Segment's, told to use OAuth."""

    def send(self, message_id: str) -> str | None:
        """What the library says went wrong with an event, once it has given up or succeeded."""
        ...

    def close(self) -> None: ...


class PythonSdk:
    def __init__(self, app: App, relay: Relay) -> None:
        self._failed: list[str] = []
        self._client = Client(
            app.key,
            host=relay.url,
            upload_interval=0.05,
            on_error=lambda error, _: self._failed.append(str(error)),
            oauth_client_id=app.slug,
            oauth_client_key=key_pair().private,
            oauth_key_id="k1",
            oauth_auth_server=relay.url,
        )

    def send(self, message_id: str) -> str | None:
        assert self._client.track("u", "Paid", message_id=message_id)[0]
        self._client.flush()
        return self._failed.pop() if self._failed else None

    def close(self) -> None:
        self._client.shutdown()


class NodeSdk:
    def __init__(self, app: App, relay: Relay) -> None:
        try:
            folder, environ = node.packages(NODE), node.environ()
        except node.Unavailable as unavailable:
            absent(str(unavailable))
        shutil.copy(NODE / "oauth.mjs", folder)
        oauth = {
            "clientId": app.slug,
            "clientKey": key_pair().private,
            "keyId": "k1",
            "authServer": relay.url,
        }
        orders = {"library": "analytics-node-3", "host": relay.url, "key": app.key, "oauth": oauth}
        self._process = subprocess.Popen(
            ["node", "oauth.mjs", json.dumps(orders)],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, message_id: str) -> str | None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{message_id}\n")
        self._process.stdin.flush()
        error: str | None = json.loads(self._process.stdout.readline())["error"]
        return error

    def close(self) -> None:
        """It may still try to get a token: nothing that it holds back is waited for."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], App]]:
    """Apps in one Headgate of two collect processes, either of which may get a request."""
    numbers = itertools.count(1)
    folder = tmp_path_factory.mktemp("oauth")
    with judged(Headgate(folder, options=["--collect-processes", "2"])) as headgate:
        yield lambda: App(headgate, next(numbers))


@pytest.fixture
def app(apps: Callable[[], App]) -> App:
    return apps()


FETCHED, TAKEN, STALE, REFUSED = ("/token", 200), (BATCH, 200), (BATCH, 511), (BATCH, 401)


@pytest.mark.parametrize("kind", [PythonSdk, pytest.param(NodeSdk, marks=pytest.mark.node)])
def test_a_client_goes_on_over_an_expired_token_and_ends_with_a_withdrawn_app(
    app: App, kind: Callable[[App, Relay], Sdk]
) -> None:
    """What follows a 511 tells that the same events came again with a new token."""
    app.apply(lifetime=f"{LIFETIME} seconds")
    ids = [app.new_id() for _ in range(4)]
    with Relay(app.url) as relay:
        sdk = kind(app, relay)
        seen, error = relay.during(lambda: sdk.send(ids[0]))
        assert (seen[0], seen[-1], error) == (FETCHED, TAKEN, None)
        time.sleep(LIFETIME)
        seen, error = relay.during(lambda: sdk.send(ids[1]))
        assert (seen[:2], seen[-1], error) == ([STALE, FETCHED], TAKEN, None), "it expired"
        app.apply(revoke_before=datetime.now(tz=UTC).isoformat())
        seen, error = relay.during(lambda: sdk.send(ids[2]))
        assert (seen, error) == ([STALE, FETCHED, TAKEN], None), "it was revoked"
        app.apply(enabled=False)
        seen, error = relay.during(lambda: sdk.send(ids[3]))
        assert seen[0] == REFUSED
        assert "401" in (error or "")
        sdk.close()
        tell(f"{len(relay.seen)} requests")
    assert app.kept() == ids[:3]


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
@pytest.mark.parametrize("seconds", [-120, 120])
def test_a_client_whose_clock_is_wrong_sets_it_by_ours(
    app: App, seconds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = SimpleNamespace(time=lambda: time.time() + seconds, sleep=time.sleep)
    monkeypatch.setattr(oauth_manager, "time", wrong)
    monkeypatch.setattr(oauth_manager, "datetime", Wrong)
    monkeypatch.setattr(Wrong, "seconds", seconds)
    sent = app.new_id()
    with Relay(app.url) as relay:
        sdk = PythonSdk(app, relay)
        assert sdk.send(sent) is None
        assert relay.seen == [("/token", 400), FETCHED, TAKEN]
        sdk.close()
    assert app.kept() == [sent]


class Wrong(datetime):
    """What a clock shows that is wrong by so many seconds."""

    seconds = 0

    @classmethod
    def utcnow(cls) -> Self:
        now = cls.now(tz=UTC) + timedelta(seconds=cls.seconds)
        return now.replace(tzinfo=None)


def test_a_source_can_require_a_token_and_never_takes_a_bad_one(app: App) -> None:
    lent, taken = app.token().body["access_token"], app.new_id()
    forged = lent[:-3] + ("AAA" if lent[-3:] != "AAA" else "BBB")
    assert app.send(taken, lent) == (200, {"success": True})
    refused = [app.send(app.new_id(), token) for token in (None, forged, "x")]
    assert [each.status for each in refused] == [401] * 3
    assert [each.body["code"] for each in refused] == ["token_required"] + ["invalid_token"] * 2
    app.apply(required=False)
    bare = app.new_id()
    assert app.send(bare).status == 200
    assert app.send(app.new_id(), forged).status == 401
    assert app.kept() == [taken, bare]


def test_a_token_of_one_app_does_not_open_the_source_of_another(
    app: App, apps: Callable[[], App]
) -> None:
    other = apps()
    lent = other.token().body["access_token"]
    assert app.send(app.new_id(), lent).body["code"] == "invalid_token"
    assert other.send(other.new_id(), lent).status == 200


def test_an_assertion_works_once_whichever_process_it_comes_to(app: App) -> None:
    assertion = app.assertion()
    statuses = [app.token(assertion).status for _ in range(12)]
    assert statuses == [200] + [401] * 11


def test_every_process_takes_a_token_and_refuses_it_once_it_is_revoked(app: App) -> None:
    """R25: within 5 seconds, and `apply` returns when its change is in force."""
    lent = app.token().body["access_token"]
    ids = [app.new_id() for _ in range(12)]
    assert {app.send(each, lent).status for each in ids} == {200}
    app.apply(keys=[{"id": "k1", "pem": key_pair("other").public}])
    began = time.monotonic()
    until(
        lambda: all(app.send("never", lent).status == 401 for _ in range(12)),
        5.0,
        lambda: "the end of a revoked token",
    )
    tell(f"{time.monotonic() - began:.3f} s after apply")
    assert set(app.kept()) - {"never"} == set(ids)
    assert len(app.kept()) == len(ids)


@pytest.mark.full
def test_tokens_outlive_a_restart_and_assertions_do_not_come_to_life_again(
    start: Callable[..., Headgate],
) -> None:
    headgate = start()
    app = App(headgate, 1)
    assertion, taken = app.assertion(), app.new_id()
    lent = app.token(assertion).body["access_token"]
    headgate.stop()
    headgate.start()
    assert app.send(taken, lent).status == 200
    assert app.token(assertion).status == 401
    assert app.kept() == [taken]
