"""Filters, consent, orders and schemas in a declaration file, and back out of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import DeclarationError
from headgate.store.current import current_snapshot
from headgate.store.database import open_store
from headgate.store.snapshot import Schema
from tests.unit.control.pretend import CATALOGUE, EXAMPLE, changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied
    from headgate.folder import DataFolder

HOOK = ("connections", 0)
CARDS: dict[str, Any] = {
    "title": "Cards",
    "description": "None of their business.",
    "if": 'event = "Order Completed"',
    "actions": [
        {"type": "SAMPLE", "percent": 0.5, "path": "userId"},
        {"type": "DROP_PROPERTIES", "fields": {"properties": ["card"], "": ["userId"]}},
    ],
}
DROP = {"title": "None", "if": "all", "actions": [{"type": "DROP"}]}
SCHEMA = {
    "blocked_events": ["Debug", "Click"],
    "blocked_calls": ["screen"],
    "omitted_traits": {"identify": ["ssn"], "group": ["size"]},
    "integrations": {"Order Completed": {"Webhook": False, "Slack": True}},
}


def filters(*given: Any) -> str:
    return changed(*HOOK, "filters", to=list(given))


def action(**given: Any) -> str:
    return filters({**DROP, "actions": [given]})


def read(text: str) -> Any:
    return parse(text, CATALOGUE).content


def problem(text: str) -> tuple[str, str]:
    with pytest.raises(DeclarationError) as caught:
        read(text)
    (only,) = caught.value.problems
    return only.path, only.message


def test_a_filter_is_stored_in_segments_shape() -> None:
    (found,) = read(filters(CARDS)).connections["hook"].filters
    assert found == {**CARDS, "id": found["id"], "enabled": True}
    assert found["id"].startswith("flt_")
    (drop,) = read(filters({**DROP, "id": "abc", "enabled": False})).connections["hook"].filters
    assert drop == {**DROP, "id": "abc", "enabled": False}


def test_a_filter_without_an_id_has_the_same_one_in_every_installation() -> None:
    first, second = (read(filters(CARDS, DROP)).connections["hook"].filters for _ in range(2))
    assert first == second
    assert first[0]["id"] != first[1]["id"]
    other = changed(*HOOK, "slug", to="other")
    moved = yaml.safe_load(other)
    moved["connections"][0]["filters"] = [CARDS]
    assert read(yaml.safe_dump(moved)).connections["other"].filters[0]["id"] != first[0]["id"]


@pytest.mark.parametrize("ordering", ["per_user", "strict", "none"])
def test_every_order_is_taken(ordering: str) -> None:
    assert read(changed(*HOOK, "ordering", to=ordering)).connections["hook"].ordering == ordering


def test_the_order_of_each_user_is_the_default() -> None:
    found = read(changed(*HOOK, "ordering", drop=True))
    assert found.connections["hook"].ordering == "per_user"


def test_a_schema_is_read() -> None:
    assert read(changed("sources", 0, "schema", to=SCHEMA)).sources["website"].schema == Schema(
        blocked_events=("Debug", "Click"),
        blocked_calls=("screen",),
        omitted_traits={"identify": ("ssn",), "group": ("size",)},
        integrations={"Order Completed": {"Webhook": False, "Slack": True}},
    )


@pytest.mark.parametrize("schema", [{}, {"blocked_events": []}, {"omitted_traits": {}}])
def test_a_schema_that_keeps_nothing_back_is_none(schema: Any) -> None:
    assert read(changed("sources", 0, "schema", to=schema)).sources["website"].schema is None


FILTER = "connections[0].filters[0]"
ACTION = f"{FILTER}.actions[0]"
SOURCE = "sources[0].schema"
WRONG: list[tuple[str, str, str]] = [
    (
        filters(*[{**DROP, "title": f"T{n}"} for n in range(11)]),
        "connections[0].filters",
        "most 10",
    ),
    (filters({**DROP, "title": "T" * 65}), f"{FILTER}.title", "has 65 characters; at most 64 fit"),
    (filters({**DROP, "title": ""}), f"{FILTER}.title", "not empty"),
    (filters({**DROP, "if": ""}), f"{FILTER}.if", "not empty"),
    (filters({**DROP, "if": "tpye = 1"}), f"{FILTER}.if", "`tpye` is no field"),
    (filters({**DROP, "if": f'event = "{"x" * 5120}"'}), f"{FILTER}.if", "at most 5120 bytes"),
    (filters({**DROP, "fql": "all"}), f"{FILTER}.fql", "unknown key; there are id, title"),
    (filters({**DROP, "actions": []}), f"{FILTER}.actions", "must have an action"),
    (filters({**DROP, "enabled": "yes"}), f"{FILTER}.enabled", "true or false"),
    (filters({**DROP, "id": 7}), f"{FILTER}.id", "must be text"),
    (filters(DROP, {**DROP, "id": "b"}), "connections[0].filters[1].title", "another filter"),
    (
        filters({**DROP, "id": "a"}, {**CARDS, "id": "a"}),
        "connections[0].filters[1].id",
        "another filter",
    ),
    (action(type="drop"), f"{ACTION}.type", "must be one of DROP, SAMPLE, DROP_PROPERTIES"),
    (action(type="DROP", fields={}), f"{ACTION}.fields", "unknown key"),
    (action(type="SAMPLE"), f"{ACTION}.percent", "a number from 0 to 1"),
    (action(type="SAMPLE", percent=50), f"{ACTION}.percent", "a number from 0 to 1"),
    (action(type="SAMPLE", percent=True), f"{ACTION}.percent", "a number from 0 to 1"),
    (action(type="DROP_PROPERTIES"), f"{ACTION}.fields", "must name keys"),
    (action(type="ALLOW_PROPERTIES", fields=["a"]), f"{ACTION}.fields", "must be an object"),
    (
        action(type="DROP_PROPERTIES", fields={"context": "ip"}),
        f"{ACTION}.fields.context",
        "must be a list of keys",
    ),
    (
        action(type="DROP_PROPERTIES", fields={"": ["type", "userId"]}),
        f'{ACTION}.fields[""]',
        "the server itself writes type",
    ),
    (changed(*HOOK, "consent", to="ads"), "connections[0].consent", "must be a list"),
    (changed(*HOOK, "consent", to=["a", 7]), "connections[0].consent[1]", "the id of a category"),
    (changed(*HOOK, "consent", to=["a", "a"]), "connections[0].consent[1]", "'a' comes twice"),
    (changed("sources", 0, "schema", to=[]), SOURCE, "must be an object"),
    (changed("sources", 0, "schema", to={"block": 1}), f"{SOURCE}.block", "unknown key"),
    (
        changed("sources", 0, "schema", to={"blocked_events": [7]}),
        f"{SOURCE}.blocked_events[0]",
        "must be a name",
    ),
    (
        changed("sources", 0, "schema", to={"blocked_events": [f"e{n}" for n in range(4001)]}),
        f"{SOURCE}.blocked_events",
        "at most 4,000",
    ),
    (
        changed("sources", 0, "schema", to={"blocked_calls": ["track"]}),
        f"{SOURCE}.blocked_calls[0]",
        "must be one of page, screen",
    ),
    (
        changed("sources", 0, "schema", to={"omitted_traits": {"track": []}}),
        f"{SOURCE}.omitted_traits.track",
        "unknown key; there are identify, group",
    ),
    (
        changed("sources", 0, "schema", to={"integrations": {"E": {"Slack": "no"}}}),
        f"{SOURCE}.integrations.E.Slack",
        "must be true or false",
    ),
    (
        changed("sources", 0, "schema", to={"integrations": {"E": False}}),
        f"{SOURCE}.integrations.E",
        "must be an object",
    ),
]


@pytest.mark.parametrize(("text", "path", "message"), WRONG, ids=[each[1] for each in WRONG])
def test_what_is_wrong_is_refused_at_its_path(text: str, path: str, message: str) -> None:
    found = problem(text)
    assert found[0] == path
    assert message in found[1]


def whole() -> str:
    """The example with every rule there is."""
    declared = yaml.safe_load(EXAMPLE)
    declared["sources"][0]["schema"] = SCHEMA
    declared["connections"][0] |= {
        "ordering": "strict",
        "filters": [CARDS, {**DROP, "id": "own", "enabled": False}],
        "consent": ["ads", "analytics"],
    }
    return yaml.safe_dump(declared, sort_keys=False)


def test_an_export_has_every_rule_and_applying_it_changes_nothing(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    applied = apply(whole())
    with open_store(folder) as store:
        text = export(store)
        with store.read() as transaction:
            snapshot = current_snapshot(transaction)
    exported = yaml.safe_load(text)
    assert exported["sources"][0]["schema"] == SCHEMA
    hook = exported["connections"][0]
    assert (hook["ordering"], hook["consent"]) == ("strict", ["ads", "analytics"])
    assert [each["title"] for each in hook["filters"]] == ["Cards", "None"]
    assert next(iter(snapshot.connections.values())).filters == hook["filters"]
    assert next(iter(snapshot.sources.values())).schema is not None
    assert (apply(text).changes, apply(text).version) == ((), applied.version)
    assert apply(whole()).changes == (), "and neither does the file itself"


def test_a_plan_tells_which_rules_change(apply: Callable[..., Applied]) -> None:
    apply(EXAMPLE)
    lines = [change.line for change in apply(whole()).changes]
    assert lines == [
        "update source website: schema",
        "update connection hook: ordering, filters, consent",
    ]
    assert [change.line for change in apply(EXAMPLE).changes] == lines


def test_a_schema_that_names_nobody_is_doubted(apply: Callable[..., Applied]) -> None:
    applied = apply(whole())
    doubt = "no connection of source website goes by 'Slack', which its schema names"
    assert applied.warnings == (doubt,), "Webhook is a name of the connection's destination"
    assert apply(whole()).warnings == (doubt,)
    assert apply(EXAMPLE).warnings == ()
