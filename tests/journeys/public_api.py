"""Segment's TypeScript client of its Public API, asked call by call."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from tests.conftest import absent
from tests.harness import node

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = Path(__file__).parent / "node"
PROGRAM = "public_api.mjs"


class Ended(msgspec.Struct, frozen=True):
    """How a call ended for its client; `status` is None where no answer came."""

    step: str
    ok: bool
    status: int | None
    data: Any = None
    errors: list[Any] = []


class Refused(Exception):
    """A call ended with errors."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(f"{ended.step}: {ended.status}: {ended.errors}")
        self.status, self.errors = ended.status, ended.errors


class Sdk:
    """The client in a process of its own, for as long as a block lasts."""

    def __init__(self, host: str, token: str) -> None:
        try:
            folder, environ = node.packages(NODE / "public_api"), node.environ()
        except node.Unavailable as unavailable:
            absent(str(unavailable))
        shutil.copy(NODE / PROGRAM, folder)
        orders = msgspec.json.encode({"host": host, "token": token}).decode()
        self._process = subprocess.Popen(
            ["node", "--no-warnings", PROGRAM, orders],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.steps: list[Ended] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def call(self, api: str, call: str, *words: Any) -> Any:
        """The `data` that a call got. Raises `Refused`."""
        order = {"step": f"{api}.{call}", "api": api, "call": call, "words": words}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        self._process.stdin.flush()
        ended = msgspec.json.decode(self._process.stdout.readline(), type=Ended)
        self.steps.append(ended)
        if not ended.ok:
            raise Refused(ended)
        return ended.data

    def pages(self, name: str, count: int, api: str, call: str, *words: Any) -> Iterator[list[Any]]:
        """The entries of page after page of a list, to its end; `name` is that of the list."""
        cursor: dict[str, str] = {}
        while True:
            data = self.call(api, call, *words, {"count": count, **cursor})
            yield data[name]
            following = data["pagination"].get("next")
            if following is None:
                return
            cursor = {"cursor": following}

    def listed(self, name: str, count: int, api: str, call: str, *words: Any) -> list[Any]:
        """All entries of a list, which is asked for in pages of `count`."""
        return [each for page in self.pages(name, count, api, call, *words) for each in page]
