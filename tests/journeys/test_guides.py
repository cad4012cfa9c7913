"""What the guides tell a newcomer to type works, in the order in which they tell it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.harness.fixtures import tell
from tests.harness.system import HEADGATE, STOP_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```bash run\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PORT = re.compile(r"\b(8080|8081|9000)\b")
SECONDS = 300


class Block(NamedTuple):
    """Commands of a page, and where they stand."""

    where: str
    commands: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(f"{page.name}:{text.count(chr(10), 0, found.start()) + 1}", found[1])
        for found in BLOCK.finditer(text)
    ]


def all_blocks() -> list[Block]:
    """Every page starts from the running system of the quick start, whose last block ends it."""
    *first, last = blocks(DOCS / "quickstart.md")
    guides = [block for page in sorted((DOCS / "guides").glob("*.md")) for block in blocks(page)]
    return [*first, *guides, last]


def free(ports: set[str]) -> dict[str, str]:
    """Each port, or another one where somebody has it."""
    return {port: port if is_free(int(port)) else str(any_port()) for port in ports}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def script(found: list[Block], ports: dict[str, str]) -> str:
    """One shell for all, as a reader has one; it stops at the first command that fails.

    A reader takes a moment before ending everything, in which the last events arrive.
    """
    *before, last = [
        f"echo '==> {block.where}' >&2\n" + PORT.sub(lambda port: ports[port[0]], block.commands)
        for block in found
    ]
    moment = "until grep -q batch-2 received.txt; do sleep 0.1; done"
    return "\n".join(["set -eu", *before, moment, last, "echo '==> the end' >&2", ""])


def environ(ports: dict[str, str]) -> dict[str, str]:
    outside = {name: text for name, text in os.environ.items() if not name.startswith("HEADGATE_")}
    outside["PATH"] = os.pathsep.join([str(HEADGATE.parent), outside["PATH"]])
    for name, port in (("COLLECT", "8080"), ("CONTROL", "8081")):
        if ports[port] != port:
            outside[f"HEADGATE_{name}"] = f"127.0.0.1:{ports[port]}"
    return outside


def in_one_shell(commands: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """The exit code and all output; what the shell started has a while to end, then must."""
    output = folder.parent / "output.txt"
    with output.open("wb") as file:
        shell = subprocess.Popen(
            ["bash", "-c", commands],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = shell.wait(SECONDS)
        except subprocess.TimeoutExpired:
            code = -1
        end = time.monotonic() + STOP_SECONDS
        while code == 0 and time.monotonic() < end and any(group(shell.pid)):
            time.sleep(0.05)
        for pid in list(group(shell.pid)):
            os.kill(pid, signal.SIGKILL)
        shell.wait()
    return code, output.read_text(errors="replace")


def group(session: int) -> Iterator[int]:
    """The processes of a session: what a shell left behind."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            yield int(path.parent.name)


@pytest.mark.timeout(SECONDS + 60)
def test_the_commands_of_the_guides_work_in_an_empty_folder(
    tmp_path: Path, needs: Callable[[str, str], Path]
) -> None:
    needs("curl", "apt-get install curl")
    found, folder = all_blocks(), tmp_path / "empty"
    folder.mkdir()
    assert len(found) >= 7
    ports = free(set(PORT.findall(" ".join(block.commands for block in found))) | {"8080", "8081"})
    code, output = in_one_shell(script(found, ports), folder, environ(ports))
    logs = [path.read_text(errors="replace") for path in folder.glob("*.log")]
    assert code == 0, "\n".join([f"exit code {code}", output, *logs])
    assert output.rstrip().endswith("==> the end"), output
    assert "quick-start-1" in (folder / "received.txt").read_text()
    assert "batch-2" in (folder / "received.txt").read_text(), "what a guide sends arrives, too"
    left = {port: new for port, new in ports.items() if not is_free(int(new))}
    assert not left, f"still in use after the last command: {left}"
    tell(f"{len(found)} blocks of {len({block.where.partition(':')[0] for block in found})} pages")
