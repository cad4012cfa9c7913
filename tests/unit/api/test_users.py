"""Users and their permissions in the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.access.people import actor_of_user
from headgate.control.nouns import sources
from headgate.store.records import Label, Resource
from tests.unit.api.asking import Asking, asking
from tests.unit.api.people import group, trail, user, whole

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.control.access.actor import Actor

OWNER = "Workspace Owner"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def source(api: Asking, slug: str = "shop", **given: Any) -> str:
    with api.control.write(api.operator()) as work:
        return sources.create(work, {"slug": slug, **given}).source.id


def actor(api: Asking, of: str, workspace: str | None = None) -> Actor | None:
    with api.store.read() as transaction:
        return actor_of_user(transaction, workspace or api.workspace.id, of)


def test_users_are_listed_with_their_permissions_page_by_page(api: Asking) -> None:
    made = [user(api, f"{name}@x.org", "owner") for name in ("ada", "bob", "eve")]
    user(api, "else@x.org", "owner", workspace=api.other.id)
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for left in (True, False):
        found = api.call("GET", "/users", **{"pagination[count]": "2"}, **cursor).data
        assert found["pagination"]["totalEntries"] == 3
        assert ("next" in found["pagination"]) is left
        cursor = {"pagination[cursor]": found["pagination"].get("next", "")}
        seen += found["users"]
    told = [
        {
            "id": each.id,
            "name": each.name,
            "email": each.email,
            "permissions": [{"roleName": OWNER, **whole(api, "owner")}],
        }
        for each in made
    ]
    assert seen == sorted(told, key=lambda each: str(each["id"]))
    assert api.call("GET", f"/users/{made[0].id}").data == {"user": told[0]}


def test_what_a_user_may_do_is_added_and_replaced(api: Asking) -> None:
    ada = user(api, "Ada@X.org", "member")
    assert ada.email == "ada@x.org"
    shop = source(api)
    limited = {"roleId": "source_admin", "resources": [{"id": shop, "type": "SOURCE"}]}
    path = f"/users/{ada.id}/permissions"
    for _ in range(2):
        held = api.call("POST", path, {"permissions": [limited]}).data["permissions"]
        by_role = {each["roleId"]: each for each in held}
        assert len(held) == 2, "asking twice adds nothing"
        assert by_role["source_admin"] == {"roleName": "Source Admin", **limited}
        assert by_role["member"]["resources"] == whole(api, "member")["resources"]
    assert trail(api)[0] == ("Policy Created", "USER", "ada@x.org")
    held = api.call("PUT", path, {"permissions": [limited]}).data["permissions"]
    assert held == [{"roleName": "Source Admin", **limited}]
    assert trail(api)[0] == ("Policy Deleted", "USER", "ada@x.org")
    assert api.call("PUT", path, {"permissions": []}).data == {"permissions": []}


def test_a_permission_for_labels_comes_back_as_it_was_given(api: Asking) -> None:
    ada = user(api, "ada@x.org", "member")
    source(api, labels={"team": "web"})
    labels = [{"key": "team", "value": "web"}]
    given = {
        "roleId": "source_read_only",
        "resources": [{"id": api.workspace.id, "type": "WORKSPACE", "labels": labels}],
    }
    path = f"/users/{ada.id}/permissions"
    for _ in range(2):
        held = api.call("PUT", path, {"permissions": [given]}).data["permissions"]
        given = {name: held[0][name] for name in ("roleId", "resources")}
        assert held == [{"roleName": "Source Read-only", **given}]
    found = actor(api, ada.id)
    assert found is not None
    assert [each.labels for each in found.grants] == [(Label("team", "web"),)]
    assert not found.may("read", "source")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"roleId": "king"}, "permissions.0.roleId"),
        (
            {"roleId": "member", "resources": [{"id": "$shop", "type": "SOURCE"}]},
            "permissions.0.resources.0.type",
        ),
        (
            {"roleId": "source_admin", "resources": [{"id": "src_none", "type": "SOURCE"}]},
            "permissions.0.resources.0.id",
        ),
        (
            {"roleId": "source_admin", "resources": [{"id": "$foreign", "type": "SOURCE"}]},
            "permissions.0.resources.0.id",
        ),
        (
            {"roleId": "source_admin", "resources": [{"id": "$shop", "type": "FUNCTION"}]},
            "permissions.0.resources.0.type",
        ),
        (
            {"roleId": "warehouse_admin", "resources": [{"id": "whs_1", "type": "WAREHOUSE"}]},
            "permissions.0.resources.0.id",
        ),
        (
            {"roleId": "source_admin", "resources": [{"id": "$other", "type": "WORKSPACE"}]},
            "permissions.0.resources.0.id",
        ),
        (
            {
                "roleId": "source_admin",
                "resources": [
                    {"id": "$main", "type": "WORKSPACE"},
                    {"id": "$shop", "type": "SOURCE"},
                ],
            },
            "permissions.0.resources",
        ),
        (
            {
                "roleId": "source_admin",
                "resources": [
                    {
                        "id": "$main",
                        "type": "WORKSPACE",
                        "labels": [{"key": "no", "value": "such"}],
                    },
                ],
            },
            "permissions.0",
        ),
        (
            {
                "roleId": "owner",
                "resources": [
                    {
                        "id": "$main",
                        "type": "WORKSPACE",
                        "labels": [{"key": "team", "value": "web"}],
                    },
                ],
            },
            "permissions.0",
        ),
    ],
)
def test_a_permission_that_cannot_be_is_refused_and_changes_nothing(
    api: Asking, given: dict[str, Any], field: str
) -> None:
    ada = user(api, "ada@x.org", "member")
    with api.control.write(api.operator(api.other.id)) as work:
        foreign = sources.create(work, {"slug": "foreign"}).source.id
    names = {
        "$shop": source(api, labels={"team": "web"}),
        "$foreign": foreign,
        "$main": api.workspace.id,
        "$other": api.other.id,
    }
    named = [
        {**each, "id": names.get(each["id"], each["id"])} for each in given.get("resources", ())
    ]
    before = api.call("GET", f"/users/{ada.id}").data
    for method in ("PUT", "POST"):
        body = {"permissions": [{**given, "resources": named}]}
        answer = api.call(method, f"/users/{ada.id}/permissions", body)
        assert (answer.status, answer.fields) == (422, [field]), answer.json
    assert api.call("GET", f"/users/{ada.id}").data == before


def test_nobody_holds_more_permissions_than_there_may_be(api: Asking) -> None:
    ada = user(api, "ada@x.org", "member")
    ids = [source(api, f"shop-{number}") for number in range(3)]
    many = [
        {
            "roleId": "source_admin",
            "resources": [{"id": ids[n % 3], "type": "SOURCE"}] * (1 + n),
        }
        for n in range(201)
    ]
    answer = api.call("PUT", f"/users/{ada.id}/permissions", {"permissions": many})
    assert (answer.status, answer.fields) == (422, ["permissions"])
    held = api.call("PUT", f"/users/{ada.id}/permissions", {"permissions": many[:200]}).data
    assert len(held["permissions"]) == 3, "the same is held once"


@pytest.mark.abuse("ac_role_self", "ac_role_owner_only")
def test_the_last_owner_can_be_neither_demoted_nor_removed(api: Asking) -> None:
    ada, bob = user(api, "ada@x.org", "owner"), user(api, "bob@x.org", "member")
    path = f"/users/{ada.id}/permissions"
    for answer in (
        api.call("PUT", path, {"permissions": [whole(api, "member")]}),
        api.call("PUT", path, {"permissions": []}),
        api.call("DELETE", "/users", **{"userIds[0]": ada.id}),
        api.call("DELETE", "/users", **{"userIds[0]": bob.id, "userIds[1]": ada.id}),
    ):
        assert (answer.status, answer.json["errors"][0]["type"]) == (409, "conflict")
    assert api.call("GET", "/users").data["pagination"]["totalEntries"] == 2
    promoted = {"permissions": [whole(api, "owner")]}
    assert api.call("POST", f"/users/{bob.id}/permissions", promoted).status == 200
    assert api.call("PUT", path, {"permissions": [whole(api, "member")]}).status == 200
    assert api.call("DELETE", "/users", userIds=ada.id).status == 200


@pytest.mark.abuse("ac_role_self", "ac_role_owner_only")
def test_only_owners_change_what_people_may_do(api: Asking) -> None:
    ada = user(api, "ada@x.org", "owner")
    body = {"permissions": [whole(api, "owner")]}
    for role in ("member", "source_admin", "privacy_admin"):
        token = api.token(role)
        for method in ("POST", "PUT"):
            answer = api.call(method, f"/users/{ada.id}/permissions", body, token=token)
            assert answer.status == 403
        assert api.call("DELETE", "/users", userIds=ada.id, token=token).status == 403
    assert api.call("GET", "/users", token=api.token("member")).status == 200
    assert api.call("GET", "/users", token=api.token("source_admin")).status == 403


def test_who_is_removed_keeps_other_workspaces_and_nothing_of_this_one(api: Asking) -> None:
    user(api, "owner@x.org", "owner")
    ada = user(api, "ada@x.org", "member")
    user(api, "ada@x.org", "owner", workspace=api.other.id)
    inside = group(api, "web", "ada@x.org")
    assert api.call("DELETE", "/users", userIds=ada.id).data == {"status": "SUCCESS"}
    assert trail(api)[0] == ("Group Memberships Deleted", "USER", "ada@x.org")
    assert api.call("GET", f"/users/{ada.id}").status == 404
    assert actor(api, ada.id) is None
    assert api.call("GET", f"/groups/{inside}").data["userGroup"]["memberCount"] == 0
    kept = actor(api, ada.id, api.other.id)
    assert kept is not None
    assert kept.is_owner
    again = user(api, "ada@x.org", "source_read_only")
    held = actor(api, again.id)
    assert again.id == ada.id
    assert held is not None
    assert [each.role for each in held.grants] == ["source_read_only"]


@pytest.mark.abuse("ac_idor_batch")
def test_users_of_another_workspace_are_not_there(api: Asking) -> None:
    mine = user(api, "ada@x.org", "member")
    theirs = user(api, "bob@x.org", "owner", workspace=api.other.id)
    body = {"permissions": [whole(api, "member")]}
    unknown = api.call("GET", "/users/usr_none")
    for answer in (
        api.call("GET", f"/users/{theirs.id}"),
        api.call("GET", f"/users/{theirs.id}/groups"),
        api.call("POST", f"/users/{theirs.id}/permissions", body),
        api.call("PUT", f"/users/{theirs.id}/permissions", body),
        api.call("DELETE", "/users", **{"userIds[0]": mine.id, "userIds[1]": theirs.id}),
    ):
        assert answer.status == 404
        told = answer.json["errors"][0]["message"].replace(theirs.id, "usr_none")
        assert told == unknown.json["errors"][0]["message"]
    assert api.call("GET", f"/users/{mine.id}").status == 200, "a call is done whole or not"


@pytest.mark.parametrize("named", [[], [f"usr_{n}" for n in range(201)]])
def test_a_call_removes_one_to_200_users(api: Asking, named: list[str]) -> None:
    query = {f"userIds[{n}]": each for n, each in enumerate(named)}
    answer = api.call("DELETE", "/users", **query)
    assert (answer.status, answer.fields) == (422, ["userIds"])


def test_what_groups_may_do_counts_for_who_is_in_them(api: Asking) -> None:
    ada = user(api, "ada@x.org", "source_read_only")
    shop = source(api)
    inside = group(api, "web", "ada@x.org")
    given = {"roleId": "source_admin", "resources": [{"id": shop, "type": "SOURCE"}]}
    api.call("POST", f"/groups/{inside}/permissions", {"permissions": [given]})
    found = actor(api, ada.id)
    assert found is not None
    assert (found.kind, found.email) == ("user", "ada@x.org")
    assert {(each.role, each.resources) for each in found.grants} == {
        ("source_read_only", ()),
        ("source_admin", (Resource("SOURCE", shop),)),
    }
    listed = api.call("GET", f"/users/{ada.id}/groups").data
    assert listed["groups"] == [{"id": inside, "name": "web"}]
    assert listed["pagination"]["totalEntries"] == 1
    own = api.call("GET", f"/users/{ada.id}").data["user"]["permissions"]
    assert [each["roleId"] for each in own] == ["source_read_only"]


def test_roles_are_told_with_what_they_allow(api: Asking) -> None:
    first = api.call("GET", "/roles", **{"pagination[count]": "5"}).data
    cursor = {"pagination[cursor]": first["pagination"]["next"]}
    rest = api.call("GET", "/roles", **cursor).data
    told = {each["id"]: each for each in first["roles"] + rest["roles"]}
    assert len(told) == first["pagination"]["totalEntries"] == 12
    assert told["owner"]["name"] == OWNER
    assert all(each["description"] for each in told.values())
