"""`/metrics` and `/health`, served by the supervisor until the control role does."""

from __future__ import annotations

import sys
import threading
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from headgate.collect.codes import COUNTERS
from headgate.presence import present
from headgate.telemetry import log

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from headgate.folder import DataFolder


class Operations:
    """A small HTTP server in a thread: it answers operators, not clients."""

    def __init__(
        self, folder: DataFolder, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._folder = folder
        self._scheme = "https" if tls else "http"
        registry = CollectorRegistry()
        registry.register(_Roles(folder))
        self._metrics = make_wsgi_app(registry)
        try:
            self._server = make_server(host, port, self._answer, _Server, _Quiet)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "a port is at most 65535"
            raise OSError(f"{host}:{port} cannot be listened on: {reason}") from None
        if tls is not None:  # shaking hands waits for the first read, which has a deadline
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"{self._scheme}://{host!s}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(environ, start)
            return answer
        status, body = self._health() if path == "/health" else ("404 Not Found", {"ready": False})
        start(status, [("Content-Type", "application/json")])
        return [msgspec.json.encode(body)]

    def _health(self) -> tuple[str, dict[str, Any]]:
        roles = [each for each in present(self._folder.run) if each.role != "supervisor"]
        ready = bool(roles) and all(each.ready for each in roles)
        body = {
            "ready": ready,
            "roles": {f"{each.role}-{each.index}": each.ready for each in roles},
        }
        return "200 OK" if ready else "503 Service Unavailable", body


class _Server(ThreadingMixIn, WSGIServer):
    """A client that says nothing, or not what it should, keeps nobody waiting."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # which is a client that has gone, or speaks no TLS
            log.error("operations.request_failed", exc_info=error)


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: object) -> None:
        """Operators' own requests are not news."""


def _meaning(role: str, name: str) -> str:
    told = COUNTERS.get(name, name) if role == "collect" else name
    return f"{told[:1].upper()}{told[1:]}, of {role}."


class _Roles:
    """The counters that each process said last."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def describe(self) -> Iterator[Any]:
        """Names depend on what runs, so nothing is promised at registration."""
        return iter(())

    def collect(self) -> Iterator[Any]:
        up = GaugeMetricFamily("headgate_up", "Ready processes.", labels=["role", "index"])
        families: dict[str, CounterMetricFamily] = {}
        for each in present(self._folder.run):
            up.add_metric([each.role, str(each.index)], float(each.ready))
            for name, value in each.counters.items():
                full = f"headgate_{each.role}_{name}"
                family = families.setdefault(
                    full, CounterMetricFamily(full, _meaning(each.role, name), labels=["index"])
                )
                family.add_metric([str(each.index)], value)
        yield up
        yield from families.values()
