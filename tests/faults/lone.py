"""A collect process alone, started as a supervisor starts it, which takes half the time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from headgate.presence import present
from headgate.services.listening import listening
from tests.harness.declarations import declaration
from tests.harness.receiver import until
from tests.harness.system import Headgate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

READY_SECONDS = 15.0
END_SECONDS = 10.0


class Lone:
    """The appender of a data folder with one source; its address outlives it.

    Whoever connects while it is away waits until the next one accepts.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.headgate = Headgate(folder, environ=environ)
        self.headgate.apply(declaration())
        self.data = self.headgate.data
        self._socket = listening("127.0.0.1:0")
        self._parent, self._mine = os.pipe()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *before: str) -> None:
        """Start it, after the words of another program that starts it for us."""
        self.headgate.owes_balance()
        files = (self._parent, self._socket.fileno())
        command = [sys.executable, "-m", "headgate", "collect", "--data", str(self.data)]
        command += [f"--parent={files[0]}", f"--socket={files[1]}"]
        with (self.headgate.folder / "headgate.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*before, *command], env=self.headgate.environ, pass_fds=files, stderr=log
            )

    def await_ready(self) -> None:
        until(self._is_ready, READY_SECONDS, lambda: f"it to be ready:\n{self.headgate.logs()}")

    def _is_ready(self) -> bool:
        return any(each.ready and each.pid == self.pid for each in present(self.data / "run"))

    def has_died(self, seconds: float) -> bool:
        """Whether it ends by itself within so many seconds."""
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(END_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._socket.close()
        os.close(self._parent)
        os.close(self._mine)
