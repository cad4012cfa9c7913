"""Good requests beside bad ones, from a process of its own: what they wait for is the server."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from tests.harness.sending import basic, exchange, request

ROOT = Path(__file__).parents[2]
PAUSE_SECONDS = 0.01
EVENT = b'{"type":"track","userId":"u-1815","event":"Beside"}'


class Passed(NamedTuple):
    """One good request: what it was answered, and after how many seconds."""

    status: int
    seconds: float


class Beside:
    """Sends one good request after the other for as long as a block takes."""

    def __init__(self, url: str, key: str) -> None:
        self._command = [sys.executable, "-m", "tests.harness.beside", url, key]
        self.passed: list[Passed] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"first\n"
        return self

    def __exit__(self, *_: object) -> None:
        out = self._process.communicate()[0]
        self.passed = msgspec.json.decode(out, type=list[Passed])

    @property
    def slowest(self) -> float:
        return max(each.seconds for each in self.passed)

    @property
    def statuses(self) -> set[int]:
        return {each.status for each in self.passed}


def main(url: str, key: str) -> None:
    """Send until standard input closes, then print what each request met with."""
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    raw = request("POST", "/v1/track", [("Authorization", basic(key))], EVENT)
    passed: list[Passed] = []
    while not (passed and over.is_set()):
        began = time.monotonic()
        status = exchange(url, raw).status
        passed.append(Passed(status, time.monotonic() - began))
        if len(passed) == 1:
            sys.stdout.write("first\n")
            sys.stdout.flush()
        over.wait(PAUSE_SECONDS)
    sys.stdout.buffer.write(msgspec.json.encode(passed))


if __name__ == "__main__":
    main(*sys.argv[1:])
