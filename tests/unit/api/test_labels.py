"""Labels over the Public API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.store.labels import Labels
from headgate.store.records import Label, Resource
from tests.unit.api.asking import Asking, asking
from tests.unit.api.connected import source, told, trail

if TYPE_CHECKING:
    from pathlib import Path

PROD, TEST = {"key": "env", "value": "prod"}, {"key": "env", "value": "test"}


@pytest.fixture
def api(tmp_path: Path) -> Asking:
    return asking(tmp_path)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """For calls that change nothing: one for all of them."""
    return asking(tmp_path_factory.mktemp("refusing"))


def make(api: Asking, *labels: dict[str, str]) -> None:
    for label in labels:
        assert api.call("POST", "/labels", {"label": label}).status == 201


def carried(api: Asking, id_: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = api.call("GET", f"/sources/{id_}").data["source"]["labels"]
    return found


# of the workspace


def test_a_label_is_made_listed_and_deleted(api: Asking) -> None:
    label = {**PROD, "description": "What customers see"}
    made = told(api, "create_label", "POST", "/labels", {"label": label})
    assert (made.status, made.data) == (201, {"label": label})
    with api.control.read(api.operator()) as work:
        (record,) = Labels(work.transaction, work.workspace.id).all()
    make(api, {"key": "brand", "value": "acme"})
    listed = told(api, "list_labels", "GET", "/labels").data
    assert listed == {"labels": [{"key": "brand", "value": "acme"}, label]}
    gone = told(api, "delete_label", "DELETE", "/labels/env/prod")
    assert gone.data == {"status": "SUCCESS"}
    assert api.call("GET", "/labels").data == {"labels": [{"key": "brand", "value": "acme"}]}
    assert [each for each in trail(api) if each[2] == record.id] == [
        ("Label Created", "LABEL", record.id),
        ("Label Deleted", "LABEL", record.id),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"key": "1st"}, "label.key"),
        ({"key": ""}, "label.key"),
        ({"key": "a" * 65}, "label.key"),
        ({"key": "a:b"}, "label.key"),
        ({"value": "with space"}, "label.value"),
        ({"value": "2nd"}, "label.value"),
        ({"value": "prod\n"}, "label.value"),
        ({"description": "x" * 1001}, "label.description"),
    ],
)
def test_what_is_no_label_is_refused_by_its_field(
    refusing: Asking, wrong: dict[str, str], field: str
) -> None:
    answer = refusing.call("POST", "/labels", {"label": {**PROD, **wrong}})
    assert (answer.status, answer.fields) == (422, [field])
    assert refusing.call("GET", "/labels").data == {"labels": []}


def test_a_label_is_made_once(api: Asking) -> None:
    make(api, PROD)
    assert api.call("POST", "/labels", {"label": PROD}).status == 409
    assert api.call("POST", "/labels", {"label": PROD}, token=api.foreign).status == 201


def test_a_label_in_use_stays(api: Asking) -> None:
    make(api, PROD, TEST)
    id_ = source(api, "shop", labels={"env": "prod"})
    api.token("source_read_only", labels=[Label("env", "test")])
    for value, user in (("prod", "source shop"), ("test", "a role source_read_only")):
        answer = api.call("DELETE", f"/labels/env/{value}")
        assert (answer.status, user in str(answer.json)) == (409, True)
    assert api.call("PUT", f"/sources/{id_}/labels", {"labels": []}).status == 200
    assert api.call("DELETE", "/labels/env/prod").status == 200


def test_no_label_of_another_workspace_is_seen_or_deleted(api: Asking) -> None:
    make(api, PROD)
    source(api, "shop", labels={"team": "web"})
    assert api.call("GET", "/labels", token=api.foreign).data == {"labels": []}
    assert api.call("DELETE", "/labels/env/prod", token=api.foreign).status == 404
    assert len(api.call("GET", "/labels").data["labels"]) == 2


def test_only_owners_make_and_delete_labels(api: Asking) -> None:
    make(api, PROD)
    member = api.token("member")
    assert api.call("POST", "/labels", {"label": TEST}, token=member).status == 403
    assert api.call("DELETE", "/labels/env/prod", token=member).status == 403
    assert api.call("GET", "/labels", token=member).data == {"labels": [PROD]}


def test_a_label_that_a_declaration_gave_is_one_of_the_workspace(api: Asking) -> None:
    id_ = source(api, "shop", labels={"Team": "Growth & more"})
    label = {"key": "Team", "value": "Growth & more"}
    assert api.call("GET", "/labels").data == {"labels": [label]}
    assert api.call("DELETE", "/labels/Team/Growth & more").status == 409
    other = source(api, "other")
    assert api.call("POST", f"/sources/{other}/labels", {"labels": [label]}).status == 200
    assert carried(api, id_) == carried(api, other) == [label]


# of a source


def test_labels_are_added_and_replaced(api: Asking) -> None:
    brand = {"key": "brand", "value": "acme"}
    make(api, PROD, TEST, brand)
    id_ = source(api, "shop")
    path = f"/sources/{id_}/labels"
    added = told(api, "add_labels_to_source", "POST", path, {"labels": [PROD]}).data
    assert added == {"labels": [PROD]}
    more = told(api, "add_labels_to_source", "POST", path, {"labels": [PROD, brand]}).data
    assert more == {"labels": [PROD, brand]}
    put = told(api, "replace_labels_in_source", "PUT", path, {"labels": [TEST]}).data
    assert put == {"labels": [TEST]} == {"labels": carried(api, id_)}
    assert trail(api)[-3:] == [("Source Modified", "SOURCE", id_)] * 3


def test_a_source_has_one_value_of_a_key(api: Asking) -> None:
    make(api, PROD, TEST)
    id_ = source(api, "shop", labels={"env": "prod"})
    path = f"/sources/{id_}/labels"
    assert api.call("POST", path, {"labels": [TEST]}).status == 409
    for method in ("POST", "PUT"):
        answer = api.call(method, path, {"labels": [PROD, TEST]})
        assert (answer.status, answer.fields) == (422, ["labels.1.key"])
    assert carried(api, id_) == [PROD]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_source_carries_only_what_the_workspace_knows(api: Asking, method: str) -> None:
    make(api, {**PROD, "description": "What customers see"})
    path = f"/sources/{source(api, 'shop')}/labels"
    answer = api.call(method, path, {"labels": [PROD, TEST]})
    assert (answer.status, answer.fields) == (422, ["labels.1.value"])
    described = {**PROD, "description": "Something else"}
    answer = api.call(method, path, {"labels": [described]})
    assert (answer.status, answer.fields) == (422, ["labels.0.description"])
    same = {**PROD, "description": "What customers see"}
    assert api.call(method, path, {"labels": [same]}).data == {"labels": [PROD]}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_who_may_not_change_a_source_does_not_label_it(api: Asking, method: str) -> None:
    make(api, PROD)
    id_, other = source(api, "shop"), source(api, "other")
    path, body = f"/sources/{id_}/labels", {"labels": [PROD]}
    elsewhere = api.token("source_admin", resources=[Resource("SOURCE", other)])
    statuses = [
        api.call(method, path, body, token=token).status
        for token in (api.token("source_read_only"), elsewhere, api.foreign)
    ]
    assert (statuses, carried(api, id_)) == ([403, 404, 404], [])


def test_who_takes_away_the_label_by_which_it_saw_a_source_sees_it_no_more(api: Asking) -> None:
    make(api, PROD)
    id_ = source(api, "shop", labels={"env": "prod"})
    admin = api.token("source_admin", labels=[Label("env", "prod")])
    body: dict[str, Any] = {"labels": []}
    assert api.call("PUT", f"/sources/{id_}/labels", body, token=admin).data == body
    assert api.call("GET", f"/sources/{id_}", token=admin).status == 404
    assert carried(api, id_) == []
