from __future__ import annotations

from typing import Any

import pytest

from headgate.control.declaring.declaration import parse
from headgate.control.declaring.declared import (
    DeclaredConnection,
    DeclaredSource,
    DeclaredSubscription,
    Plain,
    Reference,
)
from headgate.control.errors import DeclarationError
from tests.unit.control.pretend import CATALOGUE, EXAMPLE, changed

HOOK = ("connections", 0)
EVERYTHING = (*HOOK, "subscriptions", 0)


def problems(text: str) -> list[tuple[str, str]]:
    with pytest.raises(DeclarationError) as caught:
        parse(text, CATALOGUE)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [(each.path, each.message) for each in caught.value.problems]


def problem(text: str) -> tuple[str, str]:
    (only,) = problems(text)
    return only


def test_the_example_of_the_contract_is_read() -> None:
    declaration = parse(EXAMPLE, CATALOGUE)
    assert declaration.workspace == "demo"
    assert declaration.content.sources == {
        "website": DeclaredSource(
            slug="website",
            name="Website",
            labels={"environment": "dev"},
            write_keys=("wk_website",),
        )
    }
    assert declaration.content.connections == {
        "hook": DeclaredConnection(
            slug="hook",
            name="hook",
            source="website",
            destination="webhook",
            enabled=True,
            mode="cloud",
            ordering="none",
            settings={"sharedSecret": Plain("s3cr3t-of-the-hook"), "depth": 2},
            filters=[],
            consent=[],
            subscriptions=(
                DeclaredSubscription(
                    name="Everything",
                    action="send",
                    enabled=True,
                    fql="strict",
                    trigger='type = "track" or type = "identify"',
                    mapping={
                        "url": "http://127.0.0.1:9000/",
                        "method": "POST",
                        "data": {"@path": "$."},
                    },
                ),
            ),
        )
    }


def test_what_may_be_left_out_has_a_plain_meaning() -> None:
    declaration = parse(
        """
        version: 1
        workspace: demo
        sources: [{slug: website}]
        connections:
          - {slug: hook, source: website, destination: webhook, subscriptions: [{action: send}]}
        """,
        CATALOGUE,
    )
    source = declaration.content.sources["website"]
    assert (source.name, source.enabled, source.answers) == ("website", True, "strict")
    assert source.kind == "http-api"
    assert source.write_keys is None
    connection = declaration.content.connections["hook"]
    assert (connection.name, connection.enabled, connection.settings) == ("hook", True, {})
    (subscription,) = connection.subscriptions
    assert (subscription.name, subscription.enabled) == ("send", True)
    assert subscription.trigger == 'type = "track"'
    assert subscription.mapping == {"url": None, "method": "POST", "data": {"@path": "$."}}


def test_a_file_may_declare_nothing() -> None:
    content = parse("{version: 1, workspace: demo}", CATALOGUE).content
    assert (content.sources, content.connections) == ({}, {})


def test_a_given_null_is_not_filled_by_a_default() -> None:
    text = changed(*EVERYTHING, "mapping", to={"method": None})
    mapping = parse(text, CATALOGUE).content.connections["hook"].subscriptions[0].mapping
    assert mapping == {"url": None, "method": None, "data": {"@path": "$."}}


@pytest.mark.parametrize(
    "whole", [{"@path": "$.properties"}, {"__segment_internal_directive": {"@transform": {}}}]
)
def test_a_mapping_that_is_one_directive_has_no_keys_to_fill(whole: dict[str, Any]) -> None:
    text = changed(*EVERYTHING, "mapping", to=whole)
    assert parse(text, CATALOGUE).content.connections["hook"].subscriptions[0].mapping == whole


def test_a_secret_may_be_a_reference_to_itself() -> None:
    text = changed(*HOOK, "settings", to={"sharedSecret": {"@secret": "hook.sharedSecret"}})
    settings = parse(text, CATALOGUE).content.connections["hook"].settings
    assert settings == {"sharedSecret": Reference("hook.sharedSecret")}


def test_a_plain_secret_does_not_show_when_it_is_printed() -> None:
    assert "s3cr3t" not in repr(parse(EXAMPLE, CATALOGUE))


def test_a_secret_that_is_null_is_not_set() -> None:
    settings = parse(changed(*HOOK, "settings", to={"apiKey": None}), CATALOGUE)
    assert settings.content.connections["hook"].settings == {"apiKey": None}


def test_a_date_is_the_text_that_it_is_written_as() -> None:
    text = changed(*EVERYTHING, "mapping", to={"day": "DAY"}).replace("DAY", "2026-11-22")
    mapping = parse(text, CATALOGUE).content.connections["hook"].subscriptions[0].mapping
    assert mapping["day"] == "2026-11-22"


def test_subscriptions_of_one_name_are_different_ones() -> None:
    text = changed(*HOOK, "subscriptions", to=[{"action": "send"}, {"action": "send"}])
    assert len(parse(text, CATALOGUE).content.connections["hook"].subscriptions) == 2


WRONG: list[tuple[str, str, str]] = [
    # what is written, the path that the problem names, what it says
    (changed("version", to=2), "version", "must be 1"),
    (changed("version", to=True), "version", "must be 1"),
    (changed("version", to="1"), "version", "must be 1"),
    (changed("version", drop=True), "version", "must be 1"),
    (changed("workspace", drop=True), "workspace", "is missing"),
    (changed("workspace", to="Demo"), "workspace", "does not match"),
    (changed("workspace", to=7), "workspace", "must be text that is not empty, not a number"),
    (changed("more", to=1), "more", "unknown key; there are version, workspace, name"),
    (changed("sources", to={}), "sources", "must be a list, not an object"),
    (changed("connections", to="x"), "connections", "must be a list, not text"),
    (changed("warehouses", to=[{"slug": "lake"}]), "warehouses[0].kind", "there is no warehouse"),
    (changed("warehouses", to=None), "warehouses", "must be a list, not null"),
    (changed("sources", 0, to="website"), "sources[0]", "must be an object, not text"),
    (changed("sources", 0, "type", to="web"), "sources[0].type", "unknown key; there are slug"),
    (changed("sources", 0, "kind", to="web"), "sources[0].kind", "must be one of http-api, java"),
    (changed("sources", 0, "slug", to="-web"), "sources[0].slug", "does not match"),
    (changed("sources", 0, "slug", to="w" * 65), "sources[0].slug", "does not match"),
    (changed("sources", 0, "slug", to="web site"), "sources[0].slug", "does not match"),
    (changed("sources", 0, "slug", drop=True), "sources[0].slug", "is missing"),
    (changed("sources", 0, "name", to=""), "sources[0].name", "not empty text"),
    (changed("sources", 0, "enabled", to="yes"), "sources[0].enabled", "true or false, not text"),
    (changed("sources", 0, "answers", to="lax"), "sources[0].answers", "strict, compatible"),
    (changed("sources", 0, "labels", to=[]), "sources[0].labels", "must be an object"),
    (changed("sources", 0, "labels", "a.b", to=1), 'sources[0].labels["a.b"]', "in quotes"),
    (changed("sources", 1, to={"slug": "website"}), "sources[1].slug", "'website' comes twice"),
    (changed("sources", 0, "write_keys", to="wk"), "sources[0].write_keys", "must be a list"),
    (changed("sources", 0, "write_keys", to=["a b"]), "sources[0].write_keys[0]", "text like"),
    (changed("sources", 0, "write_keys", to=[""]), "sources[0].write_keys[0]", "text like"),
    (changed("sources", 0, "write_keys", to=[7]), "sources[0].write_keys[0]", "text like"),
    (changed("sources", 0, "write_keys", to=["k" * 129]), "sources[0].write_keys[0]", "like"),
    (
        changed("sources", 0, "write_keys", to=["wk_a", "wk_b", "wk_a"]),
        "sources[0].write_keys[2]",
        "'wk_a' is at sources[0].write_keys[0] already",
    ),
    (
        changed("sources", 1, to={"slug": "shop", "write_keys": ["wk_website"]}),
        "sources[1].write_keys[0]",
        "'wk_website' is at sources[0].write_keys[0] already",
    ),
    (changed(*HOOK, "plan", to=1), "connections[0].plan", "unknown key; there are slug"),
    (changed(*HOOK, "slug", to=None), "connections[0].slug", "is missing"),
    (changed(*HOOK, "source", drop=True), "connections[0].source", "is missing"),
    (changed(*HOOK, "destination", drop=True), "connections[0].destination", "is missing"),
    (changed(*HOOK, "destination", to="tele"), "connections[0].destination", "no destination 'te"),
    (changed(*HOOK, "destination", to=[]), "connections[0].destination", "must be text"),
    (changed(*HOOK, "enabled", to=1), "connections[0].enabled", "true or false, not a number"),
    (changed(*HOOK, "mode", to="device"), "connections[0].mode", "webhook is for cloud"),
    (changed(*HOOK, "mode", to="warehouse"), "connections[0].mode", "must be one of cloud, device"),
    (changed(*HOOK, "ordering", to="random"), "connections[0].ordering", "of per_user, strict, n"),
    (changed(*HOOK, "settings", to=[]), "connections[0].settings", "must be an object"),
    (changed(*HOOK, "settings", to={"x": 1}), "connections[0].settings", "unknown setting x"),
    (
        changed(*HOOK, "settings", to={"sharedSecret": 5}),
        "connections[0].settings",
        "sharedSecret: must be text",
    ),
    (
        changed(*HOOK, "settings", to={"depth": {"@secret": "hook.depth"}}),
        "connections[0].settings.depth",
        "is no secret: write its value here",
    ),
    (
        changed(*HOOK, "settings", to={"sharedSecret": {"@secret": "other.sharedSecret"}}),
        "connections[0].settings.sharedSecret",
        '{"@secret": "hook.sharedSecret"}',
    ),
    (
        changed(*HOOK, "settings", to={"sharedSecret": {"@sealed": "k.abc"}}),
        "connections[0].settings.sharedSecret",
        '{"@secret": "hook.sharedSecret"}',
    ),
    (
        changed(*HOOK, "settings", to={"depth": {"@sealed": "k.abc"}}),
        "connections[0].settings.depth",
        "is no secret",
    ),
    (changed("connections", 1, to={"slug": "hook", "source": "website", "destination": "webhook"}),
     "connections[1].slug", "'hook' comes twice"),
    (changed(*HOOK, "subscriptions", to={}), "connections[0].subscriptions", "must be a list"),
    (changed(*EVERYTHING, "on", to=1), "connections[0].subscriptions[0].on", "unknown key"),
    (changed(*EVERYTHING, "name", to=5), "connections[0].subscriptions[0].name", "must be text"),
    (
        changed(*EVERYTHING, "action", drop=True),
        "connections[0].subscriptions[0].action",
        "is missing",
    ),
    (
        changed(*EVERYTHING, "action", to="sent"),
        "connections[0].subscriptions[0].action",
        "unknown action 'sent'; there is send, bare",
    ),
    (changed(*EVERYTHING, "enabled", to=0), "connections[0].subscriptions[0].enabled", "true or"),
    (
        changed(*EVERYTHING, "fql", to="x"),
        "connections[0].subscriptions[0].fql",
        "must be one of strict, compatible",
    ),
    (
        changed(*EVERYTHING, "trigger", to="tpye = 1"),
        "connections[0].subscriptions[0].trigger",
        "column 1: unexpected",
    ),
    (changed(*EVERYTHING, "trigger", to=""), "connections[0].subscriptions[0].trigger", "text"),
    (
        changed(*HOOK, "subscriptions", 0, to={"action": "bare"}),
        "connections[0].subscriptions[0].trigger",
        "is missing, and the action suggests none",
    ),
    (
        changed(*EVERYTHING, "mapping", to={"x": {"@nope": 1}}),
        "connections[0].subscriptions[0].mapping",
        "invalid directive: @nope",
    ),
    (changed(*EVERYTHING, "mapping", to=[]), "connections[0].subscriptions[0].mapping", "object"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "message"), WRONG, ids=[f"{w[1]}-{w[2]}" for w in WRONG])
def test_what_is_wrong_is_refused_at_its_path(text: str, path: str, message: str) -> None:
    found = problems(text)
    assert path in [where for where, _ in found]
    assert message in dict(found)[path]


def test_every_problem_is_told_at_once() -> None:
    text = changed(*HOOK, "mode", to="device").replace("strict", "lax").replace("demo", "Demo")
    assert {path for path, _ in problems(text)} == {
        "workspace",
        "sources[0].answers",
        "connections[0].mode",
        "connections[0].subscriptions[0].fql",
    }


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("{version: 1", "line 1", "expected ',' or '}'"),
        ("version: 1\nversion: 1\nworkspace: a", "line 2", 'the key "version" comes twice'),
        ("version: 1\nworkspace: a\nsources:\n- {on: 1}", "line 4", "must be text: put it in"),
        ("{1: a}", "line 1", "must be text"),
        ("? [a]\n: b", "line 1", "must be text"),
        ("a: !!python/object:os.system x", "line 1", "could not determine a constructor"),
        ("a: &x [*x]\n", "a" + "[0]" * 64, "is nested deeper than 64"),
        ("a: .nan", "a", "cannot be written as JSON"),
        ("a: [1, .inf]", "a[1]", "cannot be written as JSON"),
        ("a: {b: 9223372036854775808}", "a.b", "cannot be written as JSON"),
        ("a: !!binary YWJj", "a", "cannot be written as JSON"),
        ("a: !!set {x}", "a", "cannot be written as JSON"),
        ('a: "\\ud800"', "a", "cannot be written as JSON"),
        ("", "", "must be an object, not null"),
        ("- a", "", "must be an object, not a list"),
        ("a: b: c", "line 1", "mapping values are not allowed here"),
        ("a: \0", "", "this is no YAML"),
    ],
)
def test_a_text_that_is_no_declaration_is_refused_where_it_is_wrong(
    text: str, path: str, message: str
) -> None:
    found = problems(text)
    assert found[0][0] == path
    assert message in found[0][1]


def test_aliases_and_merges_are_read_as_what_they_stand_for() -> None:
    text = changed(*HOOK, "subscriptions", to=[{"action": "send"}]).replace(
        "- action: send", "- &first {action: send, enabled: false}\n  - {<<: *first, name: Second}"
    )
    first, second = parse(text, CATALOGUE).content.connections["hook"].subscriptions
    assert (first.name, first.enabled) == ("send", False)
    assert (second.name, second.enabled) == ("Second", False)


def test_a_problem_without_a_path_is_only_its_message() -> None:
    assert problem("[]")[0] == ""
