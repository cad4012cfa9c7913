"""What benchmarks are made of: a running Headgate, nginx, and a load from wrk."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from headgate.events.samples import sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "wk_bench"
AUTHORIZATION = "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()
USERS = 10_000
"""How many different users the events are about: those of one user are delivered in turn."""
ORDERING = "per_user"
"""As connections are unless somebody says otherwise."""


def declaration(
    urls: Sequence[str],
    *,
    enabled: bool = True,
    ordering: str = ORDERING,
    batch: int = 0,
    first: str = "hook",
) -> str:
    """A source with a webhook for each URL, the first of them called `hook`.

    With `batch` they send so many events at once.
    """
    batching = {"enable_batching": True, "batch_size": batch} if batch else {}
    connections = [
        {
            "slug": f"{first}-{number}" if number else first,
            "source": "load",
            "destination": "webhook",
            "enabled": enabled,
            "ordering": ordering,
            "settings": {"sharedSecret": "benchmark"},
            "subscriptions": [
                {
                    "name": "All",
                    "action": "send",
                    "trigger": 'type = "track"',
                    "mapping": {"url": url, **batching},
                }
            ],
        }
        for number, url in enumerate(urls)
    ]
    sources = [{"slug": "load", "name": "Load", "write_keys": [KEY]}]
    return json.dumps(
        {"version": 1, "workspace": "bench", "sources": sources, "connections": connections}
    )


def needed(*programs: str) -> None:
    """End with a clear word when a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        sys.exit(f"this benchmark needs {', '.join(missing)}: apt-get install them")


def track(user: int | None = None) -> dict[str, Any]:
    """About 1.2 kB, as real track calls have; of a user by number, or always of the same one."""
    event = sample("track")
    if user is not None:
        event["userId"] = f"u-{user}"
    event["properties"]["description"] = "A set of punched cards for weaving. " * 16
    return {**event, "timestamp": "2026-11-22T07:20:32.663Z"}


class System:
    """`headgate up` on a temporary folder, configured to deliver to a URL, or to several.

    `options` are those of `declaration`, `environ` is added to the environment.
    """

    def __init__(
        self,
        url: str | Sequence[str] = "http://127.0.0.1:9/",
        *,
        enabled: bool = True,
        processes: int = 1,
        folder: str | None = None,
        environ: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="headgate-bench-", dir=folder)
        self._processes = processes
        self.root = Path(self._folder.name) / "data"
        urls = [url] if isinstance(url, str) else url
        self._declaration = declaration(urls, enabled=enabled, **options)
        self._environ = {
            **os.environ,
            "HEADGATE_EGRESS_ALLOW": "127.0.0.0/8",
            "HEADGATE_SECRET_KEY": base64.b64encode(os.urandom(32)).decode(),
            **(environ or {}),
        }
        self._child: subprocess.Popen[str] | None = None
        self.pids: dict[str, list[int]] = {}
        self.collect = ""

    def command(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "headgate", *words, "--data", str(self.root)],
            check=True,
            capture_output=True,
            text=True,
            env=self._environ,
        )
        return done.stdout

    def apply(self) -> None:
        path = Path(self._folder.name) / "declaration.yaml"
        path.write_text(self._declaration, encoding="utf-8")
        self.command("apply", str(path))

    def __enter__(self) -> Self:
        self.apply()
        self._child = subprocess.Popen(
            [
                *(sys.executable, "-m", "headgate", "up", "--data", str(self.root)),
                *("--collect", "127.0.0.1:0", "--control", "127.0.0.1:0"),
                *("--collect-processes", str(self._processes)),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environ,
        )
        ready = json.loads(self._child.stdout.readline() if self._child.stdout else "")
        self.pids, self.collect = ready["pids"], ready["collect"]
        return self

    def accounts(self) -> list[dict[str, Any]]:
        """The ledger's lines, one for each connection."""
        rows: list[dict[str, Any]] = json.loads(self.command("ledger", "--json"))
        return rows

    def account(self) -> dict[str, Any]:
        """The ledger's line of the connection."""
        return next(row for row in self.accounts() if row["connection"] == "hook")

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.send_signal(signal.SIGTERM)
            self._child.wait()
        self._folder.cleanup()


class Asgi:
    """Headgate's intake behind uvicorn, over a data folder that nobody else has."""

    def __init__(self, folder: str | None = None) -> None:
        self._system = System(enabled=False, folder=folder)
        self._child: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.pids: list[int] = []

    def __enter__(self) -> Self:
        self._system.apply()
        port = _free_port()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "bench.asgi_collector", str(self._system.root), str(port)]
        )
        self.url, self.pids = f"http://127.0.0.1:{port}", [self._child.pid]
        _until_listens(port)
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()
        self._system.__exit__()


class Nginx:
    """Answers every POST at once, without looking at it: the reference for collection."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="headgate-nginx-")
        self._child: subprocess.Popen[bytes] | None = None
        self.url = ""
        self.pids: list[int] = []

    def __enter__(self) -> Self:
        root, port = Path(self._folder.name), _free_port()
        conf = root / "nginx.conf"
        conf.write_text(_NGINX.format(root=root, port=port), encoding="utf-8")
        self._child = subprocess.Popen(
            ["nginx", "-p", str(root), "-c", str(conf), "-e", str(root / "error.log")]
        )
        self.url = f"http://127.0.0.1:{port}"
        _until_answers(self.url)
        children = Path(f"/proc/{self._child.pid}/task/{self._child.pid}/children")
        workers = children.read_text(encoding="utf-8").split()
        self.pids = [self._child.pid, *map(int, workers)]
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.terminate()
            self._child.wait()
        self._folder.cleanup()


_NGINX = """
daemon off;
worker_processes 1;
pid {root}/nginx.pid;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path {root}/body;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        client_max_body_size 1m;
        location / {{ default_type application/json; return 200 '{{"success": true}}'; }}
    }}
}}
"""


def _free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _until_listens(port: int) -> None:
    import socket

    for _ in range(200):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


def _until_answers(url: str) -> None:
    for _ in range(100):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - loopback
        except OSError:
            time.sleep(0.05)
        else:
            return
    sys.exit(f"{url} did not come up")


class Load(NamedTuple):
    """What wrk saw: answers, how many of them were no success, requests a second, latencies."""

    requests: int
    failed: int
    rate: float
    p50: str
    p99: str


def load(url: str, bodies: bytes | Sequence[bytes], *, seconds: int, connections: int = 64) -> Load:
    """POST the bodies in turn, over and over, each answer awaited before the next request."""
    bodies = [bodies] if isinstance(bodies, bytes) else bodies
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        for number, body in enumerate(bodies):
            (Path(folder) / f"body-{number}").write_bytes(body)
        script.write_text(
            _LUA.format(folder=folder, last=len(bodies) - 1, authorization=AUTHORIZATION),
            encoding="utf-8",
        )
        done = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", script, url],
            check=True,
            capture_output=True,
            text=True,
        )
    return _read(done.stdout)


_LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "{authorization}"
local requests, at = {{}}, 0
function init(args)
   for number = 0, {last} do
      local file = io.open("{folder}/body-" .. number, "rb")
      requests[number] = wrk.format(nil, nil, nil, file:read("*a"))
      file:close()
   end
end
function request()
   at = (at + 1) % ({last} + 1)
   return requests[at]
end
"""


def _read(text: str) -> Load:
    def found(pattern: str) -> str:
        match = re.search(pattern, text)
        return match[1] if match else "0"

    return Load(
        int(found(r"(\d+) requests in")),
        int(found(r"Non-2xx or 3xx responses: (\d+)")),
        float(found(r"Requests/sec:\s+([\d.]+)")),
        found(r"\n\s+50%\s+(\S+)"),
        found(r"\n\s+99%\s+(\S+)"),
    )
