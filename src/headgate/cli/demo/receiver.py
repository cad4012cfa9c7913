"""The webhook receiver of the demo: it checks every signature, as a receiver should."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECRET = "demo-secret"  # noqa: S105 - a secret for the demo alone


class Receiver:
    """An HTTP server on a free port of this machine."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.receiver = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._lock = threading.Lock()
        self.seen: set[str] = set()
        self.forged = 0
        self.latest: deque[str] = deque(maxlen=5)
        """The last events, in words."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def verified(self) -> int:
        """Different messages that arrived with a valid signature."""
        return len(self.seen)

    def take(self, headers: Any, body: bytes) -> bool:
        """Verify one request the way Standard Webhooks says, and Segment's way."""
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        standard = hmac.compare_digest(
            headers["webhook-signature"] or "", "v1," + base64.b64encode(digest).decode()
        )
        classic = hmac.compare_digest(
            headers["X-Signature"] or "",
            hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest(),
        )
        with self._lock:
            if not (standard and classic):
                self.forged += 1
                return False
            event = json.loads(body)
            self.seen.add(event["messageId"])
            what = event.get("event") or event.get("name") or ""
            self.latest.append(f"{event['type']:9} {what:18} {event['messageId']}")
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        accepted = self.server.receiver.take(self.headers, body)
        self.send_response(200 if accepted else 400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The view shows what arrives."""
