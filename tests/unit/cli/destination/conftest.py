from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from headgate.cli.destination.scaffold import plan, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headgate.cli.destination.scaffold import Plan, Template

ACME = '''
"""Acme: for tests."""

from collections.abc import Sequence

from headgate.kit import (
    Destination, Discard, Http, Payload, Response, Retry, Settings, field, path
)


class Account(Settings):
    api_key: str = field("API key", "It opens the door.", key="apiKey", secret=True)
    region: str = field("Region", "Where it is.", choices=["eu", "us"])
    retries: int | None = field("Retries", "How often.")


class Hit(Payload):
    user: str = field("User", "Who.", mapping=path("$.userId"))
    pin: str | None = field("PIN", "Secret.", secret=True, mapping=path("$.properties.pin"))
    kind: str | None = field("Kind", "What.", mapping=path("$.properties.kind"))


acme = Destination(
    "Acme",
    settings=Account,
    docs="https://example.com/docs",
    params=lambda account: {"key": account.api_key},
)


@acme.action("Hit", trigger='type = "track"', slug="sendHit")
async def hit(http: Http, payload: Hit, account: Account) -> Response:
    """Send a hit."""
    if payload.kind == "crash":
        raise KeyError(f"no {account.api_key}")
    if payload.kind == "odd":
        raise Discard(f"{account.api_key} is odd")
    return await http.post(
        "https://api.example.com/hits", json={"user": payload.user, "pin": payload.pin}
    )


@hit.batch()
async def hits(http: Http, payloads: Sequence[Hit], _: Account) -> Response:
    return await http.post("https://api.example.com/all", json=[it.user for it in payloads])
'''


@pytest.fixture
def imports() -> Iterator[None]:
    """Forget what a test imports from folders of its own."""
    paths, modules = sys.path.copy(), set(sys.modules)
    yield
    sys.path[:] = paths
    for name in [name for name in sys.modules.keys() - modules if "acme" in name]:
        del sys.modules[name]


@pytest.fixture
def acme(tmp_path: Path, imports: None) -> Path:
    """The folder of a destination, as a package that nobody has installed."""
    del imports
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "__init__.py").write_text(ACME.lstrip())
    return folder


@pytest.fixture
def started(tmp_path: Path, imports: None) -> Callable[[Template], Plan]:
    """Starts a destination from a template, in a folder of the test."""
    del imports

    def start(template: Template) -> Plan:
        planned = plan("Acme", "acme", template, tmp_path / template)
        write(planned)
        return planned

    return start
