from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.declaring.declaration import parse
from headgate.control.declaring.export import export
from headgate.control.errors import DeclarationError
from headgate.store.access import Grants
from headgate.store.database import open_store
from headgate.store.people import Groups, Invites, Members, Users
from headgate.store.records import InviteRecord
from headgate.store.trail import Search, Trail
from headgate.store.workspaces import Workspaces
from tests.unit.control.pretend import CATALOGUE, EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from headgate.control.declaring.apply import Applied
    from headgate.folder import DataFolder

PEOPLE: dict[str, Any] = {
    "name": "The demo",
    "labels": [
        {"key": "team", "value": "web", "description": "Who makes the pages"},
        {"key": "team", "value": "shop"},
    ],
    "users": [
        {"email": "ada@example.org", "roles": ["owner"]},
        {
            "email": "bob@example.org",
            "roles": [{"role": "source_admin", "sources": ["website"]}, "warehouse_read_only"],
        },
    ],
    "groups": [
        {
            "name": "Web people",
            "roles": [{"role": "source_admin", "labels": [{"key": "team", "value": "web"}]}],
            "members": ["bob@example.org"],
        }
    ],
}


def text(**changes: Any) -> str:
    """The example with people; what is None is left out."""
    tree = {**yaml.safe_load(EXAMPLE), **PEOPLE, **changes}
    kept = {key: each for key, each in tree.items() if each is not None}
    return yaml.safe_dump(kept, sort_keys=False)


def lines(applied: Applied) -> list[str]:
    return [change.line for change in applied.changes]


def exported(folder: DataFolder) -> dict[str, Any]:
    with open_store(folder) as store:
        tree: dict[str, Any] = yaml.safe_load(export(store))
    return tree


def trail(folder: DataFolder) -> list[tuple[str, str, str]]:
    """The oldest first."""
    with open_store(folder) as store, store.read() as transaction:
        (workspace,) = Workspaces(transaction).all()
        found = Trail(transaction, workspace.id).found(Search(), None, 100)
    return [(each.type, each.resource_type, each.resource_name) for each in reversed(found)]


def test_people_come_back_as_they_were_declared(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    assert lines(apply(text()))[-5:] == [
        "create label team:web",
        "create label team:shop",
        "create user ada@example.org",
        "create user bob@example.org",
        "create user group Web people",
    ]
    there = exported(folder)
    assert {key: there[key] for key in PEOPLE if key != "labels"} == {
        key: PEOPLE[key] for key in PEOPLE if key != "labels"
    }
    assert sorted(there["labels"], key=str) == sorted(PEOPLE["labels"], key=str)
    for prune in (False, True):
        assert apply(text(), prune=prune).changes == ()


def test_each_change_of_people_is_written_down_as_the_apis_do(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(EXAMPLE)
    before = len(trail(folder))
    apply(text())
    assert trail(folder)[before:] == [
        ("Workspace Modified", "WORKSPACE", "demo"),
        ("Label Created", "LABEL", "team:web"),
        ("Label Created", "LABEL", "team:shop"),
        ("User Added", "USER", "ada@example.org"),
        ("User Added", "USER", "bob@example.org"),
        ("User Group Created", "USER_GROUP", "Web people"),
        ("Group Memberships Updated", "USER_GROUP", "Web people"),
        ("Policy Created", "USER_GROUP", "Web people"),
    ]
    before = len(trail(folder))
    apply(text(labels=[], users=[PEOPLE["users"][0]], groups=[]), prune=True)
    assert trail(folder)[before:] == [
        ("User Group Deleted", "USER_GROUP", "Web people"),
        ("Group Memberships Deleted", "USER", "bob@example.org"),
        ("Label Deleted", "LABEL", "team:shop"),
        ("Label Deleted", "LABEL", "team:web"),
    ]


@pytest.mark.parametrize("prune", [False, True])
def test_a_section_that_is_absent_stays_as_it_is(
    apply: Callable[..., Applied], folder: DataFolder, *, prune: bool
) -> None:
    apply(text())
    before = exported(folder)
    again = apply(EXAMPLE, prune=prune)
    assert (again.changes, again.warnings) == ((), ())
    assert exported(folder) == before


def test_without_prune_nobody_is_removed_and_it_is_told(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    before = exported(folder)
    kept = apply(text(labels=[], users=[], groups=[]))
    assert kept.changes == ()
    assert kept.warnings == (
        "user group Web people is not declared and stays",
        "user ada@example.org is not declared and stays",
        "user bob@example.org is not declared and stays",
        "label team:shop is not declared and stays",
        "label team:web is not declared and stays",
    )
    assert exported(folder) == before


def test_roles_members_names_and_descriptions_change(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    wanted = text(
        name="Another",
        labels=[{"key": "team", "value": "web"}],
        users=[{"email": "BOB@example.org", "roles": ["owner", "member", "owner"]}],
        groups=[{"name": "Web people", "members": ["bob@example.org", "Ada@Example.org"]}],
    )
    applied = apply(wanted)
    assert lines(applied) == [
        "update workspace demo: name",
        "update label team:web: description",
        "update user bob@example.org: roles",
        "update user group Web people: roles, members",
    ]
    there = exported(folder)
    assert there["name"] == "Another"
    assert {"key": "team", "value": "web"} in there["labels"]
    assert there["users"][1] == {"email": "bob@example.org", "roles": ["member", "owner"]}
    members = ["ada@example.org", "bob@example.org"]
    assert there["groups"] == [{"name": "Web people", "roles": [], "members": members}]
    assert apply(wanted).changes == ()


def test_owners_change_places_in_one_file(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    def pair(one: str, two: str) -> list[dict[str, Any]]:
        return [{"email": ada, "roles": [one]}, {"email": "bob@example.org", "roles": [two]}]

    ada = "ada@example.org"
    apply(text(users=pair("owner", "member")))
    apply(text(users=pair("member", "owner")))
    assert exported(folder)["users"] == pair("member", "owner")
    apply(text(users=[{"email": ada, "roles": ["owner"]}], groups=[]), prune=True)
    assert exported(folder)["users"] == [{"email": ada, "roles": ["owner"]}]


def test_the_last_owner_is_neither_removed_nor_demoted(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    before = exported(folder)
    demoted = [{"email": "ada@example.org", "roles": ["member"]}, PEOPLE["users"][1]]
    for wrong, prune in ((text(users=demoted), False), (text(users=[], groups=[]), True)):
        for dry_run in (True, False):
            with pytest.raises(DeclarationError, match="users: nobody would own this workspace"):
                apply(wrong, prune=prune, dry_run=dry_run)
    assert exported(folder) == before


def test_somebody_new_is_a_user_without_a_password(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    with open_store(folder) as store, store.read() as transaction:
        found = Users(transaction).at(["ada@example.org", "bob@example.org"])
        (workspace,) = Workspaces(transaction).all()
        members = Members(transaction, workspace.id).all()
    assert [each.password for each in found] == [None, None]
    assert {each.user for each in members} == {each.id for each in found}


def test_an_invitation_stays_one_and_promises_what_is_declared(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    with open_store(folder) as store, store.write() as transaction:
        (workspace,) = Workspaces(transaction).all()
        record = InviteRecord(email="eve@example.org", hash="h", expires_at=9)
        Invites(transaction, workspace.id).put(record)
        Grants(transaction, workspace.id).add("eve@example.org", "member")
    eve = {"email": "eve@example.org", "roles": ["member"]}
    assert exported(folder)["users"][2] == eve
    assert apply(text(users=[*PEOPLE["users"], eve])).changes == ()
    other = {**eve, "roles": ["owner"]}
    assert lines(apply(text(users=[*PEOPLE["users"], other]))) == [
        "update user eve@example.org: roles"
    ]
    with open_store(folder) as store, store.read() as transaction:
        assert Invites(transaction, workspace.id).all() == (record,)
        (grant,) = Grants(transaction, workspace.id).of("eve@example.org")
        assert grant.role == "owner"
    with pytest.raises(DeclarationError, match="nobody would own"):
        apply(text(users=[other]), prune=True)
    assert lines(apply(text(), prune=True)) == ["delete user eve@example.org"]


def test_a_role_for_what_is_gone_is_not_exported_as_one_for_everything(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    apply("{version: 1, workspace: demo}", prune=True)
    with open_store(folder) as store, store.read() as transaction:
        (workspace,) = Workspaces(transaction).all()
        bob = Users(transaction).named("bob@example.org")
        assert bob is not None
        assert len(Grants(transaction, workspace.id).of(bob.id)) == 2
    assert exported(folder)["users"][1]["roles"] == ["warehouse_read_only"]


def test_members_of_groups_are_there_when_the_group_is_made(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    apply(text())
    with open_store(folder) as store, store.read() as transaction:
        (workspace,) = Workspaces(transaction).all()
        (group,) = Groups(transaction, workspace.id).all()
        assert Groups(transaction, workspace.id).members(group.id) == ("bob@example.org",)


def role(**more: Any) -> list[dict[str, Any]]:
    return [{"email": "ada@example.org", "roles": ["owner", more]}]


WRONG = [
    ({"name": ""}, "name", "must be text that is not empty"),
    ({"name": "x" * 257}, "name", "at most 256 characters"),
    ({"labels": [{"key": "a b", "value": "c"}]}, "labels[0].key", "does not match"),
    ({"labels": [{"key": "a", "value": "c"}] * 2}, "labels[1].value", "'a:c' comes twice"),
    ({"labels": [{"key": "a", "value": "c", "description": "x" * 1001}]}, "labels[0].description",
     "at most 1000"),
    ({"users": [{"email": "nobody"}]}, "users[0].email", "must be an e-mail address"),
    ({"users": [{"email": "a@b.org"}, {"email": "A@b.org"}]}, "users[1].email", "comes twice"),
    ({"users": [{"email": "a@b.org", "password": "x"}]}, "users[0].password", "unknown key"),
    ({"users": role(role="king")}, "users[0].roles[1].role", "there is no role 'king'"),
    ({"users": role(role="member", sources=["website"])}, "users[0].roles[1].sources",
     "cannot be limited to sources"),
    ({"users": role(role="owner", labels=[{"key": "team", "value": "web"}])},
     "users[0].roles[1].labels", "cannot be limited to labels"),
    ({"users": role(role="source_admin", sources=[])}, "users[0].roles[1].sources",
     "must name one: leave it out"),
    ({"users": role(role="source_admin", sources=["Web Site"])},
     "users[0].roles[1].sources[0]", "must be the slug of a source"),
    ({"groups": [{"name": " x"}]}, "groups[0].name", "no blanks around them"),
    ({"groups": [{"name": "x"}, {"name": "x"}]}, "groups[1].name", "'x' comes twice"),
    ({"groups": [{"name": "x", "members": ["nobody"]}]}, "groups[0].members[0]",
     "must be an e-mail address"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "message"), WRONG, ids=[f"{w[1]}-{w[2]}" for w in WRONG]
)
def test_what_people_cannot_be_is_refused_at_its_path(
    change: dict[str, Any], path: str, message: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(text(**change), CATALOGUE)
    found = {each.path: each.message for each in caught.value.problems}
    assert message in found[path]


UNKNOWN = [
    ({"users": role(role="source_admin", sources=["shop"])}, "users[0].roles",
     "there is no source 'shop'"),
    ({"users": role(role="source_admin", labels=[{"key": "team", "value": "x"}])},
     "users[0].roles", "there is no label team:x"),
    ({"groups": [{"name": "x", "members": ["eve@example.org"]}]}, "groups[0].members[0]",
     "eve@example.org is not in this workspace"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "path", "message"), UNKNOWN, ids=[w[2] for w in UNKNOWN])
def test_what_is_not_there_cannot_be_named(
    apply: Callable[..., Applied],
    folder: DataFolder,
    change: dict[str, Any],
    path: str,
    message: str,
) -> None:
    for dry_run in (True, False):
        with pytest.raises(DeclarationError) as caught:
            apply(text(**change), dry_run=dry_run)
        assert message in {each.path: each.message for each in caught.value.problems}[path]
    with open_store(folder) as store, store.read() as transaction:
        assert Workspaces(transaction).all() == ()


def test_a_label_that_a_source_carries_may_be_named_without_being_made(
    apply: Callable[..., Applied], folder: DataFolder
) -> None:
    limited = role(role="source_admin", labels=[{"key": "environment", "value": "dev"}])
    apply(text(labels=None, users=limited, groups=None))
    assert "labels" not in exported(folder)
    assert exported(folder)["users"][0]["roles"][1] == limited[0]["roles"][1]
