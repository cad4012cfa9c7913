"""Events, filters and routers to decide in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from headgate.route import Router, SourceRules
from headgate.store.snapshot import Schema
from tests.unit.store.snapshots import JSON, connection, source

if TYPE_CHECKING:
    from headgate.route import Decision

ORDER: dict[str, Any] = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-1",
    "timestamp": "2026-01-01T00:00:00.000Z",
    "context": {"ip": "203.0.113.7", "traits": {"email": "a@b.test"}},
    "integrations": {},
    "properties": {
        "total": 12,
        "card": "4111",
        "products": [{"sku": "a", "cost": 1}, {"sku": "b", "cost": 2}, "loose"],
    },
}


def filter_(title: str = "No orders", if_: str = "all", *actions: Any, **more: Any) -> Any:
    given = {"id": f"flt_{title}", "title": title, "if": if_, "enabled": True}
    return {**given, "actions": list(actions or ({"type": "DROP"},)), **more}


def drop_properties(**fields: list[str]) -> dict[str, Any]:
    return {"type": "DROP_PROPERTIES", "fields": fields}


def allow_properties(**fields: list[str]) -> dict[str, Any]:
    return {"type": "ALLOW_PROPERTIES", "fields": fields}


def router(schema: Schema | None = None, **changes: Any) -> Router:
    return Router(connection(**changes), SourceRules(source(schema=schema)))


def decided(event: Any, schema: Schema | None = None, **changes: Any) -> Decision:
    return router(schema, **changes).decide(event)


EVENTS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["track", "identify", "page", "screen", "group", "alias"]),
        "messageId": st.text(max_size=5),
        "context": st.fixed_dictionaries(
            {},
            optional={
                "consent": st.sampled_from(
                    [
                        None,
                        "yes",
                        {},
                        {"categoryPreferences": {}},
                        {"categoryPreferences": {"ads": True}},
                        {"categoryPreferences": {"ads": "yes"}},
                    ]
                ),
                "traits": JSON,
            },
        ),
    },
    optional={
        "event": st.sampled_from(["A", "B", "", None, ["A"], 1]),
        "userId": st.text(max_size=3),
        "integrations": st.dictionaries(
            st.sampled_from(["All", "Webhook", "webhook", "Nope"]), JSON, max_size=3
        )
        | JSON,
        "_metadata": st.fixed_dictionaries({"bundled": st.lists(st.just("Webhook"))}) | JSON,
        "properties": st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4) | JSON,
        "traits": st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4) | JSON,
    },
)

_FIELDS = st.dictionaries(
    st.sampled_from(["", "properties", "properties.a", "context.traits", "traits"]),
    st.lists(st.sampled_from(["a", "b", "userId", "context", "type"]), max_size=3),
    max_size=3,
)
_ACTIONS = st.one_of(
    st.just({"type": "DROP"}),
    st.builds(
        lambda percent, path: {"type": "SAMPLE", "percent": percent, "path": path},
        st.floats(0, 1),
        st.sampled_from([None, "userId", "properties.a"]),
    ),
    st.builds(lambda fields: {"type": "DROP_PROPERTIES", "fields": fields}, _FIELDS),
    st.builds(lambda fields: {"type": "ALLOW_PROPERTIES", "fields": fields}, _FIELDS),
)
_CONDITIONS = st.sampled_from(
    ["all", 'type = "track"', "properties.a < 3", 'contains(event, "A")', "!(properties.b = null)"]
)
FILTERS = st.lists(
    st.builds(
        filter_, st.sampled_from("XYZ"), _CONDITIONS, _ACTIONS, enabled=st.sampled_from([True] * 4)
    ),
    max_size=3,
)
SCHEMAS = st.none() | st.builds(
    Schema,
    blocked_events=st.lists(st.sampled_from("AB"), max_size=1).map(tuple),
    blocked_calls=st.lists(st.sampled_from(["page", "screen"]), max_size=1).map(tuple),
    omitted_traits=st.dictionaries(st.sampled_from(["identify", "group"]), st.just(("a", "b"))),
    integrations=st.dictionaries(
        st.sampled_from("AB"), st.dictionaries(st.sampled_from(["Webhook", "x"]), st.booleans())
    ),
)
CONSENTS = st.lists(st.sampled_from(["ads", "more"]), max_size=2, unique=True)
