from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.control.declaring.changes import differing
from headgate.control.declaring.declared import (
    Declared,
    DeclaredConnection,
    DeclaredSource,
    DeclaredSubscription,
    Plain,
)
from headgate.control.declaring.plan import plan
from headgate.control.errors import DeclarationError

NOTHING = Declared({}, {})


def source(slug: str = "website", **changes: Any) -> DeclaredSource:
    return DeclaredSource(**{"slug": slug, "name": "Website", "write_keys": ("wk_a",), **changes})


def subscription(name: str = "Everything", **changes: Any) -> DeclaredSubscription:
    given: dict[str, Any] = {
        "action": "send",
        "enabled": True,
        "fql": "strict",
        "trigger": 'type = "track"',
        "mapping": {"url": "a", "data": {"@path": "$."}},
    }
    return DeclaredSubscription(name=name, **{**given, **changes})


def connection(slug: str = "hook", **changes: Any) -> DeclaredConnection:
    given: dict[str, Any] = {
        "name": "Hook",
        "source": "website",
        "destination": "webhook",
        "enabled": True,
        "mode": "cloud",
        "ordering": "none",
        "settings": {"depth": 1},
        "filters": [],
        "consent": [],
        "subscriptions": (subscription(),),
    }
    return DeclaredConnection(slug=slug, **{**given, **changes})


def declared(*things: DeclaredSource | DeclaredConnection) -> Declared:
    return Declared(
        {each.slug: each for each in things if isinstance(each, DeclaredSource)},
        {each.slug: each for each in things if isinstance(each, DeclaredConnection)},
    )


def lines(current: Declared, wanted: Declared, *, prune: bool = False) -> list[str]:
    return [change.line for change in plan(current, wanted, prune=prune).changes]


def problems(current: Declared, wanted: Declared, *, prune: bool = False) -> list[str]:
    with pytest.raises(DeclarationError) as caught:
        plan(current, wanted, prune=prune)
    return [each.path for each in caught.value.problems]


def test_an_empty_workspace_gets_everything_in_an_order_that_can_be_made() -> None:
    assert lines(NOTHING, declared(connection(), source())) == [
        "create source website",
        "create write key wk_a of source website",
        "create connection hook",
        "create subscription Everything of connection hook",
    ]


def test_nothing_changes_when_all_is_as_wanted() -> None:
    held = declared(source(), connection())
    assert lines(held, held) == lines(held, held, prune=True) == []


def test_an_update_names_the_fields_that_differ() -> None:
    before = declared(source(labels={"a": "1", "b": "2"}), connection())
    after = declared(
        source(name="Shop", enabled=False, labels={"b": "2", "c": "3"}),
        connection(
            enabled=False,
            settings={"depth": 2, "key": Plain("s3cr3t")},
            subscriptions=(subscription(trigger="all", mapping={"url": "b"}),),
        ),
    )
    assert lines(before, after) == [
        "update source website: name, enabled, labels.a, labels.c",
        "update connection hook: enabled, settings.depth, settings.key",
        "update subscription Everything of connection hook: trigger, mapping.url, mapping.data",
    ]


def test_a_line_never_shows_the_value_of_a_secret() -> None:
    changed = plan(
        declared(source(), connection()),
        declared(source(), connection(settings={"key": Plain("s3cr3t")})),
        prune=False,
    )
    assert "s3cr3t" not in repr(changed)


@pytest.mark.parametrize(
    ("before", "after"),
    [(True, 1), (1, 1.0), (0, False), ("1", 1), (None, False), ({"a": 1}, {"a": 1.0}), ([], {})],
)
def test_what_json_tells_apart_is_a_change(before: Any, after: Any) -> None:
    one, two = subscription(mapping={"x": before}), subscription(mapping={"x": after})
    assert differing(one, two) == ("mapping.x",)
    assert differing(one, one) == ()


def test_the_order_of_a_mapping_is_part_of_it() -> None:
    one, two = subscription(mapping={"a": 1, "b": 2}), subscription(mapping={"b": 2, "a": 1})
    assert differing(one, two) == ("order of mapping",)


def test_what_is_not_declared_stays_and_is_told() -> None:
    held = declared(
        source(write_keys=("wk_a", "wk_b")),
        source("old", write_keys=("wk_old",)),
        connection(subscriptions=(subscription(), subscription("Extra"))),
        connection("gone"),
    )
    wanted = declared(source(), connection())
    assert lines(held, wanted) == []
    assert plan(held, wanted, prune=False).kept == (
        "connection gone is not declared and stays",
        "write key wk_b of source website is not declared and stays",
        "source old is not declared and stays",
        "subscription Extra of connection hook is not declared and stays",
    )


def test_pruning_deletes_what_is_not_declared_connections_before_their_sources() -> None:
    held = declared(
        source(write_keys=("wk_a", "wk_b")),
        source("old", write_keys=("wk_old",)),
        connection(subscriptions=(subscription(), subscription("Extra"))),
        connection("gone", source="old"),
    )
    wanted = declared(source(), connection())
    assert lines(held, wanted, prune=True) == [
        "delete connection gone",
        "delete write key wk_b of source website",
        "delete source old",
        "delete subscription Extra of connection hook",
    ]
    assert plan(held, wanted, prune=True).kept == ()


def test_keys_that_are_not_declared_stay_and_a_source_without_any_gets_one() -> None:
    silent = declared(source(write_keys=None))
    assert lines(declared(source()), silent, prune=True) == []
    assert lines(declared(source(write_keys=())), silent) == [
        "create write key (to be generated) of source website"
    ]


def test_no_keys_at_all_is_something_one_can_declare() -> None:
    none = declared(source(write_keys=()))
    assert lines(NOTHING, none) == ["create source website"]
    assert lines(declared(source()), none, prune=True) == [
        "delete write key wk_a of source website"
    ]


def test_a_key_moves_only_when_the_same_plan_takes_it_away() -> None:
    held = declared(source("a", write_keys=("k",)), source("b", write_keys=()))
    moved = declared(source("a", write_keys=()), source("b", write_keys=("k",)))
    assert problems(held, moved) == ["sources[1].write_keys[0]"]
    assert lines(held, moved, prune=True) == [
        "delete write key k of source a",
        "create write key k of source b",
    ]
    silent = declared(source("a", write_keys=None), source("b", write_keys=("k",)))
    assert problems(held, silent, prune=True) == ["sources[1].write_keys[0]"]
    alone = declared(source("b", write_keys=("k",)))
    assert lines(held, alone, prune=True) == ["delete source a", "create write key k of source b"]


def test_a_connection_keeps_its_source_and_its_destination() -> None:
    held = declared(source(), source("shop", write_keys=()), connection())
    moved = declared(*held.sources.values(), connection(source="shop", destination="slack"))
    assert problems(held, moved) == ["connections[0].source", "connections[0].destination"]


def test_a_connection_needs_a_source_that_is_there_afterwards() -> None:
    held, alone = declared(source()), declared(connection())
    assert lines(held, alone)[0] == "create connection hook"
    assert problems(held, alone, prune=True) == ["connections[0].source"]
    assert problems(NOTHING, alone) == ["connections[0].source"]


def test_subscriptions_are_told_apart_by_name_and_by_their_place_among_equals() -> None:
    before = declared(source(), connection(subscriptions=(subscription(), subscription())))
    after = declared(
        source(), connection(subscriptions=(subscription(), subscription(enabled=False)))
    )
    (change,) = plan(before, after, prune=False).changes
    assert (change.verb, change.place, change.what) == ("update", ("Everything", 1), ("enabled",))


def test_another_order_of_subscriptions_is_an_update() -> None:
    one, two, three = (subscription(name) for name in ("one", "two", "three"))
    before = declared(source(), connection(subscriptions=(one, two, three)))
    after = declared(source(), connection(subscriptions=(three, one)))
    kept = plan(before, after, prune=False)
    assert [each.line for each in kept.changes] == [
        "update connection hook: order of subscriptions"
    ]
    assert kept.orders["hook"] == (("three", 0), ("one", 0), ("two", 0))
    pruned = plan(before, after, prune=True)
    assert [each.verb for each in pruned.changes] == ["update", "delete"]
    assert pruned.orders["hook"] == (("three", 0), ("one", 0))


def test_a_new_subscription_in_the_middle_moves_none_of_the_others() -> None:
    one, two, three = (subscription(name) for name in ("one", "two", "three"))
    before = declared(source(), connection(subscriptions=(one, three)))
    after = declared(source(), connection(subscriptions=(one, two, three)))
    assert lines(before, after) == ["create subscription two of connection hook"]


NAMES = st.sampled_from(["a", "b", "c"])
SUBSCRIPTIONS = st.builds(subscription, NAMES, enabled=st.booleans())
STATES = st.builds(
    lambda sources, connections: declared(
        *(source(slug, enabled=on, write_keys=(f"wk_{slug}",)) for slug, on in sources.items()),
        *(
            connection(slug, source="first", subscriptions=tuple(inner))
            for slug, inner in connections.items()
        ),
    ),
    st.fixed_dictionaries({"first": st.booleans()}, optional={"a": st.booleans()}),
    st.dictionaries(NAMES, st.lists(SUBSCRIPTIONS, max_size=4), max_size=3),
)


@settings(deadline=None)
@given(STATES, STATES)
def test_a_plan_is_empty_exactly_when_nothing_differs(before: Declared, after: Declared) -> None:
    same = msgspec.to_builtins(before) == msgspec.to_builtins(after)
    assert (lines(before, after, prune=True) == []) == same


@settings(deadline=None)
@given(STATES, STATES)
def test_without_pruning_nothing_is_deleted(before: Declared, after: Declared) -> None:
    assert all(each.verb != "delete" for each in plan(before, after, prune=False).changes)
