from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from headgate.control.declaring.comparing import compared
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.plan_told import lines, summary, told
from tests.unit.control.pretend import CATALOGUE, EXAMPLE, changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied

BULLETS = "\N{BULLET}" * 8
HOOK = ("connections", 0)


def text(change: Callable[[Any], object]) -> str:
    """The example, changed by a function."""
    tree = yaml.safe_load(EXAMPLE)
    change(tree)
    return yaml.safe_dump(tree, sort_keys=False)


def shown(applied: Applied) -> list[str]:
    return list(lines(applied.changes))


def test_what_is_made_is_told_with_its_fields(apply: Callable[..., Applied]) -> None:
    applied = apply(EXAMPLE, dry_run=True)
    assert shown(applied) == [
        "+ workspace demo",
        "+ source website",
        '    + name: "Website"',
        '    + answers: "strict"',
        '    + labels: {"environment":"dev"}',
        "+ write key wk_website of source website",
        "+ connection hook",
        '    + source: "website"',
        '    + destination: "webhook"',
        "    + enabled: true",
        '    + mode: "cloud"',
        '    + ordering: "none"',
        f'    + settings: {{"sharedSecret":"{BULLETS}","depth":2}}',
        "+ subscription Everything of connection hook",
        '    + action: "send"',
        "    + enabled: true",
        '    + fql: "strict"',
        '    + trigger: "type = \\"track\\" or type = \\"identify\\""',
        '    + mapping: {"url":"http://127.0.0.1:9000/","method":"POST","data":{"@path":"$."}}',
    ]
    assert summary(applied.changes) == "5 to create, 0 to change, 0 to delete"


def test_what_changes_is_told_value_by_value(apply: Callable[..., Applied]) -> None:
    apply(EXAMPLE)

    def change(tree: Any) -> None:
        source, hook = tree["sources"][0], tree["connections"][0]
        source |= {"enabled": False, "kind": "python", "labels": {"environment": "prod", "b": "c"}}
        source["write_keys"] = [{"key": "wk_website", "ends_at": "2030-01-02T03:04:05Z"}, "wk_2"]
        hook |= {"enabled": False, "settings": {"depth": 3, "tags": ["a"], "apiKey": "k" * 20}}
        hook["filters"] = [{"id": "f", "title": "No", "if": "all", "actions": [{"type": "DROP"}]}]
        hook["subscriptions"][0]["mapping"] = {"data": {"@path": "$.x"}}

    applied = apply(text(change), dry_run=True)
    filter_ = '{"id":"f","title":"No","if":"all","actions":[{"type":"DROP"}],"enabled":true}'
    assert shown(applied) == [
        "~ source website",
        '    ~ kind: "http-api" -> "python"',
        "    ~ enabled: true -> false",
        '    ~ labels.environment: "dev" -> "prod"',
        '    + labels.b: "c"',
        "~ write key wk_website of source website",
        '    + ends_at: "2030-01-02T03:04:05.000Z"',
        "+ write key wk_2 of source website",
        "~ connection hook",
        "    ~ enabled: true -> false",
        f"    - settings.sharedSecret: {BULLETS}",
        "    ~ settings.depth: 2 -> 3",
        '    + settings.tags: ["a"]',
        f"    + settings.apiKey: {BULLETS}",
        f"    ~ filters: [] -> [{filter_}]",
        "~ subscription Everything of connection hook",
        '    ~ mapping.url: "http://127.0.0.1:9000/" -> null',
        '    ~ mapping.data["@path"]: "$." -> "$.x"',
    ]
    assert summary(applied.changes) == "1 to create, 4 to change, 0 to delete"


def test_a_secret_is_never_shown_whatever_becomes_of_it(apply: Callable[..., Applied]) -> None:
    apply(EXAMPLE)
    applied = apply(changed(*HOOK, "settings", "sharedSecret", to="another-secret"), dry_run=True)
    assert shown(applied) == [
        "~ connection hook",
        f"    ~ settings.sharedSecret: {BULLETS} -> {BULLETS}",
    ]
    (change,) = applied.changes
    assert told(change) == {
        "action": "update",
        "kind": "connection",
        "name": "hook",
        "fields": [{"path": "settings.sharedSecret", "secret": True}],
    }
    assert b"secret-of" not in msgspec.json.encode(told(change))
    kept = apply(changed(*HOOK, "settings", "sharedSecret", to={"@secret": "hook.sharedSecret"}))
    assert kept.changes == ()


def test_what_goes_is_told_and_programs_get_the_same(apply: Callable[..., Applied]) -> None:
    apply(EXAMPLE)
    applied = apply("{version: 1, workspace: demo}", prune=True, dry_run=True)
    assert shown(applied) == ["- connection hook", "- source website"]
    assert [told(each) for each in applied.changes] == [
        {"action": "delete", "kind": "connection", "name": "hook", "fields": []},
        {"action": "delete", "kind": "source", "name": "website", "fields": []},
    ]


def test_the_order_of_subscriptions_and_of_keys_is_told(apply: Callable[..., Applied]) -> None:
    def two(tree: Any) -> None:
        (first,) = tree["connections"][0]["subscriptions"]
        second = {**first, "name": "Second", "mapping": {"a": {"b": 1, "c": 2}}}
        tree["connections"][0]["subscriptions"] = [first, second]

    def turned(tree: Any) -> None:
        two(tree)
        tree["connections"][0]["subscriptions"].reverse()
        tree["connections"][0]["subscriptions"][0]["mapping"] = {"a": {"c": 2, "b": 1}}

    apply(text(two))
    assert shown(apply(text(turned), dry_run=True)) == [
        "~ connection hook",
        '    ~ order of subscriptions: ["Everything","Second"] -> ["Second","Everything"]',
        "~ subscription Second of connection hook",
        '    ~ order of mapping.a: ["b","c"] -> ["c","b"]',
    ]


def test_every_change_of_a_plan_tells_a_difference(apply: Callable[..., Applied]) -> None:
    apply(EXAMPLE)
    for path, to in (
        ((*HOOK, "name"), "Another"),
        ((*HOOK, "ordering"), "strict"),
        ((*HOOK, "consent"), ["ads"]),
        (("sources", 0, "answers"), "compatible"),
        (("sources", 0, "schema"), {"blocked_events": ["a"]}),
        (("name",), "Other"),
    ):
        applied = apply(changed(*path, to=to), dry_run=True)
        assert len(applied.changes) == 1, path
        assert len(shown(applied)) == 2, path


def test_two_files_are_compared_in_both_directions() -> None:
    def change(tree: Any) -> None:
        tree["workspace"] = "prod"
        tree["sources"][0]["write_keys"] = ["wk_other"]
        tree["connections"][0] |= {"slug": "other", "enabled": False}
        tree["users"] = [{"email": "a@example.org", "roles": ["owner"]}]

    one, two = parse(EXAMPLE, CATALOGUE), parse(text(change), CATALOGUE)
    assert compared(one, one) == ()
    headers = [line for line in lines(compared(one, two)) if not line.startswith(" ")]
    assert headers == [
        "~ workspace prod",
        "- connection hook",
        "- write key wk_website of source website",
        "+ write key wk_other of source website",
        "+ connection other",
        "+ subscription Everything of connection other",
        "+ user a@example.org",
    ]
    back = [line for line in lines(compared(two, one)) if not line.startswith(" ")]
    assert back == [
        "~ workspace demo",
        "- connection other",
        "- write key wk_other of source website",
        "+ write key wk_website of source website",
        "+ connection hook",
        "+ subscription Everything of connection hook",
        "- user a@example.org",
    ]


def test_files_are_compared_that_no_apply_could_turn_into_each_other() -> None:
    moved = changed(*HOOK, "source", to="shop")
    found = compared(parse(EXAMPLE, CATALOGUE), parse(moved, CATALOGUE))
    assert list(lines(found)) == ["~ connection hook", '    ~ source: "website" -> "shop"']


def test_a_secret_that_one_file_does_not_tell_is_no_difference() -> None:
    def with_secret(value: Any) -> Any:
        return parse(changed(*HOOK, "settings", "sharedSecret", to=value), CATALOGUE)

    reference = {"@secret": "hook.sharedSecret"}
    assert compared(with_secret("one-secret"), with_secret(reference)) == ()
    assert compared(with_secret(reference), with_secret("one-secret")) == ()
    (change,) = compared(with_secret("one-secret"), with_secret("two-secret"))
    assert list(lines([change]))[1:] == [f"    ~ settings.sharedSecret: {BULLETS} -> {BULLETS}"]
