"""Regulations and suppressions over the Public API: asked for, and not executed yet."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headgate.clock import iso
from headgate.control.nouns import regulations
from headgate.store.privacy import Regulations
from headgate.store.trail import Trail
from tests.unit.api.asking import NOW, Answer, Asking, asking
from tests.unit.api.connected import source, told, trail

if TYPE_CHECKING:
    from pathlib import Path

ADA, GRACE = "ada@lovelace.example", "grace@hopper.example"
PEOPLE = {"subjectType": "USER_ID", "subjectIds": [ADA, GRACE]}
SUPPRESS = {"regulationType": "SUPPRESS_ONLY", **PEOPLE}


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """For calls that change nothing: one for all of them."""
    return asking(tmp_path_factory.mktemp("refusing"))


def regulate(api: Asking, of: str | None = None, **given: Any) -> Answer:
    op = "create_workspace_regulation" if of is None else "create_source_regulation"
    path = "/regulations" if of is None else f"/regulations/sources/{of}"
    return told(api, op, "POST", path, {**SUPPRESS, **given})


def regulated(api: Asking, of: str | None = None, **given: Any) -> str:
    """A new regulation, by its id."""
    return str(regulate(api, of, **given).data["regulateId"])


def listed(api: Asking, **query: Any) -> list[dict[str, Any]]:
    data = told(api, "list_workspace_regulations", "GET", "/regulations", **query).data
    found: list[dict[str, Any]] = data["regulations"]
    return found


def finish(api: Asking, id_: str, status: Any = "FINISHED") -> None:
    """As whatever executes regulations will."""
    with api.store.write() as transaction:
        repository = Regulations(transaction, api.workspace.id)
        done = msgspec.structs.replace(repository.one(id_), status=status, finished_at=NOW)
        repository.update(done)


def suppressed(api: Asking, **query: Any) -> Any:
    return told(api, "list_suppressions", "GET", "/suppressions", **query).data


def test_a_regulation_is_written_down_and_nothing_is_begun(api: Asking) -> None:
    id_ = regulated(api)
    found = told(api, "get_regulation", "GET", f"/regulations/{id_}").data["regulation"]
    assert found == {
        "id": id_,
        "workspaceId": api.workspace.id,
        "overallStatus": "INITIALIZED",
        "createdAt": iso(NOW),
        "streamStatus": [],
    }
    assert listed(api) == [
        {
            "id": id_,
            "regulationType": "SUPPRESS_ONLY",
            "subjectType": "USER_ID",
            "subjects": [ADA, GRACE],
            "status": "INITIALIZED",
            "createdAt": iso(NOW),
        }
    ]
    assert suppressed(api)["suppressed"] == []


def test_whom_a_regulation_is_about_is_not_in_the_trail(api: Asking) -> None:
    id_ = regulated(api)
    told(api, "delete_regulation", "DELETE", f"/regulations/{id_}")
    assert trail(api)[-2:] == [
        ("Regulation Created", "REGULATION", id_),
        ("Regulation Deleted", "REGULATION", id_),
    ]
    with api.control.read(api.operator()) as work:
        rows = Trail(work.transaction, work.workspace.id).page(None, 100)
    assert rows[-1].resource_name == "SUPPRESS_ONLY of 2"
    assert ADA.encode() not in msgspec.json.encode(rows)


def test_whom_a_regulation_is_about_is_not_in_the_logs(
    api: Asking, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    id_ = regulated(api)
    regulate(api, subjectIds=[ADA, ""])
    api.call("POST", "/regulations", SUPPRESS, token=api.token("member"))
    finish(api, id_)
    page = suppressed(api, **{"pagination[count]": "1"})["pagination"]
    suppressed(api, **{"pagination[count]": "1", "pagination[cursor]": page["next"]})
    assert ADA not in "".join([*capfd.readouterr(), caplog.text])
    assert ADA not in base64.urlsafe_b64decode(page["next"] + "==").decode("latin-1")


def test_a_subject_that_is_named_twice_counts_once(api: Asking) -> None:
    regulated(api, subjectIds=[ADA, GRACE, ADA])
    assert listed(api)[0]["subjects"] == [ADA, GRACE]


@pytest.mark.parametrize("kind", [each for each in regulations.KINDS if "ARCHIVE" not in each])
def test_every_kind_can_be_asked_for(api: Asking, kind: str) -> None:
    regulated(api, regulationType=kind)
    regulated(api, source(api, "shop"), regulationType=kind, subjectType="ANONYMOUS_ID")
    assert [each["regulationType"] for each in listed(api)] == [kind]


def test_a_source_has_its_own(api: Asking) -> None:
    shop, other = source(api, "shop"), source(api, "other")
    whole, one = regulated(api), regulated(api, shop, regulationType="DELETE_ARCHIVE_ONLY")
    op = "list_regulations_from_source"
    found = told(api, op, "GET", f"/regulations/sources/{shop}").data["regulations"]
    assert [each["id"] for each in found] == [one]
    assert [each["id"] for each in listed(api)] == [whole]
    assert api.call("GET", f"/regulations/sources/{other}").data["regulations"] == []
    assert api.call("DELETE", f"/sources/{shop}").status == 200
    assert api.call("GET", f"/regulations/sources/{shop}").status == 404
    assert api.call("GET", f"/regulations/{one}").status == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"regulationType": "FORGET"}, "regulationType"),
        ({"regulationType": "DELETE_ARCHIVE_ONLY"}, "regulationType"),
        ({"subjectType": "OBJECT_ID"}, "subjectType"),
        ({"subjectType": "ANONYMOUS_ID"}, "subjectType"),
        ({"subjectIds": []}, "subjectIds"),
        ({"subjectIds": [ADA] * 5001}, "subjectIds"),
        ({"subjectIds": [ADA, ""]}, "subjectIds.1"),
        ({"subjectIds": [ADA, " \t"]}, "subjectIds.1"),
        ({"subjectIds": ["*"]}, "subjectIds.0"),
        ({"subjectIds": ["%%"]}, "subjectIds.0"),
        ({"subjectIds": [ADA, 7]}, "subjectIds.1"),
        ({"subjectIds": [f"{ADA}\0"]}, "subjectIds.0"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_by_its_field(
    refusing: Asking, wrong: dict[str, Any], field: str
) -> None:
    answer = refusing.call("POST", "/regulations", {**SUPPRESS, **wrong})
    assert (answer.status, answer.fields) == (422, [field])
    assert ADA not in str(answer.json)
    assert listed(refusing) == []


def test_as_many_subjects_as_there_may_be_are_taken(api: Asking) -> None:
    regulated(api, subjectIds=[f"user-{number}" for number in range(5000)])
    assert len(listed(api)[0]["subjects"]) == 5000


def test_an_id_with_a_star_in_it_is_an_id_as_any_other(api: Asking) -> None:
    regulated(api, subjectIds=["a*", "100%"])
    assert listed(api)[0]["subjects"] == ["a*", "100%"]


def test_regulations_are_found_by_kind_and_status(api: Asking) -> None:
    ids = [
        regulated(api, regulationType=kind)
        for kind in ("SUPPRESS_ONLY", "DELETE_ONLY", "UNSUPPRESS")
    ]
    finish(api, ids[1])
    kinds = {"regulationTypes[0]": "DELETE_ONLY", "regulationTypes[1]": "UNSUPPRESS"}
    assert [each["id"] for each in listed(api, **kinds)] == ids[1:]
    assert [each["id"] for each in listed(api, status="INITIALIZED")] == [ids[0], ids[2]]
    (done,) = listed(api, status="FINISHED", **kinds)
    assert done["finishedAt"] == iso(NOW)
    for name in ("status", "regulationTypes"):
        answer = api.call("GET", "/regulations", **{name: "SOON"})
        assert (answer.status, answer.fields) == (422, [name])


def test_regulations_have_pages(api: Asking) -> None:
    shop = source(api, "shop")
    for of, path in ((None, "/regulations"), (shop, f"/regulations/sources/{shop}")):
        ids = [regulated(api, of) for _ in range(3)]
        first = api.call("GET", path, **{"pagination[count]": "2"}).data
        cursor = {"pagination[count]": "2", "pagination[cursor]": first["pagination"]["next"]}
        rest = api.call("GET", path, **cursor).data
        assert [each["id"] for each in (*first["regulations"], *rest["regulations"])] == ids
        assert first["pagination"]["totalEntries"] == 3


def test_what_was_begun_is_not_withdrawn(api: Asking) -> None:
    begun, waiting = regulated(api), regulated(api)
    finish(api, begun, "RUNNING")
    gone = told(api, "delete_regulation", "DELETE", f"/regulations/{waiting}")
    assert gone.data == {"status": "SUCCESS"}
    assert api.call("GET", f"/regulations/{waiting}").status == 404
    assert api.call("DELETE", f"/regulations/{begun}").status == 409
    assert [each["status"] for each in listed(api)] == ["RUNNING"]


def test_suppressed_is_whom_a_finished_regulation_suppressed(api: Asking) -> None:
    first, again = regulated(api), regulated(api, regulationType="UNSUPPRESS", subjectIds=[ADA])
    deleted = regulated(api, regulationType="DELETE_ONLY", subjectIds=["alan"])
    both = regulated(api, regulationType="SUPPRESS_WITH_DELETE", subjectIds=["alan"])
    regulated(api, subjectIds=["not yet"])
    finish(api, regulated(api, source(api, "shop"), subjectIds=["of one source"]))
    for each in (first, again, deleted, both):
        finish(api, each)
    named = [{"subjectType": "USER_ID", "subjectIds": [each]} for each in (GRACE, "alan")]
    assert suppressed(api)["suppressed"] == named
    page = suppressed(api, **{"pagination[count]": "1"})
    assert page["suppressed"] == named[:1]
    cursor = {"pagination[count]": "1", "pagination[cursor]": page["pagination"]["next"]}
    rest = suppressed(api, **cursor)
    assert (rest["suppressed"], rest["pagination"]["totalEntries"]) == (named[1:], 2)


def test_cloud_sources_there_are_none(api: Asking) -> None:
    path = f"/regulations/cloudsources/{source(api, 'shop')}"
    assert api.call("POST", path, {**SUPPRESS, "collection": "orders"}).status == 501


def test_privacy_is_for_owners_and_its_own_role(api: Asking) -> None:
    id_, shop = regulated(api), source(api, "shop")
    keeper = api.token("privacy_admin")
    assert api.call("GET", "/regulations", token=keeper).status == 200
    assert api.call("POST", "/regulations", SUPPRESS, token=keeper).status == 200
    of_shop = f"/regulations/sources/{shop}"
    assert api.call("POST", of_shop, SUPPRESS, token=keeper).status == 200
    member = api.token("member", "source_admin", "warehouse_admin")
    for method, path, body in (
        ("GET", "/regulations", b""),
        ("GET", of_shop, b""),
        ("GET", f"/regulations/{id_}", b""),
        ("GET", "/suppressions", b""),
        ("POST", "/regulations", SUPPRESS),
        ("POST", of_shop, SUPPRESS),
        ("DELETE", f"/regulations/{id_}", b""),
    ):
        answer = api.call(method, path, body, token=member)
        assert (answer.status, ADA in str(answer.json)) == (403, False)


@pytest.mark.abuse("ac_idor_list", "ac_idor_get")
def test_nobody_sees_or_withdraws_what_another_workspace_asked_for(api: Asking) -> None:
    id_, shop = regulated(api), source(api, "shop")
    finish(api, regulated(api))
    assert api.call("GET", "/regulations", token=api.foreign).data["regulations"] == []
    assert api.call("GET", "/suppressions", token=api.foreign).data["suppressed"] == []
    for method, path, body in (
        ("GET", f"/regulations/{id_}", b""),
        ("DELETE", f"/regulations/{id_}", b""),
        ("GET", f"/regulations/sources/{shop}", b""),
        ("POST", f"/regulations/sources/{shop}", SUPPRESS),
    ):
        assert api.call(method, path, body, token=api.foreign).status == 404
