"""User groups in the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.access.people import owners
from headgate.control.nouns import invites
from tests.unit.api.asking import Asking, asking
from tests.unit.api.people import group, trail, user, whole

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def made(api: Asking, name: str) -> dict[str, Any]:
    found: dict[str, Any] = api.call("POST", "/groups", {"name": name}).data["userGroup"]
    return found


def numbered(*emails: str) -> dict[str, str]:
    return {f"emails[{number}]": each for number, each in enumerate(emails)}


def test_a_group_is_made_listed_renamed_and_removed(api: Asking) -> None:
    web, ops = made(api, " web "), made(api, "ops")
    assert web == {"id": web["id"], "name": "web", "memberCount": 0, "permissions": []}
    assert trail(api)[1] == ("User Group Created", "USER_GROUP", "web")
    first = api.call("GET", "/groups", **{"pagination[count]": "1"}).data
    rest = api.call("GET", "/groups", **{"pagination[cursor]": first["pagination"]["next"]}).data
    listed = first["userGroups"] + rest["userGroups"]
    assert listed == sorted([web, ops], key=lambda each: str(each["id"]))
    path = f"/groups/{web['id']}"
    assert api.call("PATCH", path, {"name": "Web"}).data["userGroup"]["name"] == "Web"
    assert trail(api)[0] == ("User Group Updated", "USER_GROUP", "Web")
    assert api.call("DELETE", path).data == {"status": "SUCCESS"}
    assert trail(api)[0] == ("User Group Deleted", "USER_GROUP", "Web")
    assert api.call("GET", path).status == 404
    assert [each["name"] for each in api.call("GET", "/groups").data["userGroups"]] == ["ops"]


@pytest.mark.parametrize("name", ["", "  ", "n" * 129])
def test_a_name_that_cannot_be_is_refused(api: Asking, name: str) -> None:
    web = made(api, "web")
    for method, path in (("POST", "/groups"), ("PATCH", f"/groups/{web['id']}")):
        answer = api.call(method, path, {"name": name})
        assert (answer.status, answer.fields) == (422, ["name"])


def test_a_name_is_given_once(api: Asking) -> None:
    web, ops = made(api, "web"), made(api, "ops")
    assert api.call("POST", "/groups", {"name": "web"}).status == 409
    assert api.call("PATCH", f"/groups/{ops['id']}", {"name": "web"}).status == 409
    assert api.call("PATCH", f"/groups/{web['id']}", {"name": "web"}).status == 200, "its own"
    assert api.call("POST", "/groups", {"name": "web"}, token=api.foreign).status == 200


def test_users_and_the_invited_join_and_leave(api: Asking) -> None:
    ada, bob = user(api, "ada@x.org", "member"), user(api, "bob@x.org", "member")
    with api.control.write(api.operator()) as work:
        invites.create(work, [{"email": "new@x.org"}])
    web = made(api, "web")["id"]
    body = {"emails": ["Ada@x.org", "new@x.org"]}
    assert api.call("POST", f"/groups/{web}/users", body).data["userGroup"]["memberCount"] == 1
    assert trail(api)[0] == ("Group Memberships Created", "USER_GROUP", "web")
    users = api.call("GET", f"/groups/{web}/users").data
    assert users["users"] == [{"id": ada.id, "name": ada.name, "email": "ada@x.org"}]
    assert users["pagination"]["totalEntries"] == 1
    assert api.call("GET", f"/groups/{web}/invites").data["emails"] == ["new@x.org"]
    body = {"emails": ["bob@x.org", "ada@x.org"]}
    assert api.call("PUT", f"/group/{web}/users", body).data["userGroup"]["memberCount"] == 2
    assert trail(api)[0] == ("Group Memberships Updated", "USER_GROUP", "web")
    assert api.call("GET", f"/groups/{web}/invites").data["emails"] == []
    first = api.call("GET", f"/groups/{web}/users", **{"pagination[count]": "1"}).data
    rest = {"pagination[cursor]": first["pagination"]["next"]}
    assert [each["id"] for each in first["users"]] == [ada.id]
    left = api.call("GET", f"/groups/{web}/users", **rest).data
    assert [each["id"] for each in left["users"]] == [bob.id]
    gone = api.call("DELETE", f"/group/{web}/users", **numbered("ada@x.org"))
    assert gone.data == {"status": "SUCCESS"}
    assert trail(api)[0] == ("Group Memberships Deleted", "USER_GROUP", "web")
    assert (
        api.call("PUT", f"/group/{web}/users", {"emails": []}).data["userGroup"]["memberCount"] == 0
    )


def test_only_people_of_the_workspace_join(api: Asking) -> None:
    user(api, "theirs@x.org", "owner", workspace=api.other.id)
    user(api, "ada@x.org", "member")
    web = made(api, "web")["id"]
    for method, path in (("POST", f"/groups/{web}/users"), ("PUT", f"/group/{web}/users")):
        for email in ("theirs@x.org", "nobody@x.org"):
            answer = api.call(method, path, {"emails": ["ada@x.org", email]})
            assert (answer.status, answer.fields) == (422, ["emails"])
        assert api.call(method, path, {"emails": ["no address"]}).fields == ["emails.0"]
    assert api.call("DELETE", f"/group/{web}/users", **numbered("ada@x.org")).status == 404
    assert api.call("GET", f"/groups/{web}").data["userGroup"]["memberCount"] == 0


def test_what_a_group_may_do_is_added_and_replaced(api: Asking) -> None:
    web = made(api, "web")["id"]
    path = f"/groups/{web}/permissions"
    both = [whole(api, "member"), whole(api, "pii_access")]
    for each in both:
        held = api.call("POST", path, {"permissions": [each]}).data["permissions"]
    assert {each["roleId"] for each in held} == {"member", "pii_access"}
    assert trail(api)[0] == ("Policy Created", "USER_GROUP", "web")
    assert len(api.call("GET", f"/groups/{web}").data["userGroup"]["permissions"]) == 2
    held = api.call("PUT", path, {"permissions": both[1:]}).data["permissions"]
    assert held == [{"roleName": "PII Access", **both[1]}]
    assert trail(api)[0] == ("Policy Deleted", "USER_GROUP", "web")
    assert api.call("PUT", path, {"permissions": [{"roleId": "x", "resources": []}]}).status == 422


@pytest.mark.abuse("ac_role_self")
def test_a_workspace_that_is_owned_through_a_group_keeps_an_owner(api: Asking) -> None:
    ada = user(api, "ada@x.org", "member")
    web = group(api, "web", "ada@x.org")
    path = f"/groups/{web}"
    api.call("POST", f"{path}/permissions", {"permissions": [whole(api, "owner")]})
    with api.store.read() as transaction:
        assert owners(transaction, api.workspace.id) == {ada.id}
    changes: list[tuple[str, str, Any, dict[str, str]]] = [
        ("DELETE", path, b"", {}),
        ("PUT", f"{path}/permissions", {"permissions": [whole(api, "member")]}, {}),
        ("PUT", f"/group/{web}/users", {"emails": []}, {}),
        ("DELETE", f"/group/{web}/users", b"", {"emails": "ada@x.org"}),
        ("DELETE", "/users", b"", {"userIds": ada.id}),
    ]
    for method, where, body, query in changes:
        assert api.call(method, where, body, headers=None, **query).status == 409, (method, where)
    user(api, "bob@x.org", "owner")
    assert api.call("DELETE", path).status == 200


@pytest.mark.abuse("ac_idor_patch")
def test_groups_of_another_workspace_are_not_there(api: Asking) -> None:
    web = group(api, "web")
    body = {"permissions": [whole(api, "member")]}
    calls: list[tuple[str, str, Any]] = [
        ("GET", f"/groups/{web}", b""),
        ("GET", f"/groups/{web}/users", b""),
        ("GET", f"/groups/{web}/invites", b""),
        ("PATCH", f"/groups/{web}", {"name": "mine"}),
        ("DELETE", f"/groups/{web}", b""),
        ("POST", f"/groups/{web}/users", {"emails": ["a@x.org"]}),
        ("PUT", f"/group/{web}/users", {"emails": []}),
        ("POST", f"/groups/{web}/permissions", body),
        ("PUT", f"/groups/{web}/permissions", body),
    ]
    for method, path, given in calls:
        assert api.call(method, path, given, token=api.foreign).status == 404, (method, path)
    gone = api.call("DELETE", f"/group/{web}/users", token=api.foreign, emails="a@x.org")
    assert gone.status == 404
    assert api.call("GET", f"/groups/{web}").data["userGroup"]["name"] == "web"
    denied = trail(api, api.other.id)
    assert ("Access Denied", "OPERATION", "PATCH /groups/{userGroupId}") in denied


@pytest.mark.abuse("ac_role_owner_only")
def test_only_owners_change_groups(api: Asking) -> None:
    web, member = group(api, "web"), api.token("member")
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/groups", {"name": "new"}),
        ("PATCH", f"/groups/{web}", {"name": "mine"}),
        ("DELETE", f"/groups/{web}", b""),
        ("POST", f"/groups/{web}/users", {"emails": ["a@x.org"]}),
        ("PUT", f"/group/{web}/users", {"emails": []}),
        ("DELETE", f"/group/{web}/users", b""),
        ("POST", f"/groups/{web}/permissions", {"permissions": []}),
        ("PUT", f"/groups/{web}/permissions", {"permissions": []}),
    ]
    for method, path, given in calls:
        assert api.call(method, path, given, token=member).status == 403, (method, path)
    assert api.call("GET", f"/groups/{web}", token=member).status == 200
