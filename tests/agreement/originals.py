"""The original destinations in a Node process of their own: which requests they make."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

import msgspec

from tests.agreement.comparing import Request
from tests.harness import node

if TYPE_CHECKING:
    from types import TracebackType

DECLARED = Path(__file__).parent / "node"
PROGRAM = DECLARED / "originals.mjs"

Shape = TypeVar("Shape")
Call = Literal[
    "action",
    "testAuthentication",
    "refreshAccessToken",
    "onDelete",
    "createAudience",
    "getAudience",
    "dynamicField",
    "hook",
]


class Response(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a request is answered; a body of text goes out as it is, any other as JSON."""

    status: int = 200
    body: Any = {}
    headers: dict[str, str] | None = None


class Question(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What one destination is to do; its name is the folder that it has in the package.

    `calls` in `originals.mjs` says which fields each call reads. The n-th request is answered with
    the n-th response, and those after the last one with 200 {}.
    """

    destination: str
    call: Call = "action"
    action: str | None = None
    event: dict[str, Any] | None = None
    events: list[dict[str, Any]] | None = None
    settings: dict[str, Any] | None = None
    mapping: dict[str, Any] | None = None
    use_default_mappings: bool = False
    auth: dict[str, Any] | None = None
    features: dict[str, bool] | None = None
    subscription_metadata: dict[str, str] | None = None
    transaction: dict[str, str] | None = None
    field: str | None = None
    hook: str | None = None
    input: dict[str, Any] | None = None
    responses: list[Response] = []

    @property
    def count(self) -> int:
        """How many events there are; what is no event counts as one."""
        return 1 if self.events is None else len(self.events)


class Failure(msgspec.Struct, frozen=True):
    """An error as the framework reports it; a network's or a program's has no status."""

    name: str
    message: str
    status: int | None = None
    code: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """The requests in the order in which they were made, and the result or why there is none."""

    requests: list[Request]
    result: Any = None
    error: Failure | None = None


class Originals:
    """Asks `originals.mjs`; a destination remembers nothing from one question to the next.

    Raises `tests.harness.node.Unavailable` where Node.js or the packages cannot be had.
    """

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            ["node", PROGRAM],
            cwd=node.packages(DECLARED),
            env=node.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def ask(self, *questions: Question) -> list[Answer]:
        """Give the answers to questions, in their order."""
        return [self._answer(question, Answer) for question in questions]

    def definition(self, destination: str) -> dict[str, Any]:
        """Give a definition as JSON, as the package has it; a function in it is `True`."""
        return self._answer({"definition": destination}, dict[str, Any])

    def _answer(self, question: object, shape: type[Shape]) -> Shape:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        asked = msgspec.json.encode(question)
        self._child.stdin.write(asked + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        assert answer, f"the originals died of {asked.decode()}"
        return msgspec.json.decode(answer, type=shape)

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
