"""Configurations to publish and read in tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from headgate.store.snapshot import (
    Command,
    Connection,
    OAuthApp,
    PublicKey,
    Schema,
    Snapshot,
    Source,
    SourceOAuth,
    Subscription,
)
from headgate.store.snapshot.model import Thing


def source(number: int = 1, **changes: Any) -> Source:
    given: dict[str, Any] = {
        "id": f"src_{number}",
        "workspace": "wsp_demo",
        "slug": f"website-{number}",
        "name": "Website",
        "enabled": True,
        "answers": "strict",
        "write_keys": (f"wk_{number}",),
    }
    return Source(number=number, **{**given, **changes})


def connection(number: int = 1, **changes: Any) -> Connection:
    given: dict[str, Any] = {
        "id": f"con_{number}",
        "workspace": "wsp_demo",
        "slug": f"hook-{number}",
        "name": "Hook",
        "source": 1,
        "destination": "webhook",
        "enabled": True,
        "mode": "cloud",
        "ordering": "none",
        "settings": {"sharedSecret": {"@sealed": "k.c2VjcmV0"}, "depth": 3, "tags": ["a", None]},
        "filters": [],
        "consent": [],
        "subscriptions": (SUBSCRIPTION,),
        "start": {0: 1 << 60},
    }
    return Connection(number=number, **{**given, **changes})


def oauth_app(number: int = 1, **changes: Any) -> OAuthApp:
    given: dict[str, Any] = {
        "workspace": "wsp_demo",
        "slug": f"backend-{number}",
        "name": "Backend",
        "keys": (PublicKey("k1", "-----BEGIN PUBLIC KEY-----\n"),),
        "scopes": ("tracking_api:write",),
        "token_seconds": 86_400,
        "enabled": True,
        "revoke_before": None,
    }
    return OAuthApp(id=f"app_{number}", **{**given, **changes})


def command(number: int = 1, **changes: Any) -> Command:
    given: dict[str, Any] = {
        "workspace": "wsp_demo",
        "connection": 1,
        "kind": "pause",
        "at": 1_764_000_000_000,
        "args": {},
    }
    return Command(id=f"cmd_{number}", number=number, **{**given, **changes})


SUBSCRIPTION = Subscription(
    id="sub_1",
    name="Everything",
    action="send",
    enabled=True,
    fql="strict",
    trigger='type = "track"',
    mapping={"url": "http://127.0.0.1:9000/", "data": {"@path": "$."}},
)


def snapshot(version: int, *things: Thing) -> Snapshot:
    return Snapshot(
        version,
        {thing.number: thing for thing in things if isinstance(thing, Source)},
        {thing.number: thing for thing in things if isinstance(thing, Connection)},
        {thing.id: thing for thing in things if isinstance(thing, OAuthApp)},
        {thing.id: thing for thing in things if isinstance(thing, Command)},
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)

SCHEMAS = st.builds(
    Schema,
    blocked_events=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    blocked_calls=st.sampled_from([(), ("page",), ("page", "screen")]),
    omitted_traits=st.dictionaries(st.sampled_from(["identify", "group"]), st.just(("ssn",))),
    integrations=st.dictionaries(
        st.text(max_size=5), st.dictionaries(st.text(max_size=5), st.booleans()), max_size=2
    ),
)

SOURCES = st.builds(
    source,
    st.integers(1, 5),
    schema=st.none() | SCHEMAS,
    name=st.text(max_size=20),
    enabled=st.booleans(),
    write_keys=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    oauth=st.none() | st.builds(SourceOAuth, st.just(("app_1",)), st.booleans()),
)

CONNECTIONS = st.builds(
    connection,
    st.integers(1, 5),
    enabled=st.booleans(),
    settings=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    start=st.none() | st.dictionaries(st.integers(0, 3), st.integers(0, 2**63 - 1), max_size=2),
)


APPS = st.builds(
    oauth_app,
    st.integers(1, 5),
    enabled=st.booleans(),
    revoke_before=st.none() | st.integers(0, 2**62),
)


COMMANDS = st.builds(
    command,
    st.integers(1, 5),
    kind=st.sampled_from(["pause", "resume", "redrive", "replay", "cancel"]),
    args=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
)


def histories(most: int = 8) -> st.SearchStrategy[list[Snapshot]]:
    """Configurations in the order of their versions, which have gaps."""
    things = SOURCES | CONNECTIONS | APPS | COMMANDS
    content = st.tuples(st.integers(1, 3), st.lists(things, max_size=6))
    return st.lists(content, min_size=1, max_size=most).map(_numbered)


def _numbered(contents: list[tuple[int, list[Thing]]]) -> list[Snapshot]:
    found: list[Snapshot] = []
    version = 0
    for step, things in contents:
        version += step
        found.append(snapshot(version, *sorted(things, key=lambda thing: thing.id)))
    return found
