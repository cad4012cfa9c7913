"""Whatever a workspace holds, what is declared of it can be applied, and the rest is told."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.control.declaring.settling import variable
from headgate.control.importing_segment.report import told
from tests.harness.segment import WEBHOOK, destination, filter_of, source, subscription
from tests.unit.control.importing_segment.made import made, tree, workspace

TEXTS = st.one_of(
    st.sampled_from(["", "a", "A b", "ä/é", "<<", "=", "null", "1", "x" * 80, "\ufeff", "a\x85b"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), TEXTS)
VALUES = st.recursive(
    st.one_of(SCALARS, st.sampled_from([{"@path": "$.userId"}, {"@nope": 1}, {"@if": {}}])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
CONDITIONS = st.one_of(
    st.sampled_from(["all", 'type = "track"', 'event != "A" and type = "track"', "type =", ")"]),
    TEXTS,
)
ACTIONS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["DROP", "SAMPLE", "DROP_PROPERTIES", "ALLOW_PROPERTIES", "NEW"]),
        "percent": st.sampled_from([None, 0, 0.5, 7]),
        "path": st.one_of(st.none(), TEXTS),
        "fields": st.sampled_from([None, {}, {"properties": ["card"]}, {"": ["type"]}, {"a": 1}]),
    }
)


@st.composite
def workspaces(draw: st.DrawFn) -> dict[str, Any]:
    sources = [
        source(f"s{n}", draw(TEXTS), name=draw(TEXTS), writeKeys=draw(st.lists(TEXTS, max_size=2)))
        for n in range(draw(st.integers(1, 3)))
    ]
    destinations = [
        destination(
            f"d{n}",
            draw(st.sampled_from([f"s{n}" for n in range(len(sources) + 1)])),
            name=f"instance {n}",
            enabled=draw(st.booleans()),
            metadata=draw(st.sampled_from([WEBHOOK, {**WEBHOOK, "id": "x", "slug": "x"}])),
            settings={"sharedSecret": draw(st.sampled_from(["", "••••••••1a2b", "in the clear"]))},
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    subscriptions = st.builds(
        subscription,
        st.just("x"),
        name=TEXTS,
        trigger=CONDITIONS,
        settings=st.dictionaries(st.one_of(TEXTS, st.just("url")), VALUES, max_size=3),
        actionSlug=st.sampled_from(["send", "send", "other"]),
    )
    filters = st.builds(
        lambda title, condition, actions, enabled: filter_of(
            title, title=title, actions=actions, enabled=enabled, **{"if": condition}
        ),
        TEXTS,
        CONDITIONS,
        st.lists(ACTIONS, max_size=2),
        st.booleans(),
    )
    ids = [each["id"] for each in destinations]
    return {
        "slug": draw(TEXTS),
        "sources": sources,
        "destinations": destinations,
        "subscriptions": {each: draw(st.lists(subscriptions, max_size=3)) for each in ids},
        "filters": {each: draw(st.lists(filters, max_size=3)) for each in ids},
    }


@settings(max_examples=60, deadline=None)
@given(workspaces())
def test_what_is_declared_can_be_applied_and_nothing_vanishes_untold(says: dict[str, Any]) -> None:
    found = made(workspace(**says))
    declared, counts = tree(found), found.report.carried
    lost = [note.what for note in found.report.left_out]
    assert counts["sources"] + lost.count("source") == len(says["sources"])
    assert counts["connections"] + lost.count("destination") == len(says["destinations"])
    there = {each["name"] for each in declared["connections"]}
    ids = {each["id"] for each in says["destinations"] if each["name"] in there}
    for what, many in (("subscription", "subscriptions"), ("filter", "filters")):
        of_those = sum(len(says[many][each]) for each in ids)
        assert counts[many] <= of_those
        assert counts[many] + lost.count(what) >= of_those


@settings(max_examples=40, deadline=None)
@given(workspaces())
def test_no_connection_is_on_without_every_filter_that_was_on(says: dict[str, Any]) -> None:
    found = made(workspace(**says))
    instances = {each["name"]: each for each in says["destinations"]}
    for connection in tree(found)["connections"]:
        instance = instances[connection["name"]]
        wanted = [each for each in says["filters"][instance["id"]] if each["enabled"]]
        kept = [each for each in connection["filters"] if each["enabled"]]
        is_whole = len(kept) == len(wanted)
        assert connection["enabled"] is (instance["enabled"] and is_whole)
        assert kept or is_whole or not connection["enabled"]


@settings(max_examples=40, deadline=None)
@given(workspaces())
def test_no_secret_stands_in_a_file_and_each_has_a_variable_of_its_own(
    says: dict[str, Any],
) -> None:
    found = made(workspace(**says))
    assert "in the clear" not in found.text
    references = re.findall(r"'@secret': (\S+)", found.text)
    variables = [secret.variable for secret in found.report.secrets]
    assert sorted(map(variable, references)) == sorted(variables)
    assert len(set(variables)) == len(variables)


@settings(max_examples=20, deadline=None)
@given(workspaces())
def test_a_report_cannot_speak_to_a_terminal(says: dict[str, Any]) -> None:
    report = told(made(workspace(**says)).report, "segment.yaml")
    assert all(line.isprintable() for line in report.split("\n"))
