"""The relay passes calls and answers on as they are, and keeps what the judge said of each."""

from __future__ import annotations

import http.client
import http.server
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.harness.public_api.examples import example
from tests.harness.public_api.proxy import JudgingProxy
from tests.harness.public_api.spoiling import without

if TYPE_CHECKING:
    from collections.abc import Iterator

VND = "application/vnd.segment.v1+json"
IN_ERROR = {"errors": [{"type": "not-found"}]}
ANSWERS: dict[tuple[str, str], tuple[int, Any]] = {
    ("POST", "/sources"): (201, {"data": {"source": example("SourceV1", full=True)}}),
    ("GET", "/"): (200, {"data": example("GetWorkspaceV1Output", full=True)}),
    ("GET", "/labels"): (200, {"data": {"labels": [{"key": "k"}]}}),
    ("GET", "/sources/gone"): (404, IN_ERROR),
    ("GET", "/roles"): (429, IN_ERROR),
}
"""What a stand-in for the API answers, some of it wrongly, below the path `/api`."""


class Got(NamedTuple):
    status: int
    content_type: str | None
    content: Any


class Upstream:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None, bytes]] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                token = self.headers["Authorization"]
                asked.append((self.command, self.path, token, body))
                path = self.path.partition("?")[0].removeprefix("/api")
                status, content = ANSWERS[self.command, path]
                raw = msgspec.json.encode(content)
                self.send_response(status)
                self.send_header("Content-Type", VND)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_POST = do_GET  # noqa: N815 - the name of the method

            def log_message(self, *_: Any) -> None:
                """Keep what the tests print readable."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"
        self._thread = threading.Thread(target=self._server.serve_forever)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    started = Upstream()
    started.start()
    yield started
    started.stop()


def ask(proxy: JudgingProxy, method: str, target: str, body: bytes | None = None) -> Got:
    connection = http.client.HTTPConnection(urlsplit(proxy.url).netloc, timeout=10)
    connection.request(method, target, body, {"Authorization": "Bearer t"})
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    try:
        content = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        content = raw
    return Got(answer.status, answer.getheader("Content-Type"), content)


def test_calls_and_answers_pass_as_they_are(upstream: Upstream) -> None:
    request = b'{"slug": "web", "enabled": true, "metadataId": "m"}'
    with JudgingProxy(upstream.url) as proxy:
        got = ask(proxy, "POST", "/sources?a%5Bb%5D=%20c", request)
        assert ask(proxy, "GET", "/") == (200, VND, ANSWERS["GET", "/"][1])
        assert ask(proxy, "GET", "/sources/gone") == (404, VND, IN_ERROR)
    assert got == (201, VND, ANSWERS["POST", "/sources"][1])
    assert upstream.asked[0] == ("POST", "/api/sources?a%5Bb%5D=%20c", "Bearer t", request)
    assert [each.status for each in proxy.seen] == [201, 200, 404]
    assert proxy.faults == []


def test_each_faulty_answer_is_passed_on_and_its_faults_are_kept(upstream: Upstream) -> None:
    with JudgingProxy(upstream.url) as proxy:
        assert ask(proxy, "GET", "/labels").status == 200
        assert ask(proxy, "POST", "/sources", b'{"slug": "web"}').status == 201
        assert ask(proxy, "GET", "/roles").status == 429
    assert proxy.seen[0].faults == ("GET /labels: data.labels[0].value is missing",)
    assert proxy.faults[1:] == [
        "POST /sources: it took what it should refuse: the request.enabled is missing",
        "POST /sources: it took what it should refuse: the request.metadataId is missing",
        "429 without retry-after",
        "429 without x-ratelimit-limit",
        "429 without x-ratelimit-remaining",
        "429 without x-ratelimit-reset",
    ]


def test_one_answer_that_is_spoilt_is_found_out(upstream: Upstream) -> None:
    spoil = without("workspace.slug", "GET", "/")
    with JudgingProxy(upstream.url, spoil) as proxy:
        spoilt, whole = ask(proxy, "GET", "/"), ask(proxy, "GET", "/")
    assert spoilt.content["data"]["workspace"].keys() == {"id", "name"}
    assert whole.content == ANSWERS["GET", "/"][1]
    assert proxy.faults == ["GET /: data.workspace.slug is missing"]


def test_a_server_that_is_gone_is_a_fault(upstream: Upstream) -> None:
    upstream.stop()
    with JudgingProxy(upstream.url) as proxy:
        assert ask(proxy, "GET", "/").status == 502
    (fault,) = proxy.faults
    assert fault.startswith("GET /: no answer came: ")
