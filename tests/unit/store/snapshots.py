"""Configurations to publish and read in tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from headgate.store.snapshot import Connection, Snapshot, Source, Subscription


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


SUBSCRIPTION = Subscription(
    id="sub_1",
    name="Everything",
    action="send",
    enabled=True,
    fql="strict",
    trigger='type = "track"',
    mapping={"url": "http://127.0.0.1:9000/", "data": {"@path": "$."}},
)


def snapshot(version: int, *things: Source | Connection) -> Snapshot:
    return Snapshot(
        version,
        {thing.number: thing for thing in things if isinstance(thing, Source)},
        {thing.number: thing for thing in things if isinstance(thing, Connection)},
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)

SOURCES = st.builds(
    source,
    st.integers(1, 5),
    name=st.text(max_size=20),
    enabled=st.booleans(),
    write_keys=st.lists(st.text(max_size=5), max_size=3).map(tuple),
)

CONNECTIONS = st.builds(
    connection,
    st.integers(1, 5),
    enabled=st.booleans(),
    settings=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    start=st.none() | st.dictionaries(st.integers(0, 3), st.integers(0, 2**63 - 1), max_size=2),
)


def histories(most: int = 8) -> st.SearchStrategy[list[Snapshot]]:
    """Configurations in the order of their versions, which have gaps."""
    content = st.tuples(st.integers(1, 3), st.lists(SOURCES | CONNECTIONS, max_size=6))
    return st.lists(content, min_size=1, max_size=most).map(_numbered)


def _numbered(contents: list[tuple[int, list[Source | Connection]]]) -> list[Snapshot]:
    found: list[Snapshot] = []
    version = 0
    for step, things in contents:
        version += step
        found.append(snapshot(version, *sorted(things, key=lambda thing: thing.number)))
    return found
