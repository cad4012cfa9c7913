from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from headgate.cli.failures import Failed
from headgate.cli.send import _post

if TYPE_CHECKING:
    from collections.abc import Iterator


class Target(BaseHTTPRequestHandler):
    """Sends `/v1/moved` elsewhere, and notes who comes with which key."""

    asked: list[tuple[str, str | None]]

    def do_POST(self) -> None:
        self.asked.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(302 if self.path == "/v1/moved" else 200)
        self.send_header("Location", "/v1/elsewhere")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815 - the names of the handler

    def log_message(self, *_: object) -> None: ...


@contextmanager
def target() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    Target.asked = []
    with HTTPServer(("127.0.0.1", 0), Target) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", Target.asked
        finally:
            server.shutdown()
            thread.join()


def test_an_event_goes_where_it_is_sent() -> None:
    with target() as (url, asked):
        assert _post(f"{url}/v1/track", "wk", {"event": "Seen"}) == "{}"
    assert [path for path, _ in asked] == ["/v1/track"]


def test_a_write_key_does_not_follow_a_redirect() -> None:
    with target() as (url, asked), pytest.raises(Failed, match="answered 302"):
        _post(f"{url}/v1/moved", "wk", {"event": "Seen"})
    assert [path for path, _ in asked] == ["/v1/moved"]
