"""A destination on loopback that does what a test says and never forgets what it was sent."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SECRET = "journeys-7f3a9c"  # noqa: S105 - a secret for tests alone
SCRIPT_PATH = "/_script"
START_SECONDS = 20.0


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happens to one request.

    `answer` answers after `seconds`, `drip` sends the answer byte by byte with `seconds` between,
    `hang` takes the request and never answers, `reset` breaks the connection without an answer.
    """

    do: Literal["answer", "drip", "hang", "reset"] = "answer"
    status: int = 200
    seconds: float = 0.0
    headers: dict[str, str] = {}
    body: str = "{}"


OK = Step()
HANG = Step(do="hang")
RESET = Step(do="reset")


def slow(seconds: float) -> Step:
    return Step(seconds=seconds)


def failing(status: int, **headers: str) -> Step:
    """Answer an error; `Retry_After="2"` becomes the header `Retry-After: 2`."""
    return Step(
        status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


class Script(msgspec.Struct, frozen=True):
    """The n-th request for a path gets the n-th step; the last one stays."""

    path: str
    steps: list[Step]


class Orders(msgspec.Struct, frozen=True):
    """What the process of a receiver is started with; `secrets` are by path, "" for the others."""

    records: str
    port: int
    secrets: dict[str, str]
    bodies: bool


class Received(msgspec.Struct, frozen=True):
    """One request as it stands in the records; `at` is the machine's monotonic clock.

    `status` is what it was answered, None for no answer; `signed` what its signatures are worth.
    """

    at: float
    connection: int
    nth: int
    method: str
    path: str
    key: str
    message_id: str | None
    digest: str
    signed: Literal["valid", "forged", "none"]
    status: int | None
    body: str | None = None

    @property
    def is_taken(self) -> bool:
        """The destination has said that it has the event."""
        return self.status is not None and 200 <= self.status < 300


_lines = msgspec.json.Decoder(Received).decode_lines


class Receiver:
    """The process, and its records: both outlive each other."""

    def __init__(self, folder: Path, *, secret: str = SECRET, bodies: bool = True) -> None:
        self.secret = secret
        self._bodies = bodies
        self._folder = folder
        self._records = folder / "received.jsonl"
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0
        self._received: list[Received] = []
        self.port = 0
        folder.mkdir(parents=True, exist_ok=True)
        self._records.touch()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self) -> Self:
        """Start, or start again on the same port after `kill`."""
        orders = Orders(str(self._records), self.port, {"": self.secret}, self._bodies)
        command = [sys.executable, "-m", "tests.harness.stub", msgspec.json.encode(orders).decode()]
        with (self._folder / "receiver.log").open("ab") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            raise RuntimeError(f"no receiver: {(self._folder / 'receiver.log').read_text()}")
        self.port = int(line)
        return self

    def script(self, path: str, *steps: Step) -> None:
        """Answer the next requests for `path` like this."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        connection.request("POST", SCRIPT_PATH, msgspec.json.encode(Script(path, list(steps))))
        assert connection.getresponse().status == 200
        connection.close()

    def received(self, path: str | None = None) -> list[Received]:
        """Everything so far, oldest first; half a line at the end of the file waits its turn."""
        with self._records.open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self._read += len(whole) + 1
            self._received += _lines(whole)
        return [each for each in self._received if path is None or each.path == path]

    def taken(self, path: str | None = None) -> list[Received]:
        """The requests that were answered with a success."""
        return [each for each in self.received(path) if each.is_taken]

    def wait(self, messages: int, path: str | None = None, seconds: float = 30.0) -> list[Received]:
        """Wait until so many different messages were taken."""
        until(
            lambda: len({each.message_id for each in self.taken(path)}) >= messages,
            seconds,
            lambda: f"{messages} messages at {path}, there are {len(self.taken(path))} requests",
        )
        return self.taken(path)

    def kill(self) -> None:
        """End it at once: connections break, and what it had in hand gets no answer."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()


def until(is_so: Callable[[], bool], seconds: float, what: Callable[[], str] | str) -> float:
    """Wait until something is so, and say how long it took; fails with what was waited for."""
    began = time.monotonic()
    while not is_so():
        if time.monotonic() - began > seconds:
            said = what if isinstance(what, str) else what()
            raise AssertionError(f"waited {seconds:g} s in vain for {said}")
        time.sleep(0.02)
    return time.monotonic() - began
