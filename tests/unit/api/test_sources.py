"""Sources over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from headgate.control.declaring.export import export
from headgate.control.nouns import sources
from headgate.store.access import Grants
from headgate.store.oauth_apps import OAuthApps
from headgate.store.records import Label, Resource
from headgate.store.snapshot import SnapshotReader
from headgate.store.snapshot.model import PublicKey
from headgate.store.trail import Trail
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import created, source, told, trail

if TYPE_CHECKING:
    from pathlib import Path

    from headgate.store.records import AuditRecord
    from headgate.store.snapshot import Source

JAVASCRIPT = {
    "id": "IqDTy1TpoU",
    "slug": "javascript",
    "name": "Javascript",
    "description": "Web pages: analytics.js.",
    "logos": {"default": ""},
    "options": [],
    "categories": ["Website"],
    "isCloudEventSource": False,
    "status": "PUBLIC",
}
SHOP = {"slug": "shop", "enabled": True, "metadataId": "IqDTy1TpoU"}
TRAITS = {
    "allowUnplannedTraits": True,
    "allowTraitsOnViolations": True,
    "commonEventOnViolations": "ALLOW",
}


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """For calls that change nothing: one for all of them."""
    return asking(tmp_path_factory.mktemp("refusing"))


def in_force(api: Asking) -> dict[str, Source]:
    """The sources of the published snapshot, by id."""
    snapshot = SnapshotReader(api.store.folder.snapshots).refresh()
    assert snapshot is not None
    return {each.id: each for each in snapshot.sources.values()}


def last(api: Asking) -> AuditRecord:
    with api.control.read(api.operator()) as work:
        return Trail(work.transaction, work.workspace.id).page(None, 1000)[-1]


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(each["field"], each["message"]) for each in answer.json["errors"]]


# made and seen


@pytest.mark.parametrize("kind", ["IqDTy1TpoU", "javascript"])
def test_a_new_source_is_in_force_with_a_write_key(api: Asking, kind: str) -> None:
    made = told(api, "create_source", "POST", "/sources", {**SHOP, "metadataId": kind})
    found = made.data["source"]
    (key,) = found["writeKeys"]
    assert made.status == 201
    assert found == {
        "id": found["id"],
        "slug": "shop",
        "name": "shop",
        "metadata": JAVASCRIPT,
        "workspaceId": api.workspace.id,
        "enabled": True,
        "writeKeys": [key],
        "settings": {},
        "labels": [],
    }
    assert in_force(api)[found["id"]].write_keys == (key,)
    assert trail(api)[-1] == ("Source Created", "SOURCE", found["id"])


def test_a_new_source_is_one_line_of_the_trail(api: Asking) -> None:
    before = len(trail(api))
    api.call("POST", "/sources", SHOP)
    assert len(trail(api)) == before + 1


def test_a_source_is_seen_by_its_id_and_in_pages(api: Asking) -> None:
    ids = [source(api, slug) for slug in ("a", "b", "c")]
    one = told(api, "get_source", "GET", f"/sources/{ids[1]}").data
    assert (one["source"]["slug"], one["trackingPlanId"]) == ("b", None)
    first = told(api, "list_sources", "GET", "/sources", **{"pagination[count]": "2"}).data
    query = {"pagination[count]": "2", "pagination[cursor]": first["pagination"]["next"]}
    rest = told(api, "list_sources", "GET", "/sources", **query).data
    assert [each["id"] for each in first["sources"]] == ids[:2]
    assert [each["id"] for each in rest["sources"]] == ids[2:]
    assert (rest["pagination"]["totalEntries"], "next" in rest["pagination"]) == (3, False)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"metadataId": "webflow"}, "metadataId"),
        ({"slug": "Shop!"}, "slug"),
        ({"slug": ""}, "slug"),
        ({"settings": {"apiHost": "api.segment.io/v1"}}, "settings"),
        ({"disconnectAllWarehouses": False}, "disconnectAllWarehouses"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_what_cannot_be_made_is_refused_by_its_field(
    refusing: Asking, wrong: dict[str, Any], field: str
) -> None:
    answer = refusing.call("POST", "/sources", {**SHOP, **wrong})
    assert (answer.status, answer.fields) == (422, [field])
    assert refusing.call("GET", "/sources").data["sources"] == []


def test_what_changes_nothing_may_be_said(api: Asking) -> None:
    more = {"settings": {}, "disconnectAllWarehouses": True}
    assert api.call("POST", "/sources", {**SHOP, **more}).status == 201


def test_a_slug_is_given_once_in_a_workspace(api: Asking) -> None:
    assert api.call("POST", "/sources", SHOP).status == 201
    assert api.call("POST", "/sources", SHOP).status == 409
    assert api.call("POST", "/sources", SHOP, token=api.foreign).status == 201


def test_a_write_key_of_anybody_is_not_given_again(api: Asking) -> None:
    source(api, "shop", write_keys=["wk_shop"])
    with (
        pytest.raises(Exception, match=r"write_keys\[0\]: is in use already"),
        api.control.write(api.operator(api.other.id)) as work,
    ):
        sources.create(work, {"slug": "theirs", "write_keys": ["wk_shop"]})


# changed


def test_a_source_is_renamed_and_switched_off(api: Asking) -> None:
    id_ = source(api, "shop")
    before = in_force(api)[id_].write_keys
    body = {"name": "The shop", "enabled": False, "slug": "store", "settings": {}}
    changed = told(api, "update_source", "PATCH", f"/sources/{id_}", body).data["source"]
    assert (changed["name"], changed["enabled"], changed["slug"]) == ("The shop", False, "store")
    now = in_force(api)[id_]
    assert (now.name, now.enabled, now.slug, now.write_keys) == ("The shop", False, "store", before)
    noted = last(api)
    assert (noted.type, noted.resource) == ("Source Modified", id_)
    assert noted.what == ("slug", "enabled", "name")


def test_connections_stay_with_a_source_that_gets_another_slug(api: Asking) -> None:
    id_ = source(api, "shop")
    connection = created(api, id_)
    assert api.call("PATCH", f"/sources/{id_}", {"slug": "store"}).status == 200
    found = api.call("GET", f"/destinations/{connection}").data["destination"]
    assert found["sourceId"] == id_
    declared = yaml.safe_load(export(api.store, "main"))
    assert [each["source"] for each in declared["connections"]] == ["store"]


def test_a_source_cannot_take_the_slug_of_another(api: Asking) -> None:
    shop, store = source(api, "shop"), source(api, "store")
    assert api.call("PATCH", f"/sources/{store}", {"slug": "shop"}).status == 409
    assert [in_force(api)[each].slug for each in (shop, store)] == ["shop", "store"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"slug": "A"}, "slug"), ({"settings": {"a": 1}}, "settings")],
)
def test_a_change_that_cannot_be_is_refused(api: Asking, wrong: dict[str, Any], field: str) -> None:
    id_ = source(api, "shop")
    rows = len(trail(api))
    answer = api.call("PATCH", f"/sources/{id_}", wrong)
    assert (answer.status, answer.fields, len(trail(api))) == (422, [field], rows)


# deleted


def test_a_source_goes_with_its_connections_and_nothing_else(api: Asking) -> None:
    shop, other = source(api, "shop"), source(api, "other")
    gone, stays = created(api, shop), created(api, other, name="Other")
    with api.control.write(api.operator()) as work:
        OAuthApps(work.transaction, work.workspace.id).add(
            slug="backend",
            name="Backend",
            keys=(PublicKey("one", "pem"),),
            scopes=(),
            token_seconds=60,
            enabled=True,
            revoke_before=None,
        )
        work.note("OAuth App Created", "OAUTH_APP", "app", "backend")
    assert told(api, "delete_source", "DELETE", f"/sources/{shop}").data == {"status": "SUCCESS"}
    assert api.call("GET", f"/sources/{shop}").status == 404
    assert api.call("GET", f"/destinations/{gone}").status == 404
    assert api.call("GET", f"/destinations/{stays}").status == 200
    assert shop not in in_force(api)
    with api.control.read(api.operator()) as work:
        apps = OAuthApps(work.transaction, work.workspace.id).all()
    assert [each.slug for each in apps] == ["backend"]
    assert trail(api)[-2:] == [
        ("Integration Deleted", "DESTINATION", gone),
        ("Source Deleted", "SOURCE", shop),
    ]


# its write keys


def test_a_source_gets_a_second_write_key_and_gives_up_the_first(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_first"])
    path = f"/sources/{id_}/writekey"
    made = told(api, "create_write_key_for_source", "POST", path).data["source"]
    (new,) = set(made["writeKeys"]) - {"wk_first"}
    assert set(in_force(api)[id_].write_keys) == {"wk_first", new}
    assert last(api).what == ("write_keys",)
    gone = told(api, "remove_write_key_from_source", "DELETE", f"{path}/wk_first")
    assert gone.data == {"status": "SUCCESS"}
    assert in_force(api)[id_].write_keys == (new,)
    assert trail(api)[-2:] == [("Source Modified", "SOURCE", id_)] * 2


def test_the_last_write_key_stays(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_last"])
    assert api.call("DELETE", f"/sources/{id_}/writekey/wk_last").status == 409
    assert in_force(api)[id_].write_keys == ("wk_last",)


def test_a_write_key_is_given_up_only_by_its_own_source(api: Asking) -> None:
    one = source(api, "one", write_keys=["wk_one", "wk_more"])
    other = source(api, "other", write_keys=["wk_other", "wk_others"])
    assert api.call("DELETE", f"/sources/{one}/writekey/wk_other").status == 404
    assert in_force(api)[other].write_keys == ("wk_other", "wk_others")


# what it does without a tracking plan


def test_nothing_is_kept_back_for_a_plan_that_is_not_there(api: Asking) -> None:
    id_ = source(api, "shop")
    op, path = "list_schema_settings_in_source", f"/sources/{id_}/settings"
    assert told(api, op, "GET", path).data == {
        "sourceId": id_,
        "settings": {
            "track": {
                "allowUnplannedEvents": True,
                "allowUnplannedEventProperties": True,
                "allowEventOnViolations": True,
                "allowPropertiesOnViolations": True,
                "commonEventOnViolations": "ALLOW",
            },
            "identify": TRAITS,
            "group": TRAITS,
        },
    }


def test_a_schema_setting_may_be_set_to_what_it_is(api: Asking) -> None:
    id_ = source(api, "shop")
    path = f"/sources/{id_}/settings"
    body = {
        "track": {"allowUnplannedEvents": True, "allowEventOnViolations": None},
        "group": TRAITS,
    }
    more = {"forwardingViolationsTo": "", "forwardingBlockedEventsTo": None}
    changed = told(api, "update_schema_settings_in_source", "PATCH", path, {**body, **more})
    assert changed.data == api.call("GET", path).data
    assert trail(api)[-1] == ("Source Modified", "SOURCE", id_)


def test_what_needs_a_tracking_plan_is_refused_by_its_field(api: Asking) -> None:
    id_ = source(api, "shop")
    body = {
        "track": {"allowUnplannedEvents": False, "commonEventOnViolations": "BLOCK"},
        "identify": {"allowUnplannedTraits": False},
        "forwardingBlockedEventsTo": id_,
    }
    answer = api.call("PATCH", f"/sources/{id_}/settings", body)
    so = "is for tracking plans, which there are none of"
    assert answer.status == 422
    assert faults(answer) == [
        (field, f"{field}: {so}: {cure}")
        for field, cure in (
            ("track.allowUnplannedEvents", "it can only be true"),
            ("track.commonEventOnViolations", 'it can only be "ALLOW"'),
            ("identify.allowUnplannedTraits", "it can only be true"),
            ("forwardingBlockedEventsTo", "leave it out"),
        )
    ]


# what it is connected to


def test_the_destinations_of_a_source_are_its_own(api: Asking) -> None:
    shop, other = source(api, "shop"), source(api, "other")
    ids = [created(api, shop, name=name) for name in ("A", "B")]
    created(api, other, name="C")
    op, path = "list_connected_destinations_from_source", f"/sources/{shop}/connected-destinations"
    found = told(api, op, "GET", path).data
    assert [each["id"] for each in found["destinations"]] == ids
    assert found["pagination"]["totalEntries"] == 2


def test_a_source_has_no_warehouses(api: Asking) -> None:
    path = f"/sources/{source(api, 'shop')}/connected-warehouses"
    found = told(api, "list_connected_warehouses_from_source", "GET", path).data
    assert (found["warehouses"], found["pagination"]["totalEntries"]) == ([], 0)


# who may

CALLS = [
    ("GET", "", b""),
    ("PATCH", "", {"name": "Mine"}),
    ("DELETE", "", b""),
    ("POST", "/writekey", b""),
    ("DELETE", "/writekey/wk_shop", b""),
    ("GET", "/settings", b""),
    ("PATCH", "/settings", {"group": TRAITS}),
    ("GET", "/connected-destinations", b""),
    ("GET", "/connected-warehouses", b""),
]


def test_another_workspaces_source_is_none(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_shop", "wk_more"])
    before = in_force(api)
    for method, rest, body in CALLS:
        theirs = api.call(method, f"/sources/{id_}{rest}", body, token=api.foreign)
        nobodys = api.call(method, f"/sources/nobody{rest}", body, token=api.foreign)
        assert (theirs.status, nobodys.status) == (404, 404), (method, rest)
        assert str(theirs.json).replace(id_, "nobody") == str(nobodys.json)
    assert in_force(api) == before


def test_who_may_only_read_changes_nothing(api: Asking) -> None:
    id_ = source(api, "shop", write_keys=["wk_shop", "wk_more"])
    before, reader = in_force(api), api.token("source_read_only")
    for method, rest, body in CALLS:
        status = api.call(method, f"/sources/{id_}{rest}", body, token=reader).status
        assert status == (200 if method == "GET" else 403), (method, rest)
    assert in_force(api) == before
    assert [each[0] for each in trail(api) if each[2] == id_ and "Denied" not in each[0]] == [
        "Source Created"
    ]


def test_who_may_change_one_source_makes_no_other(api: Asking) -> None:
    id_ = source(api, "shop")
    source(api, "other")
    admin = api.token("source_admin", resources=[Resource("SOURCE", id_)])
    assert api.call("POST", "/sources", {**SHOP, "slug": "third"}, token=admin).status == 403
    assert api.call("PATCH", f"/sources/{id_}", {"name": "Mine"}, token=admin).status == 200
    listed = api.call("GET", "/sources", token=admin).data
    assert [each["id"] for each in listed["sources"]] == [id_]
    assert listed["pagination"]["totalEntries"] == 1


def test_who_sees_sources_by_a_label_sees_those_that_carry_it(api: Asking) -> None:
    shop, _ = source(api, "shop", labels={"env": "prod"}), source(api, "other")
    reader = api.token("source_read_only", labels=[Label("env", "prod")])
    found = api.call("GET", "/sources", token=reader).data["sources"]
    assert [(each["id"], each["labels"]) for each in found] == [
        (shop, [{"key": "env", "value": "prod"}])
    ]
    with api.control.read(api.operator()) as work:
        assert any(each.labels for each in Grants(work.transaction, work.workspace.id).all())
