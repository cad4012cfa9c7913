"""What Segment's Public API promises: each call's path, status, and the models that it carries.

`contract.json` holds the names and types of the generated Python client, version 73.2.0
(segmentio/public-api-sdk-python, commit 35b3d8b), and of enumerations in optional fields those of
the TypeScript client, version 47.0.0, which alone knows `DELETE /regulations/{regulateId}`, too;
`shapes` says how types are written.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

FILE = Path(__file__).with_name("contract.json")

Model = dict[str, str] | list[str]
"""Fields to shapes, with a `*` behind the names of those required; or the models of a union."""


class Endpoint(msgspec.Struct, frozen=True):
    """One call; `body` and `data` are shapes, and `status` is that of each success."""

    method: str
    path: str
    status: int
    version: str
    query: tuple[str, ...]
    body: str | None
    data: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parts(self) -> list[str]:
        return self.path.split("/")

    @property
    def parameters(self) -> list[str]:
        return [part for part in self.parts if part.startswith("{")]

    def is_at(self, path: str) -> bool:
        parts = path.split("/")
        return len(parts) == len(self.parts) and all(
            found == said or (said.startswith("{") and found != "")
            for said, found in zip(self.parts, parts, strict=True)
        )


class Contract(msgspec.Struct, frozen=True):
    endpoints: tuple[Endpoint, ...]
    models: dict[str, Model]


@cache
def contract() -> Contract:
    return msgspec.json.decode(FILE.read_bytes(), type=Contract)


def endpoint_at(method: str, path: str) -> Endpoint | None:
    """The call that a request makes; the path that says more outright goes first."""
    fitting = [each for each in contract().endpoints if each.method == method and each.is_at(path)]
    return min(fitting, key=lambda each: len(each.parameters), default=None)
