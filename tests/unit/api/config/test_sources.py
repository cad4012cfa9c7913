"""Sources through the Config API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from headgate.control.nouns.labels import Label, create
from tests.unit.api.config.asked import SHOP, ConfigApi, config_api

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> ConfigApi:
    """For tests that change nothing."""
    return config_api(tmp_path_factory.mktemp("config"))


@pytest.fixture
def config(tmp_path: Path) -> ConfigApi:
    return config_api(tmp_path)


def test_a_source_is_made_read_listed_and_deleted(config: ConfigApi) -> None:
    made = config.source()
    assert (made["name"], made["slug"], made["parent"]) == (SHOP, "shop", "workspaces/main")
    assert (made["catalog_name"], made["enabled"]) == ("catalog/sources/javascript", True)
    assert len(made["write_keys"]) == 1
    assert made["create_time"] == "2026-09-21T14:13:20.000Z"
    assert config.good("GET", SHOP) == made
    assert config.good("GET", "workspaces/main/sources")["sources"] == [made]
    assert config.good("DELETE", SHOP) == {}
    assert config.refused("GET", SHOP)[:2] == (404, 5)


def test_it_is_one_source_with_the_public_api(config: ConfigApi) -> None:
    made = config.source(display_name="The shop")
    told = config.api.call("GET", f"/sources/{made['id']}").data["source"]
    assert (told["slug"], told["name"]) == ("shop", "The shop")
    assert told["writeKeys"] == made["write_keys"]


def test_a_name_is_taken_once(config: ConfigApi) -> None:
    config.source()
    given = {"source": {"name": SHOP, "catalog_name": "catalog/sources/go"}}
    assert config.refused("POST", "workspaces/main/sources", given)[:2] == (409, 6)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "workspaces/other/sources/shop"}, "source.name"),
        ({"name": "shop"}, "source.name"),
        ({"name": f"{SHOP}/destinations/webhook"}, "source.name"),
        ({"name": "workspaces/main/sources/"}, "source.name"),
        ({"name": "workspaces/main/sources/Shop"}, "source.name"),
        ({"name": 7}, "source.name"),
        ({"name": None}, "source.name"),
        ({"catalog_name": "javascript"}, "source.catalog_name"),
        ({"catalog_name": "catalog/sources/none"}, "source.catalog_name"),
        ({"enabled": "yes"}, "source.enabled"),
        ({"labels": {"environment": "shop"}}, "source.labels"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    untouched: ConfigApi, given: dict[str, Any], field: str
) -> None:
    source = {"name": SHOP, "catalog_name": "catalog/sources/javascript", **given}
    status, code, told = untouched.refused("POST", "workspaces/main/sources", {"source": source})
    assert (status, code) == (400, 3)
    assert field in told
    assert untouched.good("GET", "workspaces/main/sources")["sources"] == []


def test_what_a_mask_names_changes_and_nothing_else(config: ConfigApi) -> None:
    before = config.source()
    given = {"display_name": "Web", "enabled": False, "parent": "x", "write_keys": []}
    after = config.change(SHOP, "source", given, "source.display_name")
    assert after == {**before, "display_name": "Web"}
    assert config.change(SHOP, "source", given, "enabled") == {**after, "enabled": False}


def test_a_path_without_a_value_makes_the_field_empty(config: ConfigApi) -> None:
    before = config.source(display_name="Web")
    after = config.change(SHOP, "source", {}, "source.display_name", "source.enabled")
    assert after == {**before, "display_name": "shop", "enabled": False}


def test_labels_are_those_of_the_workspace(config: ConfigApi) -> None:
    with config.api.control.write(config.api.operator()) as work:
        create(work, Label("environment", "shop"))
    carried = {"environment": "shop"}
    assert config.source(labels=carried)["labels"] == carried
    assert config.change(SHOP, "source", {}, "source.labels")["labels"] == {}
    told = config.change(SHOP, "source", {"labels": carried}, "source.labels")
    assert told["labels"] == carried


def test_pages_show_every_source_once(config: ConfigApi) -> None:
    slugs = [f"shop-{number}" for number in range(7)]
    for slug in slugs:
        config.source(slug)
    pages = list(config.pages("workspaces/main/sources", "sources", 3))
    assert [[each["slug"] for each in page] for page in pages] == [slugs[:3], slugs[3:6], slugs[6:]]


def test_schema_settings_are_those_without_a_tracking_plan(config: ConfigApi) -> None:
    config.source()
    name = f"{SHOP}/schema-config"
    told = config.good("GET", name)
    assert (told["name"], told["parent"]) == (name, SHOP)
    assert told["allow_unplanned_track_events"] is True
    assert told["common_group_event_on_violations"] == "ALLOW"
    path = "schema_config.allow_unplanned_track_events"
    given = {"allow_unplanned_track_events": True}
    assert config.change(name, "schema_config", given, path) == told
    body = {"schema_config": {}, "update_mask": {"paths": [path]}}
    status, code, why = config.refused("PATCH", name, body)
    assert (status, code) == (400, 3)
    assert why.startswith(path)
