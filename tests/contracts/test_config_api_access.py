"""Who may do what in the Config API: every operation, by everybody, at home and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.openapi import document
from headgate.api.config.routes import calls, mount
from headgate.control.access.roles import ROLES
from headgate.control.nouns import tokens
from headgate.store.records import Resource
from tests.contracts.access.config import CONFIG_ACCESS
from tests.contracts.config_api_world import NAMED, OPS, ConfigWorld, config_world
from tests.contracts.test_workspace_in_every_query import watched
from tests.unit.api.asking import Asking, asking

if TYPE_CHECKING:
    from pathlib import Path

WRITING = [op for op in OPS if CONFIG_ACCESS[op].access == "write"]
OF_A_SOURCE = [op for op in OPS if "{source}" in OPERATIONS[op].path]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    return asking(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def home(api: Asking) -> ConfigWorld:
    return config_world(api, "main", api.owner, "shop")


@pytest.fixture(scope="module")
def elsewhere(api: Asking) -> ConfigWorld:
    return config_world(api, "other", api.foreign, "web")


def test_every_operation_says_who_may_use_it() -> None:
    assert sorted(CONFIG_ACCESS) == sorted(OPERATIONS)


def test_the_router_the_openapi_document_and_the_table_agree(api: Asking) -> None:
    app = mount(api.control).app
    assert isinstance(app, Starlette)
    routed = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert routed - {("GET", "/openapi.json")} == {(each.method, each.path) for each in calls()}
    paths = document()["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert told == {(each.method, each.path) for each in calls()}
    served = {
        each["operationId"]
        for methods in paths.values()
        for each in methods.values()
        if "200" in each["responses"]
    }
    assert served == set(CONFIG_ACCESS)


def test_nobody_without_a_token_learns_what_there_is(api: Asking) -> None:
    for each in calls():
        path = NAMED.sub("none", each.path)
        answer = api.call(each.method, f"/v1beta{path}", token="")
        assert (answer.status, answer.json["code"]) == (401, 16), each.op


@pytest.mark.parametrize("op", OPS)
def test_nobody_without_a_good_token_gets_in(op: str, api: Asking, home: ConfigWorld) -> None:
    with api.control.write(api.operator()) as work:
        made = tokens.create(work, "gone", ["owner"])
        tokens.revoke(work, made.token.id)
    key: str = home.call("get_source").json["write_keys"][0]
    before = home.rows()
    for token in ("", made.text, key):
        assert home.call(op, token).status == 401
    assert home.rows() == before


@pytest.mark.abuse("ac_role_read", "ac_role_owner_only", "ac_token_ws")
@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("op", OPS)
def test_a_role_allows_what_the_table_says(
    op: str, role: str, api: Asking, home: ConfigWorld
) -> None:
    row, token = CONFIG_ACCESS[op], api.token(role)
    if (row.noun, row.access) in ROLES[role].permissions:
        if row.access == "read":
            assert home.call(op, token).status == 200
        return
    before, answer = home.rows(), home.call(op, token)
    may_see = (row.noun, "read") in ROLES[role].permissions
    expected = {(403, 7)} if may_see or op not in OF_A_SOURCE else {(403, 7), (404, 5)}
    assert (answer.status, answer.json["code"]) in expected
    assert home.rows() == before


@pytest.mark.parametrize(
    "role", [role for role in sorted(ROLES) if ("source", "write") in ROLES[role].permissions]
)
def test_whoever_may_change_sources_can_do_all_of_it(role: str, tmp_path: Path) -> None:
    api = asking(tmp_path)
    world, token = config_world(api, "main", api.owner, "shop"), api.token(role)
    for op in WRITING:
        answer = world.call(op, token)
        assert answer.status == 200, (op, answer.json)


@pytest.mark.abuse("ac_idor_get", "ac_idor_patch", "ac_idor_parent", "ac_idor_slug")
@pytest.mark.parametrize("op", [op for op in OPS if "{workspace}" in OPERATIONS[op].path])
def test_nobody_reaches_into_another_workspace(
    op: str, home: ConfigWorld, elsewhere: ConfigWorld
) -> None:
    """Neither under its name, nor with what is in it under the name of the own one."""
    before = home.rows()
    foreign = home.call(op, elsewhere.token)
    nowhere = home.call(op, elsewhere.token, workspace="nowhere")
    for answer in (foreign, nowhere):
        assert (answer.status, answer.json["code"]) == (404, 5)
    assert foreign.json["error"] == nowhere.json["error"].replace("nowhere", "main")
    if op in OF_A_SOURCE:
        mixed = home.call(op, elsewhere.token, workspace="other")
        assert (mixed.status, mixed.json) == (404, {"error": "there is no source shop", "code": 5})
    assert home.rows() == before


@pytest.mark.abuse("ac_role_member", "ac_idor_list")
def test_a_role_for_one_source_opens_no_other(tmp_path: Path) -> None:
    api = asking(tmp_path)
    home, own = (config_world(api, "main", api.owner, slug) for slug in ("shop", "web"))
    limited = [Resource("SOURCE", own.call("get_source").json["id"])]
    token = api.token("source_admin", resources=limited)
    listed = own.call("list_sources", token).json["sources"]
    assert [each["slug"] for each in listed] == ["web"]
    before = home.rows()
    for op in OF_A_SOURCE:
        answer = home.call(op, token)
        assert (answer.status, answer.json["code"]) == (404, 5), op
    assert home.call("create_source", token).json["code"] == 7
    assert home.rows() == before
    reader = api.token("source_read_only", resources=limited)
    for op in OF_A_SOURCE:
        expected = 403 if op in WRITING else 200
        assert own.call(op, reader).status == expected, op
    for op in OF_A_SOURCE:
        assert own.call(op, token).status == 200, op


def test_every_call_names_its_workspace(tmp_path: Path) -> None:
    api = asking(tmp_path)
    with watched() as faults:
        world = config_world(api, "main", api.owner, "shop")
        assert {world.call(op).status for op in OPS} == {200}
    assert faults == []
