"""A whole Headgate, started and asked as its users do."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import msgspec

from tests.harness.commands import commands
from tests.harness.printed import Line, Ready, Row, Stat, Trace
from tests.harness.receiver import until

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADGATE = Path(sys.executable).with_name("headgate")
LOOPBACK = "127.0.0.0/8"
READY_SECONDS = 30.0
STOP_SECONDS = 10.0
"""The longest that an orderly stop may take."""


unjudged: list[Headgate] = []
"""What was started, and has not yet been asked whether its books balance."""


class CommandFailed(Exception):
    """A command ended with a code other than 0; the message is what it said."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


class Headgate:
    """`headgate up` over a folder of its own, in a process group of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        options: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
        ready_seconds: float = READY_SECONDS,
    ) -> None:
        self.folder, self.data = folder, folder / "data"
        self._ready_seconds = ready_seconds
        self._options = options
        outside = {
            name: value for name, value in os.environ.items() if not name.startswith("HEADGATE_")
        }
        self.environ = {**outside, "HEADGATE_EGRESS_ALLOW": LOOPBACK, **(environ or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._declared = 0
        self.warned = ""
        """What the last command said on standard error."""
        self.ready = Ready(ready=False, collect="", control="", data="", pids={})
        folder.mkdir(parents=True, exist_ok=True)

    # running

    def start(self) -> Self:
        """Start and wait for the ready line; again, it listens where it did before."""
        self.owes_balance()
        command = [str(HEADGATE), "up", "--data", str(self.data), *self._options]
        for name, url in (("collect", self.ready.collect), ("control", self.ready.control)):
            command += [f"--{name}", urlsplit(url).netloc or "127.0.0.1:0"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.ready = msgspec.json.decode(self._ready_line(), type=Ready)
        return self

    def owes_balance(self) -> None:
        """From now on a balanced ledger is asked of it when its test is over."""
        if self not in unjudged:
            unjudged.append(self)

    def excuse(self, why: str) -> None:
        """Its ledger cannot be asked for, or was checked before that: the reason is for people."""
        assert why
        if self in unjudged:
            unjudged.remove(self)

    def _ready_line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        line, end = b"", time.monotonic() + self._ready_seconds
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if not select.select([self._process.stdout], [], [], max(0.0, left))[0]:
                self.end()
                raise AssertionError(f"not ready after {self._ready_seconds:g} s:\n{self.logs()}")
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                self.end()
                raise AssertionError(f"it ended before it was ready:\n{self.logs()}")
            line += piece
        return line

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end_at_once(self) -> None:
        """`kill -9` the supervisor, if there is one: its children end by themselves."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> float:
        """Stop with SIGTERM; the seconds it took. Fails when that, or a child, takes too long."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()
            raise AssertionError(f"it runs {STOP_SECONDS:g} s after SIGTERM") from None
        took = time.monotonic() - began
        left = self._alive()
        self.end()
        assert (code, left) == (0, []), f"exit code {code}, processes that outlived it: {left}"
        return took

    def kill(self, role: str, index: int = 0) -> int:
        """`kill -9` one process of a role as it runs now; its process id."""
        pid = self.status().pids[role][index]
        os.kill(pid, signal.SIGKILL)
        return pid

    def end(self) -> None:
        """Leave nothing running; harmless after a stop."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        until(lambda: not self._alive(), STOP_SECONDS, lambda: f"the end of {self._alive()}")

    def _alive(self) -> list[int]:
        return [pid for pids in self.ready.pids.values() for pid in pids if is_alive(pid)]

    @property
    def _log(self) -> Path:
        return self.folder / "headgate.log"

    def logs(self) -> str:
        """What all its processes said on standard error, of all starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.end()

    # its commands

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> bytes:
        """What a command printed; raises `CommandFailed`."""
        said = commands(
            [*words, "--data", str(self.data)], self.folder, {**self.environ, **(environ or {})}
        )
        self.warned = said.err
        if said.code:
            raise CommandFailed(said.code, said.err)
        return said.out

    def apply(
        self,
        declaration: str | Mapping[str, Any],
        *options: str,
        environ: Mapping[str, str] | None = None,
    ) -> str:
        """Apply a declaration; an object is written as JSON, which YAML contains."""
        self._declared += 1
        file = self.folder / f"declared-{self._declared}.yaml"
        text = declaration if isinstance(declaration, str) else None
        file.write_bytes(text.encode() if text is not None else msgspec.json.encode(declaration))
        return self.run("apply", str(file), *options, environ=environ).decode()

    def export(self) -> str:
        return self.run("export").decode()

    def ledger(self) -> list[Row]:
        return msgspec.json.decode(self.run("ledger", "--json"), type=list[Row])

    def row(self, connection: str) -> Row:
        """The live row of one connection."""
        rows = {row.connection: row for row in self.ledger() if row.kind == "live"}
        return rows[connection]

    def log_cat(self, *, everything: bool = False) -> list[Line]:
        options = ["--jsonl", *(["--all"] if everything else [])]
        return msgspec.json.Decoder(Line).decode_lines(self.run("log", "cat", *options))

    def log_stat(self) -> Stat:
        return msgspec.json.decode(self.run("log", "stat", "--json"), type=Stat)

    def trace(self, message_id: str) -> Trace:
        return msgspec.json.decode(self.run("trace", message_id, "--json"), type=Trace)

    def status(self) -> Ready:
        return msgspec.json.decode(self.run("status", "--json"), type=Ready)

    def metrics(self) -> dict[str, float]:
        """`/metrics`: name with labels -> value."""
        with urllib.request.urlopen(f"{self.ready.control}/metrics", timeout=10) as answer:  # noqa: S310 - our own
            lines = answer.read().decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}
