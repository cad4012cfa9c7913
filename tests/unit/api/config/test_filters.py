"""Filters of a destination through the Config API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.api.config.asked import HOOK, ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path

FILTERS = f"{HOOK}/filters"
DROP = {"title": "No secrets", "if": 'event = "Secret"', "actions": [{"type": "drop_event"}]}
ACTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"type": "drop_event"}, {"type": "DROP"}),
    (
        {"type": "sample_event", "percent": 0.5, "path": "userId"},
        {"type": "SAMPLE", "percent": 0.5, "path": "userId"},
    ),
    (
        {"type": "whitelist_fields", "fields": {"properties": {"fields": ["total"]}}},
        {"type": "ALLOW_PROPERTIES", "fields": {"properties": ["total"]}},
    ),
    (
        {"type": "blacklist_fields", "fields": {"context": {"fields": ["ip"]}}},
        {"type": "DROP_PROPERTIES", "fields": {"context": ["ip"]}},
    ),
]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    """For tests that change nothing."""
    found = config_api(tmp_path_factory.mktemp("config"))
    found.source()
    found.hook()
    return found


@pytest.fixture
def config(tmp_path: Path) -> ConfigApi:
    found = config_api(tmp_path)
    found.source()
    found.hook()
    return found


def make(config: ConfigApi, **more: Any) -> Any:
    """With a mask, which clients send here, too, and which has nothing to say."""
    body = {"filter": {**DROP, **more}, "update_mask": {"paths": ["if", "actions"]}}
    return config.good("POST", FILTERS, body)


def test_a_filter_is_made_disabled_read_listed_and_deleted(config: ConfigApi) -> None:
    made = make(config)
    assert made == {**DROP, "description": "", "enabled": False, "name": made["name"]}
    assert made["name"].startswith(f"{FILTERS}/")
    assert config.good("GET", made["name"]) == made
    assert config.good("GET", FILTERS) == {"filters": [made], "next_page_token": ""}
    assert config.good("DELETE", made["name"]) == {}
    assert config.refused("GET", made["name"])[:2] == (404, 5)


@pytest.mark.parametrize(("action", "ours"), ACTIONS)
def test_actions_are_those_of_the_public_api_by_other_names(
    config: ConfigApi, action: dict[str, Any], ours: dict[str, Any]
) -> None:
    made = make(config, actions=[action])
    assert made["actions"] == [action]
    destination, filter_id = config.good("GET", HOOK)["id"], made["name"].rpartition("/")[2]
    told = config.api.call("GET", f"/destination/{destination}/filters/{filter_id}").data["filter"]
    assert told["actions"] == [ours]


def test_nulls_of_an_action_are_the_same_as_nothing(config: ConfigApi) -> None:
    action = {"type": "drop_event", "percent": None, "path": None, "fields": None}
    assert make(config, actions=[action])["actions"] == [{"type": "drop_event"}]


def test_what_a_mask_names_changes_and_nothing_else(config: ConfigApi) -> None:
    before = make(config, description="why", enabled=True)
    given = {"if": "all", "title": "Everything", "enabled": False, "name": "x", "description": ""}
    after = config.change(before["name"], "filter", given, "if", "filter.description")
    assert after == {**before, "if": "all", "description": ""}
    assert config.change(before["name"], "filter", {}, "enabled") == {**after, "enabled": False}


@pytest.mark.parametrize("field", ["if", "actions", "title"])
def test_what_a_filter_needs_cannot_be_made_empty(config: ConfigApi, field: str) -> None:
    before = make(config)
    body = {"update_mask": {"paths": [field]}}
    status, code, told = config.refused("PATCH", before["name"], body)
    assert (status, code) == (400, 3)
    assert f"filter.{field}" in told
    assert config.good("GET", before["name"]) == before


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "filter.title"),
        ({"title": "x" * 65}, "filter.title"),
        ({"if": "event ="}, "filter.if"),
        ({"actions": []}, "filter.actions"),
        ({"actions": [{"type": "DROP"}]}, "filter.actions[0].type"),
        ({"actions": [{"type": "sample_event", "percent": 2}]}, "filter.actions"),
        ({"actions": [{"type": "sample_event"}]}, "filter.actions"),
        ({"actions": [{"type": "blacklist_fields"}]}, "filter.actions"),
        ({"actions": [{"type": "drop_event", "percent": 0.5}]}, "filter.actions"),
        ({"actions": None}, "filter.actions"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    untouched: ConfigApi, given: dict[str, Any], field: str
) -> None:
    body = {"filter": {**DROP, **given}}
    status, code, told = untouched.refused("POST", FILTERS, body)
    assert (status, code) == (400, 3)
    assert field in told
    assert untouched.good("GET", FILTERS)["filters"] == []


def test_pages_show_every_filter_once(config: ConfigApi) -> None:
    titles = [f"Filter {number}" for number in range(5)]
    for title in titles:
        make(config, title=title)
    pages = list(config.pages(FILTERS, "filters", 2))
    shown = [[each["title"] for each in page] for page in pages]
    assert shown == [titles[:2], titles[2:4], titles[4:]]
