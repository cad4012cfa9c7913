from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.clock import iso
from headgate.control.declaring.declaration import parse
from headgate.control.declaring.declared import DeclaredOAuth
from headgate.control.declaring.export import export
from headgate.control.errors import DeclarationError
from headgate.folder import DataFolder
from headgate.store.database import open_store
from tests.harness.assertions import KeyPair, key_pair
from tests.unit.control.pretend import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied
    from headgate.control.declaring.declared import DeclaredOAuthApp
    from headgate.store.snapshot import Snapshot

DAY = 86_400


def key(name: str = "k1", **changes: Any) -> dict[str, Any]:
    return {"id": name, "pem": key_pair().public, **changes}


def app(**changes: Any) -> dict[str, Any]:
    return {"slug": "backend", "keys": [key()], **changes}


def text(*apps: dict[str, Any], oauth: Any = None) -> str:
    source = {"slug": "web", "write_keys": ["wk_web"]} | ({} if oauth is None else {"oauth": oauth})
    tree = {"version": 1, "workspace": "demo", "oauth_apps": list(apps), "sources": [source]}
    return yaml.safe_dump(tree)


def read(**changes: Any) -> DeclaredOAuthApp:
    return parse(text(app(**changes)), CATALOGUE).content.oauth_apps["backend"]


def problems(declaration: str) -> dict[str, str]:
    with pytest.raises(DeclarationError) as caught:
        parse(declaration, CATALOGUE)
    return dict(caught.value.problems)


def lines(applied: Applied) -> list[str]:
    return [change.line for change in applied.changes]


ATTACHED = {"apps": ["backend"], "required": True}


def test_what_may_be_left_out_has_a_plain_meaning() -> None:
    made = read()
    assert (made.name, made.enabled, made.scopes) == ("backend", True, ("tracking_api:write",))
    assert (made.token_seconds, made.revoke_before) == (DAY, None)
    assert parse(text(app()), CATALOGUE).content.sources["web"].oauth is None
    given = {"apps": ["backend"]}
    attached = parse(text(app(), oauth=given), CATALOGUE).content.sources["web"].oauth
    assert attached == DeclaredOAuth(("backend",), required=False)


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [
        *((f"{days} days", days * DAY) for days in (2, 3, 30)),
        *((f"{weeks} weeks", weeks * 7 * DAY) for weeks in (2, 3)),
        ("1 day", DAY),
        ("1 week", 7 * DAY),
        ("12 hours", DAY // 2),
        ("90 seconds", 90),
    ],
)
def test_a_lifetime_is_read_and_written_as_people_say_it(
    apply: Callable[..., Applied], folder: DataFolder, lifetime: str, seconds: int
) -> None:
    assert read(lifetime=lifetime).token_seconds == seconds
    apply(text(app(lifetime=lifetime)))
    assert exported(folder)["oauth_apps"][0]["lifetime"] == lifetime


def exported(folder: DataFolder) -> dict[str, Any]:
    with open_store(folder) as store:
        found: dict[str, Any] = yaml.safe_load(export(store))
    return found


def test_a_key_has_one_form_however_it_is_written() -> None:
    pair = key_pair()
    forms = [pair.public, pair.older_form, f"\n\n{pair.public.strip()}  "]
    assert {read(keys=[key(pem=pem)]).keys[0].pem for pem in forms} == {pair.public}


def wrong() -> list[tuple[dict[str, Any], str, str]]:
    here = "oauth_apps[0]"
    later = iso(int(time.time() * 1000) + 3_600_000)
    return [
        ({"keys": []}, f"{here}.keys", "must have 1 to 2 public keys"),
        ({"keys": [key("a"), key("b"), key("c")]}, f"{here}.keys", "must have 1 to 2"),
        ({"keys": [key(), key()]}, f"{here}.keys", "two keys have the same id"),
        ({"keys": [key(id="a b")]}, f"{here}.keys[0].id", "does not match"),
        ({"keys": [key(pem="nonsense")]}, f"{here}.keys[0].pem", "is no public key in PEM"),
        ({"keys": [{"id": "k1"}]}, f"{here}.keys[0].pem", "is missing"),
        ({"keys": [key(more=1)]}, f"{here}.keys[0].more", "unknown key"),
        ({"scopes": []}, f"{here}.scopes", "must name what a token is good for"),
        ({"scopes": ["functions:write"]}, f"{here}.scopes[0]", "must be one of tracking_api:write"),
        ({"lifetime": "31 days"}, f"{here}.lifetime", "at most 30 days"),
        ({"lifetime": "0 days"}, f"{here}.lifetime", "is no lifetime"),
        ({"lifetime": "soon"}, f"{here}.lifetime", "is no lifetime"),
        ({"lifetime": 3600}, f"{here}.lifetime", "must be text"),
        ({"revoke_before": "yesterday"}, f"{here}.revoke_before", "is no time with its zone"),
        ({"revoke_before": "2026-11-22"}, f"{here}.revoke_before", "is no time with its zone"),
        ({"revoke_before": later}, f"{here}.revoke_before", "is still to come"),
        ({"secret": "x"}, f"{here}.secret", "unknown key"),
        ({"slug": "Not This"}, f"{here}.slug", "does not match"),
    ]


def test_what_is_wrong_with_an_app_is_refused_at_its_path() -> None:
    for changes, path, message in wrong():
        found = problems(text(app(**changes)))
        assert list(found) == [path], changes
        assert message in found[path], changes


def test_a_private_key_is_refused_and_not_repeated() -> None:
    private = key_pair().private
    (message,) = problems(text(app(keys=[key(pem=private)]))).values()
    assert "is a private key" in message
    assert private.splitlines()[1] not in message


def test_a_key_that_is_too_short_is_refused() -> None:
    short = KeyPair(1024).public
    assert "at least 2048 bits" in str(problems(text(app(keys=[key(pem=short)]))))


@pytest.mark.parametrize(
    ("oauth", "path", "message"),
    [
        ({"required": True}, "sources[0].oauth.apps", "must name the app"),
        ({"apps": ["a", "a"]}, "sources[0].oauth.apps[1]", "comes twice"),
        ({"apps": [1]}, "sources[0].oauth.apps[0]", "must be the slug of an OAuth app"),
        ({"apps": ["a"], "required": "yes"}, "sources[0].oauth.required", "must be true or false"),
        ({"app": "a"}, "sources[0].oauth.app", "unknown key"),
        ([], "sources[0].oauth", "must be an object"),
    ],
)
def test_what_is_wrong_with_a_source_is_refused_at_its_path(
    oauth: Any, path: str, message: str
) -> None:
    found = problems(text(app(), oauth=oauth))
    assert list(found) == [path]
    assert message in found[path]


def test_an_app_that_is_nowhere_declared_is_refused(apply: Callable[..., Applied]) -> None:
    with pytest.raises(DeclarationError, match=r"sources\[0\].oauth.apps\[0\]: there is no OAuth"):
        apply(text(oauth=ATTACHED))


def test_apps_come_before_the_sources_that_take_their_tokens(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    assert lines(apply(text(app(), oauth=ATTACHED))) == [
        "create workspace demo",
        "create OAuth app backend",
        "create source web",
        "create write key wk_web of source web",
    ]
    (made,) = published().oauth_apps.values()
    oauth = published().sources[1].oauth
    assert (made.slug, made.token_seconds, made.keys[0].id) == ("backend", DAY, "k1")
    assert oauth is not None
    assert (oauth.apps, oauth.required) == ((made.id,), True)


def test_an_update_names_what_differs_and_the_app_stays_the_same(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(text(app(), oauth=ATTACHED))
    (before,) = published().oauth_apps
    changes = {"enabled": False, "keys": [key("k2")], "revoke_before": "2026-11-22T08:20:32+01:00"}
    applied = apply(text(app(**changes), oauth={**ATTACHED, "required": False}))
    assert lines(applied) == [
        "update OAuth app backend: keys, enabled, revoke_before",
        "update source web: oauth",
    ]
    (after,) = published().oauth_apps.values()
    assert (after.id, after.enabled, after.keys[0].id) == (before, False, "k2")
    assert iso(after.revoke_before or 0) == "2026-11-22T07:20:32.000Z"


def test_a_source_that_says_nothing_of_oauth_has_nothing_to_do_with_it(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(text(app(), oauth=ATTACHED))
    assert lines(apply(text(app()))) == ["update source web: oauth"]
    assert published().sources[1].oauth is None


def test_applying_an_export_changes_nothing(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    other = app(slug="another", name="Another", keys=[key("k1"), key("k2")], enabled=False)
    apply(text(app(revoke_before="2026-11-22T07:20:32.125Z"), other, oauth=ATTACHED))
    tree = exported(folder)
    assert [each["slug"] for each in tree["oauth_apps"]] == ["another", "backend"]
    assert tree["sources"][0]["oauth"] == ATTACHED
    for prune in (False, True):
        again = apply(yaml.safe_dump(tree), prune=prune)
        assert (again.changes, again.warnings) == ((), ())


def test_nothing_is_exported_of_oauth_where_there_is_none(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    tree = exported(folder)
    assert "oauth_apps" not in tree
    assert "oauth" not in tree["sources"][0]


def test_an_app_goes_only_with_prune_and_after_its_last_source_let_go(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(text(app(), oauth=ATTACHED))
    with pytest.raises(DeclarationError, match="there is no OAuth app 'backend'"):
        apply(text(oauth=ATTACHED), prune=True)
    kept = apply(text(oauth=ATTACHED))
    assert (kept.changes, kept.warnings) == ((), ("OAuth app backend is not declared and stays",))
    assert lines(apply(text(), prune=True)) == [
        "update source web: oauth",
        "delete OAuth app backend",
    ]
    assert published().oauth_apps == {}


def test_a_dry_run_tells_and_changes_nothing(
    apply: Callable[..., Applied], published: Callable[[], Snapshot]
) -> None:
    apply(text())
    before = published()
    rehearsed = apply(text(app(), oauth=ATTACHED), dry_run=True)
    assert lines(rehearsed) == ["create OAuth app backend", "update source web: oauth"]
    assert published() == before


def test_a_slug_that_another_workspace_has_is_refused(apply: Callable[..., Applied]) -> None:
    apply(text(app()))
    elsewhere = yaml.safe_dump({"version": 1, "workspace": "other", "oauth_apps": [app()]})
    with pytest.raises(DeclarationError, match=r"oauth_apps\[0\].slug: another workspace has"):
        apply(elsewhere)
