"""The HTTP side of the test server: the page, news of reloads, and questions to the destination."""

from __future__ import annotations

import contextlib
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import msgspec

from headgate.cli.destination.serve.guard import refusal
from headgate.cli.destination.serve.process import Ended
from headgate.cli.destination.serve.routes import OWN
from headgate.cli.failures import Failed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headgate.cli.destination.serve.reloading import Reloading, Version

LOOPBACK: Final = "127.0.0.1"
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a body."""

NEWS: Final = f"/{OWN}/news"
PAGES: Final = {
    "/": ("page.html", "text/html; charset=utf-8"),
    f"/{OWN}/page.css": ("page.css", "text/css; charset=utf-8"),
    f"/{OWN}/page.js": ("page.js", "text/javascript; charset=utf-8"),
    f"/{OWN}/shown.js": ("shown.js", "text/javascript; charset=utf-8"),
    f"/{OWN}/icon.svg": ("icon.svg", "image/svg+xml"),
}
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PULSE: Final = 10.0


class Server(ThreadingHTTPServer):
    """Listens on this machine alone."""

    daemon_threads = True
    served: Reloading


@contextlib.contextmanager
def listening(served: Reloading, port: int) -> Iterator[Server]:
    """Raises `Failed` when the port is taken."""
    try:
        server = Server((LOOPBACK, port), Handler)
    except OSError as error:
        cure = "give another one with --port, or 0 for any"
        raise Failed(f"port {port} cannot be used: {error.strerror}; {cure}") from None
    server.served = served
    with server:
        yield server


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if self._is_refused("GET"):
            return
        if path == NEWS:
            self._news()
        elif page := PAGES.get(path):
            content = (files("headgate.cli.destination.serve") / "page" / page[0]).read_bytes()
            self._send(HTTPStatus.OK, content, page[1])
        else:
            self._ask("GET", path, b"")

    def do_POST(self) -> None:
        if self._is_refused("POST"):
            return
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "a body needs its Content-Length")
        elif int(length) > LARGEST:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST} bytes")
        else:
            self._ask("POST", unquote(urlsplit(self.path).path), self.rfile.read(int(length)))

    def _is_refused(self, method: str) -> bool:
        headers = {name.lower(): value for name, value in self.headers.items()}
        reason = refusal(method, headers, self.server.server_port)
        if reason is not None:
            self._refuse(HTTPStatus.FORBIDDEN, reason)
        return reason is not None

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer without a look at the body, which ends the connection."""
        self.close_connection = True
        self._send(status, _problem(reason), "application/json")

    def _ask(self, method: str, path: str, body: bytes) -> None:
        try:
            reply = self.server.served.ask(method, path, body)
        except Ended as error:
            content = _problem(str(error))
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, content, "application/json")
        else:
            self._send(reply.status, bytes(reply.json), "application/json")

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _news(self) -> None:
        """Tell each version of the code as it comes, the present one first."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        number = 0
        with contextlib.suppress(OSError):  # the page is closed
            while not self.server.served.is_over:
                version = self.server.served.newer(number, _PULSE)
                number = version.number if version else number
                self.wfile.write(_told(version) if version else b":\n\n")
                self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Stay silent: the page shows what is asked and answered."""


def _told(version: Version) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(version._asdict())


def _problem(reason: str) -> bytes:
    return msgspec.json.encode({"ok": False, "error": reason})
