"""Audit events in the Public API, and what denied calls leave there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.clock import iso
from headgate.control.denials import HOUR_MS, Denials, Tried
from headgate.control.errors import Conflict, Forbidden, Missing
from headgate.store.errors import StoreBusy
from headgate.store.trail import Search, Trail
from tests.unit.api.asking import NOW, Asking, asking
from tests.unit.api.people import group, trail

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import AuditRecord

DENIED = "Access Denied"


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


def denied(api: Asking, workspace: str | None = None) -> list[AuditRecord]:
    with api.store.read() as transaction:
        found = Trail(transaction, workspace or api.workspace.id).found(Search(), None, 1000)
    return [each for each in found if each.type == DENIED]


def events(api: Asking, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.call("GET", "/audit-events", **query).data["events"]
    return found


def test_events_are_told_the_newest_first_page_by_page(api: Asking) -> None:
    ids = [group(api, name) for name in ("one", "two", "three")]
    query = {"resourceType": "USER_GROUP", "pagination[count]": "2"}
    first = api.call("GET", "/audit-events", **query).data
    assert first["pagination"]["totalEntries"] == 3
    group(api, "meanwhile")
    rest = {**query, "pagination[cursor]": first["pagination"]["next"]}
    seen = first["events"] + api.call("GET", "/audit-events", **rest).data["events"]
    assert [each["resourceId"] for each in seen] == ids[::-1]
    assert seen[0] == {
        "id": seen[0]["id"],
        "timestamp": iso(NOW),
        "type": "User Group Created",
        "actor": "operator",
        "resourceId": ids[-1],
        "resourceType": "USER_GROUP",
        "resourceName": "three",
    }


def test_events_are_found_by_their_time_and_resource(api: Asking) -> None:
    ids = []
    for name in ("one", "two", "three"):
        api.clock.now += 1000
        ids.append(group(api, name))
    groups = {"resourceType": "USER_GROUP"}
    since, until = {"startTime": iso(NOW + 2000)}, {"endTime": iso(NOW + 2000)}
    assert [each["resourceId"] for each in events(api, **since, **groups)] == ids[:0:-1]
    assert [each["resourceId"] for each in events(api, **until, **groups)] == ids[:1]
    assert events(api, **since, **until) == []
    assert [each["resourceName"] for each in events(api, resourceId=ids[1])] == ["two"]
    assert events(api, resourceId=ids[1], resourceType="SOURCE") == []
    total = api.call("GET", "/audit-events", **groups, **since).data["pagination"]["totalEntries"]
    assert total == 2


@pytest.mark.parametrize("name", ["startTime", "endTime"])
def test_what_is_no_time_is_refused(api: Asking, name: str) -> None:
    answer = api.call("GET", "/audit-events", **{name: "yesterday"})
    assert (answer.status, answer.fields) == (422, [name])


@pytest.mark.abuse("ac_role_owner_only")
def test_only_owners_read_the_trail_and_each_its_own(api: Asking) -> None:
    group(api, "web")
    assert api.call("GET", "/audit-events", token=api.token("member")).status == 403
    theirs = api.call("GET", "/audit-events", token=api.foreign).data["events"]
    assert {each["resourceType"] for each in theirs} == {"TOKEN"}


@pytest.mark.abuse("ac_idor_patch", "ac_role_read")
def test_a_change_that_is_denied_is_written_down_where_the_actor_is(api: Asking) -> None:
    web = group(api, "web")
    member = api.token("member")
    assert api.call("PATCH", f"/groups/{web}", {"name": "x"}, token=member).status == 403
    assert api.call("PATCH", f"/groups/{web}", {"name": "x"}, token=api.foreign).status == 404
    assert api.call("GET", "/audit-events", token=member).status == 403, "and reading is not"
    (mine,), (theirs,) = denied(api), denied(api, api.other.id)
    assert (mine.resource, mine.resource_type) == ("update_user_group", "OPERATION")
    assert mine.resource_name == "PATCH /groups/{userGroupId}"
    assert (mine.what, theirs.what) == (("forbidden",), ("missing",))
    assert mine.actor != theirs.actor
    assert web not in str(theirs), "what others have is not told"


@pytest.mark.abuse("ac_sec_audit_flood")
def test_ten_thousand_denied_calls_leave_a_record_an_hour(api: Asking) -> None:
    denials, actor = Denials(api.control.premises), api.operator()
    tried = [Tried("delete_users", "DELETE /users"), Tried("create_invites", "POST /invites")]
    api.clock.now = NOW - NOW % HOUR_MS
    for number in range(10_000):
        denials.note(actor, tried[number % 2], Forbidden("no"))
        denials.note(actor, tried[number % 2], Conflict("something else"))
    assert sorted(each.resource for each in denied(api)) == ["create_invites", "delete_users"]
    api.clock.now += HOUR_MS
    for _ in range(100):
        denials.note(actor, tried[0], Missing("nothing"))
    assert len(denied(api)) == 3
    with api.store.read() as transaction:
        assert Trail(transaction, api.workspace.id).broken_at() is None


def test_a_record_that_could_not_be_written_is_written_at_the_next_try(
    api: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    denials, tried = Denials(api.control.premises), Tried("delete_users", "DELETE /users")
    with monkeypatch.context() as busy:
        busy.setattr(Trail, "add", lambda *_, **__: (_ for _ in ()).throw(StoreBusy("busy")))
        with pytest.raises(StoreBusy):
            denials.note(api.operator(), tried, Forbidden("no"))
    assert denied(api) == []
    denials.note(api.operator(), tried, Forbidden("no"))
    assert len(denied(api)) == 1


def test_many_denied_calls_of_a_client_leave_one_record(api: Asking) -> None:
    member = api.token("member")
    before = len(trail(api))
    for _ in range(50):
        assert api.call("DELETE", "/users", token=member, userIds="usr_none").status == 403
    assert len(trail(api)) == before + 1
