"""Runs commands of Headgate, each in a process of its own that need not import it anew.

Importing takes half a second for a command that takes a tenth, and journeys give hundreds.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
LOADED = (
    "headgate.cli.main",
    "headgate.control.observing.accounts",
    "headgate.control.declaring.apply",
    "headgate.control.declaring.declaration",
    "headgate.control.declaring.export",
    "headgate.control.observing.traces",
    "headgate.destinations.webhook",
    "headgate.ledger.reader",
    "headgate.log.statistics",
    "headgate.services.supervisor",
)
LONGEST_SECONDS = 60


class Order(msgspec.Struct, frozen=True):
    """One command: where its output goes are paths."""

    words: list[str]
    folder: str
    environ: dict[str, str]
    out: str
    err: str


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: bytes
    err: str


class Commands:
    """The process that makes the others; it ends with the tests."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, words: Sequence[str], folder: Path, environ: Mapping[str, str]) -> Said:
        """Run `headgate WORDS` in `folder`, as a shell with this environment would."""
        with tempfile.TemporaryDirectory(prefix="headgate-command-") as place:
            out, err = Path(place) / "out", Path(place) / "err"
            order = Order(list(words), str(folder), dict(environ), str(out), str(err))
            with self._turn:
                code = self._ask(order)
            return Said(code, out.read_bytes(), err.read_text(errors="replace"))

    def _ask(self, order: Order) -> int:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.harness.commands"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the process that runs commands has died"
        return int(line)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
            process.wait()


commands = Commands()


def serve() -> None:
    """Read orders and print exit codes until standard input closes."""
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            _become(msgspec.json.decode(line, type=Order))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _become(order: Order) -> NoReturn:
    """Be that command: its folder, environment and files, and nothing of ours."""
    signal.alarm(LONGEST_SECONDS)
    os.chdir(order.folder)
    os.environ.clear()
    os.environ.update(order.environ)
    for number, (path, flags) in enumerate(
        (
            (os.devnull, os.O_RDONLY),
            (order.out, os.O_WRONLY | os.O_CREAT),
            (order.err, os.O_WRONLY | os.O_CREAT),
        )
    ):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.argv = ["headgate", *order.words]
    code = 1
    try:
        importlib.import_module("headgate.cli.main").main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - nothing may run on in a forked copy of the tests
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
