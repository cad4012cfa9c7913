"""A web site with pages that use Segment's browser library, and scripts of others."""

from __future__ import annotations

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from tests.harness import node

if TYPE_CHECKING:
    import ssl

PAGES = Path(__file__).parent / "pages"


def library() -> str:
    """The library bundled from npm: it defines `AnalyticsBrowser`. Raises `node.Unavailable`."""
    options = ("--bundle", "--minify", "--log-level=warning")
    return _run("node_modules/.bin/esbuild", "library.js", *options)


def snippet(**options: Any) -> str:
    """The snippet as Segment publishes it. Raises `node.Unavailable`."""
    return _run("node", "snippet.js", msgspec.json.encode(options).decode())


def _run(*command: str) -> str:
    folder = node.packages(PAGES)
    for script in PAGES.glob("*.js"):
        shutil.copy(script, folder)
    done = subprocess.run(
        command, cwd=folder, env=node.environ(), capture_output=True, text=True, check=True
    )
    return done.stdout


def page(head: str) -> str:
    return f"<!doctype html><html><head><title>A page</title>{head}</head><body></body></html>"


class Site:
    """Serves what was put at a path, in threads, for as long as its block lasts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._contents: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        """The paths that browsers asked for."""
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "http" if tls is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def host(self) -> str:
        """`host:port`."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def put(self, path: str, content: str, kind: str = "text/html") -> str:
        """Serve this from now on; the URL of it."""
        self._contents[path] = (f"{kind}; charset=utf-8", content.encode())
        return f"{self._scheme}://{self.host}{path}"

    def content(self, path: str) -> tuple[str, bytes] | None:
        self.asked.append(path)
        return self._contents.get(path)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        kind, body = self.site.content(self.path.partition("?")[0]) or ("text/plain", b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Whoever wants to know looks at `asked`."""
