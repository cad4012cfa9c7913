"""An upstream that fails in all ways of the file at once, and what it has seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from tests.faults.upstream.seen import Opened, Seen
from tests.faults.upstream.stub import RECORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent
_lines = msgspec.json.Decoder(Seen).decode_lines


class Upstream:
    """The process, and its records: both outlive each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None
        self.opened = Opened({}, "", "")
        self._read = 0
        self._seen: defaultdict[str, list[Seen]] = defaultdict(list)

    @property
    def urls(self) -> Mapping[str, str]:
        return self.opened.urls

    def environ(self, customised: str = "trusting") -> dict[str, str]:
        """What a Headgate needs to deliver here: names, trust, and leave to reach loopback.

        `customised` is the folder beside this file that changes the program.
        """
        paths = (str(FOLDER / customised), os.environ.get("PYTHONPATH"))
        return {
            "HEADGATE_NAMESERVERS": self.opened.nameserver,
            "HEADGATE_EGRESS_ALLOW": "127.0.0.0/8,::1/128",
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "TRUSTED_AUTHORITY": self.opened.ca_file,
        }

    def installed(self, folder: Path) -> dict[str, str]:
        """The same, and the destinations of `trying`, as pip would have installed them."""
        info = folder / "trying-1.0.dist-info"
        info.mkdir(parents=True)
        named = "".join(f"{slug} = trying:{slug}\n" for slug in ("items", "renewing", "revoked"))
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trying\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[headgate.destinations]\n{named}")
        environ = self.environ()
        paths = (environ["PYTHONPATH"], str(FOLDER / "trying"), str(folder))
        return {
            **environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "RENEWING_TOKENS": self.urls["tokens-plain"],
            "REVOKED_TOKENS": self.urls["revoked-tokens-plain"],
        }

    def seen(self) -> Mapping[str, list[Seen]]:
        """Everything so far by slug, oldest first; half a line at the end waits its turn."""
        with (self._folder / RECORDS).open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
        if whole:
            self._read += len(whole) + 1
            for each in _lines(whole):
                self._seen[each.slug].append(each)
        return self._seen

    def requests(self, slug: str) -> list[Seen]:
        """The requests of one endpoint, without the connections as such."""
        return [each for each in self.seen()[slug] if each.nth]

    def __enter__(self) -> Self:
        with (self._folder / "upstream.log").open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.upstream.stub", str(self._folder)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            self.kill()
            raise RuntimeError(f"no upstream: {(self._folder / 'upstream.log').read_text()}")
        self.opened = msgspec.json.decode(line, type=Opened)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """End it at once: connections break, and what it had in hand gets no answer."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
