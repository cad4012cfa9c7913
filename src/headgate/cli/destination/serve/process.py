"""The test server's side of the process that holds the author's code."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

import msgspec

from headgate.cli.destination.serve.child import Loaded, Question, Reply

if TYPE_CHECKING:
    from headgate.cli.destination.serve.child import Orders

SECONDS: Final = 120.0
"""How long an answer may take: an action may send several requests."""

_PATIENCE: Final = 5.0


class Ended(Exception):
    """The process is gone, or does not answer; the message says what to do."""


class Process:
    """A child that has loaded the destination, or says in `loaded` why it could not."""

    def __init__(self, orders: Orders) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-m", "headgate.cli.destination.serve.child"]
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [*command, str(theirs.fileno()), msgspec.json.encode(orders).decode()],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the server, which ends its child
            )
        self._socket = ours
        self._lines = ours.makefile("rb")
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[Reply]] = {}
        self._count = 0
        self._is_over = False
        self.loaded = self._first()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, method: str, path: str, body: bytes) -> Reply:
        """Give the answer. Raises `Ended` when the process ends or stays silent."""
        future: Future[Reply] = Future()
        with self._lock:
            self._count += 1
            number = self._count
            self._waiting[number] = future
            if self._is_over:
                raise Ended(_GONE)
            try:
                line = msgspec.json.encode(Question(number, method, path, body)) + b"\n"
                self._socket.sendall(line)
            except OSError:
                raise Ended(_GONE) from None
        try:
            return future.result(SECONDS)
        except TimeoutError:
            raise Ended(f"no answer within {SECONDS:g} s: is there a loop in the code?") from None
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        """End it; who still waits for an answer is told."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._reader.join(_PATIENCE)
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._lines.close()
        self._socket.close()

    def _first(self) -> Loaded:
        line = self._lines.readline()
        return msgspec.json.decode(line, type=Loaded) if line else Loaded(failed=_GONE)

    def _read(self) -> None:
        with contextlib.suppress(OSError):
            for line in self._lines:
                reply = msgspec.json.decode(line, type=Reply)
                if future := self._waiting.pop(reply.number, None):
                    future.set_result(reply)
        with self._lock:
            self._is_over = True
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(Ended(_GONE))


_GONE: Final = "the process with the destination's code ended: see the terminal, then save again"
