"""Whatever the Config API answers fits its own document, and what Segment's clients read in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.api.config.calls import OPERATIONS
from headgate.api.config.openapi import document
from headgate.api.config.routes import calls
from tests.contracts.access.config import CONFIG_ACCESS
from tests.contracts.config_api_world import NAMED, OPS, ConfigWorld, config_world
from tests.harness.config_api import Judge
from tests.unit.api.asking import asking

if TYPE_CHECKING:
    from pathlib import Path

READ: dict[str, dict[str, type]] = {
    "get_workspace": {"name": str, "display_name": str, "id": str},
    "list_workspaces": {"workspaces": list, "next_page_token": str},
    "get_catalog_source": {
        "name": str,
        "display_name": str,
        "categories": list,
        "description": str,
        "logos": dict,
        "type": str,
    },
    "get_catalog_destination": {
        "name": str,
        "display_name": str,
        "description": str,
        "type": str,
        "status": str,
        "logos": dict,
        "settings": list,
        "categories": dict,
        "components": list,
        "methods": dict,
        "platforms": dict,
        "previous_names": list,
        "browserUnbundlingSupported": bool,
    },
    "get_source": {
        "name": str,
        "catalog_name": str,
        "parent": str,
        "write_keys": list,
        "library_config": dict,
        "create_time": str,
    },
    "list_sources": {"sources": list, "next_page_token": str},
    "get_destination": {
        "name": str,
        "parent": str,
        "display_name": str,
        "enabled": bool,
        "connection_mode": str,
        "config": list,
        "create_time": str,
        "update_time": str,
    },
    "list_destinations": {"destinations": list, "next_page_token": str},
    "get_filter": {"name": str, "title": str, "if": str, "actions": list, "enabled": bool},
    "list_filters": {"filters": list, "next_page_token": str},
    "get_schema_config": {
        "name": str,
        "parent": str,
        "allow_unplanned_track_events": bool,
        "common_track_event_on_violations": str,
        "forwarding_violations_to": str,
    },
}
"""What clients of Segment's look for in an answer (segment-config-go, types.go)."""


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(document())


def judged(judge: Judge, world: ConfigWorld, op: str, token: str | None = None) -> tuple[int, Any]:
    answer = world.call(op, token)
    operation = OPERATIONS[op]
    faults = judge.faults(operation.method, operation.path, answer.status, answer.json)
    assert faults == []
    assert answer.headers["content-type"] == "application/json"
    return answer.status, answer.json


def test_every_call_succeeds_as_the_document_says(tmp_path: Path, judge: Judge) -> None:
    api = asking(tmp_path)
    world = config_world(api, "main", api.owner, "shop")
    told = dict[str, Any]()
    for op in OPS:
        status, told[op] = judged(judge, world, op)
        assert status == 200, (op, told[op])
    for op, fields in READ.items():
        found = {name: type(told[op].get(name)) for name in fields}
        assert found == fields, op


def test_every_refusal_is_one_of_the_document(tmp_path: Path, judge: Judge) -> None:
    api = asking(tmp_path, calls_a_minute=1000)
    world = config_world(api, "main", api.owner, "shop")
    reader, statuses = api.token("source_read_only"), set[int]()
    for op in OPS:
        for each in (world, world._replace(names={**world.names, "source": "none", "kind": "no"})):
            for token in ("", reader, api.token("privacy_admin")):
                statuses.add(judged(judge, each, op, token)[0])
    assert statuses == {200, 401, 403, 404}


def test_what_is_not_there_says_so_as_the_document_does(tmp_path: Path, judge: Judge) -> None:
    api = asking(tmp_path)
    missing = [each for each in calls() if each.op not in CONFIG_ACCESS]
    assert len(missing) > 30
    for each in missing:
        path = NAMED.sub("none", each.path)
        answer = api.call(each.method, f"/v1beta{path}", {})
        assert (answer.status, answer.json["code"]) == (501, 12), each
        assert judge.faults(each.method, each.path, answer.status, answer.json) == []


def test_the_document_is_served_to_everybody(tmp_path: Path) -> None:
    answer = asking(tmp_path).call("GET", "/v1beta/openapi.json", token="")
    assert (answer.status, answer.json) == (200, document())


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/workspaces/{workspace}", 200, {"name": "workspaces/main", "id": "wsp"}),
        ("/workspaces/{workspace}", 200, {"name": "", "id": "", "display_name": 7}),
        ("/workspaces/{workspace}", 200, {"name": "", "id": "", "display_name": "", "x": 1}),
        ("/workspaces/{workspace}", 404, {"error": "there is none"}),
        ("/workspaces/{workspace}", 418, {"error": "tea", "code": 3}),
    ],
)
def test_the_judge_finds_what_does_not_fit(
    judge: Judge, path: str, status: int, body: dict[str, Any]
) -> None:
    assert judge.faults("GET", path, status, body)
