"""System calls of a process: counted with strace, and the n-th of a kind made its end."""

from __future__ import annotations

import contextlib
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.harness.receiver import until

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS = (
    "write",
    "pwrite64",
    "writev",
    "fdatasync",
    "fsync",
    "rename",
    "openat",
    "ftruncate",
    "unlink",
)
ATTACH_SECONDS = 10.0
_LINE = re.compile(r"(\d+) +(\w+)\((.*)")
_QUOTED, _ANGLED = re.compile(r'"([^"]+)"'), re.compile(r"<([^<>]+)>")
_UNFINISHED = "<unfinished ...>"
_NUMBERS = re.compile(r"^\d+(-\d+)?(?=\.)")
"""In front of the names of segments and of what stands beside them."""


class Call(NamedTuple):
    """The `nth` call of a kind in its thread, and what it worked on, such as `.seg` or `socket`."""

    name: str
    nth: int
    place: str

    def __str__(self) -> str:
        return f"{self.name} {self.nth} ({self.place})"


class NotAllowed(Exception):
    """The machine does not let us trace; the message is what strace said."""


class Strace:
    """`strace` as a program; what it sees goes to files in `folder`."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder, self._number = program, folder, 0

    def command(self, end: Call | None) -> list[str]:
        """Trace a command that follows, whose process stays a child of ours."""
        return [*self._command(end), "-D"]

    def _command(self, end: Call | None) -> list[str]:
        self._number += 1
        chosen = ["-e", f"trace={','.join(CALLS)}"]
        if end is not None:
            chosen += ["-e", f"inject={end.name}:signal=KILL:when={end.nth}"]
        shown = ["-f", "-q", "-y", "-s", "0", "-o", str(self._trace)]
        return [str(self._program), *shown, *chosen]

    @property
    def _trace(self) -> Path:
        return self._folder / f"trace-{self._number}"

    @contextlib.contextmanager
    def attached(self, pid: int, end: Call | None) -> Iterator[None]:
        """Trace a process that runs, until it ends or the block does. Raises `NotAllowed`."""
        command = [*self._command(end), "-p", str(pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
            try:
                until(
                    lambda: tracer.poll() is not None or _is_traced(pid), ATTACH_SECONDS, "strace"
                )
                if tracer.poll() is not None and tracer.stderr is not None:
                    raise NotAllowed(tracer.stderr.read().strip())
                yield
            finally:
                tracer.terminate()

    def lines(self) -> list[str]:
        """What the last tracer saw, once its process has ended."""
        until(lambda: "+++" in self._text(), ATTACH_SECONDS, "the end of its trace")
        return self._text().splitlines()

    def _text(self) -> str:
        return self._trace.read_text(errors="replace") if self._trace.exists() else ""


def _is_traced(pid: int) -> bool:
    states = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/status")]
    return bool(states) and not any("TracerPid:\t0\n" in state for state in states)


def counted(lines: list[str], data: Path) -> list[Call]:
    """The calls that touch the data folder or answer a client, numbered as `when` counts them."""
    numbers: dict[tuple[str, str], int] = {}
    found = []
    for line in lines:
        seen = _LINE.match(line)
        if seen is not None:
            thread, name, rest = seen.groups()
            nth = numbers[thread, name] = numbers.get((thread, name), 0) + 1
            if _is_ours(name, rest, data):
                found.append(Call(name, nth, _place(rest)))
    return found


def ending(lines: list[str], end: Call) -> Call | None:
    """The call in which the process was killed; None if that never came."""
    for line in reversed(lines):
        seen = _LINE.match(line)
        if seen is not None and seen[2] == end.name and line.endswith(("= ?", _UNFINISHED)):
            return end._replace(place=_place(seen[3]))
    return None


def _is_ours(name: str, rest: str, data: Path) -> bool:
    path = _path(rest)
    is_change = name != "openat" or "O_CREAT" in rest
    return path.startswith("socket:") or (path.startswith(f"{data}/") and is_change)


def _path(rest: str) -> str:
    """The last file that a call names, or the one behind its descriptor."""
    shown = rest.removesuffix(_UNFINISHED)
    named: list[str] = [*_ANGLED.findall(shown), *_QUOTED.findall(shown)]
    return named[-1] if named else ""


def _place(rest: str) -> str:
    path = _path(rest)
    return "socket" if path.startswith("socket:") else _NUMBERS.sub("", Path(path).name)
