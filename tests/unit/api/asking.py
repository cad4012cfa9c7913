"""The APIs in process, asked as a client asks them: no socket, and a store of their own."""

from __future__ import annotations

import asyncio
import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlencode

import msgspec

from headgate.api.app import make_app
from headgate.api.console.routes import DEFAULT_CONSOLE, Console
from headgate.control.access.actor import operator
from headgate.control.catalogue import installed
from headgate.control.nouns import tokens
from headgate.control.work import Control, Premises
from headgate.folder import DataFolder
from headgate.store.access import Grants
from headgate.store.database import open_store
from headgate.store.workspaces import Workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from headgate.control.access.actor import Actor
    from headgate.store.database import Store
    from headgate.store.records import Label, Resource

NOW = 1_790_000_000_000


class Clock:
    """Stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000


class Quiet:
    """Operations of a system that has none to tell of."""

    def metrics(self) -> bytes:
        return b""

    def health(self) -> tuple[bool, dict[str, Any]]:
        return True, {"ready": True}


class Answer(NamedTuple):
    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def data(self) -> Any:
        assert self.status < 300, (self.status, self.json)
        return self.json["data"]

    @property
    def fields(self) -> list[str | None]:
        """What was wrong."""
        return [each.get("field") for each in self.json["errors"]]


class Asking:
    """Two workspaces, `main` and `other`; `token` is an owner's of the first."""

    def __init__(
        self, store: Store, *, calls_a_minute: int = 100_000, console: Console = DEFAULT_CONSOLE
    ) -> None:
        self.clock, self.store = Clock(), store
        self.heads = {0: 0}
        premises = Premises(store, installed(), self.clock, {}, lambda: self.heads)
        self.control = Control(premises)
        self.app = make_app(
            self.control,
            Quiet(),
            calls_a_minute=calls_a_minute,
            config_calls_a_minute=calls_a_minute,
            console=console,
        )
        with store.write() as transaction:
            self.workspace, self.other = (
                Workspaces(transaction).add(slug) for slug in ("main", "other")
            )
        self.owner = self.token("owner")
        self.foreign = self.token("owner", workspace=self.other.id)

    def operator(self, workspace: str | None = None) -> Actor:
        return operator(workspace or self.workspace.id)

    def token(
        self,
        *roles: str,
        resources: Sequence[Resource] = (),
        labels: Sequence[Label] = (),
        workspace: str | None = None,
    ) -> str:
        """A new token with these roles, for all or only for some things."""
        with self.control.write(self.operator(workspace)) as work:
            made = tokens.create(work, f"{roles}", roles)
            if resources or labels:
                grants = Grants(work.transaction, work.workspace.id)
                grants.remove_all(made.token.id)
                for role in roles:
                    grants.add(made.token.id, role, resources, labels)
        return made.text

    def call(
        self,
        method: str,
        path: str,
        body: Any = b"",
        *,
        token: str | None = None,
        headers: Any = None,
        **query: str,
    ) -> Answer:
        """As the owner, unless another token is given; an empty one is none."""
        raw = (
            b"" if body is None else body if isinstance(body, bytes) else msgspec.json.encode(body)
        )
        shown = self.owner if token is None else token
        given = {
            "content-type": "application/json",
            **({"authorization": f"Bearer {shown}"} if shown else {}),
            **(headers or {}),
        }
        return asyncio.run(self._called(method, path, raw, given, urlencode(query)))

    def bare(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], **query: str
    ) -> Answer:
        """With these headers and no other."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        sized = {**headers, **({"content-length": str(len(raw))} if raw else {})}
        return asyncio.run(self._called(method, path, raw, sized, urlencode(query)))

    async def _called(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], query: str
    ) -> Answer:
        said: list[Any] = []
        heard = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return heard.pop(0) if heard else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            said.append(message)

        await self.app(scope_of(method, path, headers, query), receive, send)
        told = b"".join(each.get("body", b"") for each in said[1:])
        named = {name.decode(): value.decode() for name, value in said[0]["headers"]}
        return Answer(said[0]["status"], msgspec.json.decode(told) if told else None, named)


def scope_of(method: str, path: str, headers: Mapping[str, str], query: str) -> dict[str, Any]:
    """A request as the server gives it to an application."""
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


def asking(
    folder: Path, *, calls_a_minute: int = 100_000, console: Console = DEFAULT_CONSOLE
) -> Asking:
    data = DataFolder(folder).make()
    if not data.store.exists():
        shutil.copy(_new_store(), data.store)
    return Asking(open_store(data), calls_a_minute=calls_a_minute, console=console)


@cache
def _new_store() -> Path:
    """One that holds nothing yet, for all tests of a process: making one takes its while."""
    made = DataFolder(Path(tempfile.mkdtemp(prefix="headgate-store-")))
    atexit.register(shutil.rmtree, made.root, ignore_errors=True)
    open_store(made).close()
    return made.store
