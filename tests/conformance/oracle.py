"""The original packages in a Node process of their own, which answers over pipes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.harness import node

if TYPE_CHECKING:
    from types import TracebackType

    from headgate.mapping import Json

DECLARED = Path(__file__).parent / "node"
LIFETIME = 20_000
"""Questions to one process: the packages never forget a schema that they have compiled."""


class Oracle:
    """Asks a program, which documents the questions and their answers: `oracle.mjs`, or its like.

    Raises `tests.harness.node.Unavailable` where Node.js or the packages cannot be had.
    """

    def __init__(self, program: Path = DECLARED / "oracle.mjs") -> None:
        self._program = program
        self._packages = node.packages(DECLARED)
        self._asked = 0
        self._child = self._start()

    def ask(self, **question: Json) -> Any:
        """Give the answer to one question. An oracle that dies is an `AssertionError`."""
        if self._asked >= LIFETIME:
            self._renew()
        self._asked += 1
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(question).encode() + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        assert answer, f"the oracle died of {json.dumps(question)}"
        return json.loads(answer)

    def _renew(self) -> None:
        self.close()
        self._child, self._asked = self._start(), 0

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["node", self._program],
            cwd=self._packages,
            env=node.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        self._child.kill()
        self._child.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
